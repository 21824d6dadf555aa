import SystemCalls

/// A process for good: its number, and when it started, so that a later one of the same number isn't taken for it.
public struct ProcessIdentity: Hashable, Sendable {
    public let number: Int32
    /// Clock ticks between the machine's start and the process's (proc(5), stat, field 22).
    public let startTicks: UInt64

    public init(number: Int32, startTicks: UInt64) {
        self.number = number
        self.startTicks = startTicks
    }

    /// The process that has this number now; nil when there is none, or only what is left of one until it is reaped.
    public init?(living number: Int32) {
        guard let stat = ProcessStatus(number), !stat.isDead else { return nil }
        self.init(number: number, startTicks: stat.startTicks)
    }

    public static var current: ProcessIdentity? { ProcessIdentity(living: Processes.current) }

    public var isAlive: Bool { ProcessIdentity(living: number) == self }

    /// A descriptor that means this very process; nil when it has ended.
    public func open() throws(SystemCallError) -> OwnedDescriptor? {
        let descriptor: OwnedDescriptor
        do throws(SystemCallError) {
            descriptor = try Processes.descriptor(of: number)
        } catch {
            if error.errno == .noSuchProcess { return nil }
            throw error
        }
        // Looked at after it was opened: from here on the number can't change hands unnoticed.
        guard isAlive else { return nil }
        return descriptor
    }
}

/// The two fields of /proc/PID/stat that tell processes apart.
struct ProcessStatus {
    let isDead: Bool
    let startTicks: UInt64

    init?(_ process: Int32) {
        guard let bytes = try? Files.contents(of: "/proc/\(process)/stat", limit: 4096) else { return nil }
        self.init(bytes)
    }

    /// The second field is the program's name in parentheses. It is the program's own choice: it may hold spaces and
    /// parentheses, and what makes one character of a parenthesis and itself, so that bytes are looked at.
    init?(_ bytes: [UInt8]) {
        guard let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        // The first of these is field 3, the state; field 22 is the start.
        guard fields.count > 19, let start = UInt64(String(decoding: fields[19], as: UTF8.self)) else { return nil }
        isDead = fields[0].elementsEqual("Z".utf8) || fields[0].elementsEqual("X".utf8)
        startTicks = start
    }
}
