import FieldErrors
import OCISpec
import SystemCalls

/// `process.env`, with HOME where it is missing.
public struct ProcessEnvironment: Equatable, Sendable {
    /// As `NAME=value`, in their order; of variables with one name the last.
    public private(set) var variables: [String]
    private let hasHome: Bool

    /// Errors: an entry without a name or `=`, or with a NUL, as runc refuses it.
    public init(_ environment: [String]) throws(FieldError) {
        for (index, variable) in environment.enumerated() {
            guard variable.isAssignment, !variable.utf8.contains(0) else {
                throw FieldError("process.env[\(index)]", "\"\(variable.shortened)\" isn't of the form NAME=value")
            }
        }
        var names: Set<Substring> = []
        var kept: [String] = []
        var isHomeEmpty = false
        kept.reserveCapacity(environment.count + 1)
        for variable in environment.reversed() {
            let name = variable.assignedName
            guard names.insert(name).inserted else { continue }
            // An empty HOME is none: it is looked up, as runc does it.
            if name == "HOME", variable.utf8.count == 5 { isHomeEmpty = true } else { kept.append(variable) }
        }
        kept.reverse()
        variables = kept
        hasHome = names.contains("HOME") && !isHomeEmpty
    }

    public func value(_ name: String) -> Substring? {
        let prefix = "\(name)="
        return variables.last { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
    }

    /// Adds HOME, if it's missing, by /etc/passwd of the root; `/` when there is no entry, or the file can't be read.
    ///
    /// Called inside of the container's root, before the change of user; or with the root's directory.
    public mutating func addHome(ofUser user: UInt32, inRoot root: Int32? = nil) {
        guard !hasHome else { return }
        let home = try? AccountFile.home(ofUser: user, inRoot: root)
        variables.append("HOME=\(home.flatMap { $0 } ?? "/")")
    }
}
