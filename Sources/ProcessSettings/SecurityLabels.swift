import FieldErrors
import OCISpec
import SystemCalls

/// `process.apparmorProfile` and `process.selinuxLabel`: what the program is executed as, or the guest runs as.
public struct SecurityLabels: Equatable, Sendable {
    let apparmorProfile: String?
    let selinuxLabel: String?
    private let noNewPrivileges: Bool

    /// Errors: a module that this kernel doesn't run; a text that isn't one line.
    ///
    /// runc and crun run a process unlabelled where the module is missing; who asks for a label is told instead, except by
    /// `unconfined`, which is what there is.
    public init(_ process: RuntimeProcess) throws(FieldError) {
        noNewPrivileges = process.noNewPrivileges
        apparmorProfile = try Self.text(process.apparmorProfile, "process.apparmorProfile")
        selinuxLabel = try Self.text(process.selinuxLabel, "process.selinuxLabel")
        if let apparmorProfile, apparmorProfile != "unconfined", !Self.hasAppArmor {
            throw FieldError(
                "process.apparmorProfile",
                "\"\(apparmorProfile.shortened)\" needs AppArmor, which this kernel doesn't run")
        }
        if let selinuxLabel, !Self.hasSELinux {
            throw FieldError(
                "process.selinuxLabel", "\"\(selinuxLabel.shortened)\" needs SELinux, which this kernel doesn't run")
        }
    }

    /// Bytes of a label; the kernel takes one page.
    private static let lengthLimit = 4000

    private static func text(_ text: String?, _ field: String) throws(FieldError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= lengthLimit, !text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw FieldError(field, "expected one line of at most \(lengthLimit) bytes")
        }
        return text
    }

    /// Whether the module is enabled, not merely built in.
    public static var hasAppArmor: Bool {
        (try? Files.contents(of: "/sys/module/apparmor/parameters/enabled", limit: 16))?.first == UInt8(ascii: "Y")
    }

    /// Whether its file system can be mounted and is: what libselinux asks too.
    public static var hasSELinux: Bool { (try? FileStatus.of("/sys/fs/selinux/enforce")) != nil }

    var isEmpty: Bool { apparmorProfile == nil && selinuxLabel == nil }

    /// Comes before the change of user, which takes away the files.
    ///
    /// - Parameter atOnce: the process goes on as it is (wasm), and is what it was asked to become right away. Otherwise this
    ///   says what the next execve(2) makes of it.
    func apply(_ files: borrowing ProcessFileSystem, atOnce: Bool) throws(FieldError) {
        if let apparmorProfile, apparmorProfile != "unconfined" || Self.hasAppArmor {
            do throws(SystemCallError) {
                try change(to: apparmorProfile, files, atOnce: atOnce)
            } catch {
                let problem = error.errno == .noSuchFile ? "no profile \"\(apparmorProfile.shortened)\" is loaded" : ""
                throw FieldError("process.apparmorProfile", problem, cause: error)
            }
        }
        if let selinuxLabel {
            try asking("process.selinuxLabel") { () throws(SystemCallError) in
                try files.write(selinuxLabel, to: "self/attr/\(atOnce ? "current" : "exec")")
            }
        }
    }

    private func change(
        to profile: String, _ files: borrowing ProcessFileSystem, atOnce: Bool
    ) throws(SystemCallError) {
        // A process that is confined already may only be confined further once it gave up new privileges.
        let isConfined =
            noNewPrivileges && (try? files.read("self/attr/apparmor/current")).map { $0 != "unconfined" } == true
        let verb = isConfined ? "stack" : atOnce ? "changeprofile" : "exec"
        let file = atOnce ? "current" : "exec"
        do throws(SystemCallError) { try files.write("\(verb) \(profile)", to: "self/attr/apparmor/\(file)") } catch {
            // Before Linux 5.8 there was one set of files for all modules. A profile that isn't loaded is ENOENT, too.
            guard error.errno == .noSuchFile, !Self.hasFilesOfItsOwn(files) else { throw error }
            try files.write("\(verb) \(profile)", to: "self/attr/\(file)")
        }
    }

    private static func hasFilesOfItsOwn(_ files: borrowing ProcessFileSystem) -> Bool {
        (try? files.read("self/attr/apparmor/current")) != nil
    }
}
