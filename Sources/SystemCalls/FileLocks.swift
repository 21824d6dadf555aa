import Glibc

extension Files {
    /// flock(2) LOCK_UN: lets go of a lock before its descriptor is closed.
    public static func unlock(_ descriptor: Int32) throws(SystemCallError) {
        _ = try checked("flock", "unlock") { flock(descriptor, LOCK_UN) }
    }
}
