import FieldErrors
import OCISpec
import SystemCalls

/// `process.rlimits`: what the process may use of each resource.
public struct ResourceLimitSettings: Equatable, Sendable {
    struct Limit: Equatable, Sendable {
        var name: String
        var number: Int32
        var soft: UInt64
        var hard: UInt64
    }

    let limits: [Limit]

    /// By number, from 0: RLIMIT_ of the generic Linux ABI, which every machine that we know has.
    static let names = [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC",
        "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE",
        "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ]

    /// Errors: an unknown name, one that is there twice, a soft limit above the hard one.
    public init(_ limits: [RuntimeProcess.ResourceLimit]) throws(FieldError) {
        var found: [Limit] = []
        for (index, limit) in limits.enumerated() {
            let field = "process.rlimits[\(index)]"
            guard let number = Self.names.firstIndex(of: limit.type) else {
                throw FieldError(field, "no limit is named \"\(limit.type.shortened)\"")
            }
            guard !found.contains(where: { $0.name == limit.type }) else {
                throw FieldError(field, "\(limit.type) is there twice")
            }
            guard limit.soft <= limit.hard else {
                throw FieldError(field, "\(limit.type): soft limit \(limit.soft) above hard limit \(limit.hard)")
            }
            found.append(Limit(name: limit.type, number: Int32(number), soft: limit.soft, hard: limit.hard))
        }
        self.limits = found
    }

    /// The limits that could be why no memory is to be had, by their field.
    public var ofMemory: String? {
        let names = limits.map(\.name).filter { ["RLIMIT_AS", "RLIMIT_DATA"].contains($0) }
        return names.isEmpty ? nil : "process.rlimits: \(names.joined(separator: " or "))"
    }

    /// How many descriptors a first process needs to hear that it is started, and more.
    private static let descriptorsToStart: UInt64 = 64

    /// Whether a limit would keep a first process from accepting the connection of who starts it. To lower it takes no privilege,
    /// so it can be done then.
    private func isForLater(_ limit: Limit, of process: Int32) -> Bool {
        guard limit.name == "RLIMIT_NOFILE", limit.soft < Self.descriptorsToStart,
            let current = try? ProcessAttributes.limit(limit.number, of: process)
        else { return false }
        return limit.hard <= current.hard
    }

    /// Applies what `apply` left for when the process has been started.
    func applyLate() throws(FieldError) {
        for (index, limit) in limits.enumerated() where isForLater(limit, of: 0) { try set(limit, index, of: 0) }
    }

    /// - Parameters:
    ///   - process: 0 is the caller. A child in a user namespace can't raise its own limits: its parent does it.
    ///   - waits: whether `applyLate` follows, when the process has waited to be started.
    func apply(to process: Int32, waits: Bool = false) throws(FieldError) {
        for (index, limit) in limits.enumerated() where !(waits && isForLater(limit, of: process)) {
            try set(limit, index, of: process)
        }
    }

    private func set(_ limit: Limit, _ index: Int, of process: Int32) throws(FieldError) {
        do throws(SystemCallError) {
            try ProcessAttributes.setLimit(limit.number, soft: limit.soft, hard: limit.hard, of: process)
        } catch {
            throw FieldError(
                "process.rlimits[\(index)]",
                "\(limit.name) \(limit.soft):\(limit.hard)\(reason(limit, process, error))",
                cause: error)
        }
    }

    private func reason(_ limit: Limit, _ process: Int32, _ error: SystemCallError) -> String {
        guard error.errno == .notPermitted, let current = try? ProcessAttributes.limit(limit.number, of: process),
            limit.hard > current.hard
        else { return "" }
        return " is above the hard limit \(current.hard) of the runtime, which lacks CAP_SYS_RESOURCE"
    }
}
