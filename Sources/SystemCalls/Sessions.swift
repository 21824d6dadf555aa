import Glibc

/// Sessions and process groups.
public enum Sessions {
    /// setsid(2): a session and a group of its own, without a controlling terminal.
    public static func create() throws(SystemCallError) {
        _ = try checked("setsid") { setsid() }
    }
}
