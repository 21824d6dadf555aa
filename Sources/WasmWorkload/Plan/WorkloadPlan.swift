import ContainerMounts
import HostCapabilities

/// What to run and what it may touch: the one value that everything upstream produces and everything downstream consumes.
///
/// Pure data, made by pure functions from an image's configuration, a bundle's `config.json` or a bare file, and from what
/// the person asked (`WorkloadRequest`). Nothing here has been opened yet.
public struct WorkloadPlan: Hashable, Sendable {
    /// The file that holds the code.
    public enum Program: Hashable, Sendable {
        /// A file of the host, by path.
        case file(String)
        /// A file of the workload's root, resolved without leaving the root: the first of these paths that exists.
        case inRoot([String])
    }

    /// Where the guest begins.
    public enum EntryPoint: Hashable, Sendable {
        /// `_start` of a command, or what a component exports to be run.
        case start
        /// An export, called with the arguments.
        case export(String)
    }

    /// The file tree that is the guest's `/`.
    public struct Root: Hashable, Sendable {
        /// A directory of the host.
        public var path: String
        public var isReadOnly: Bool
        /// Whether others run from the same tree: writes then go to a layer of the workload's own.
        public var isShared: Bool

        public init(path: String, isReadOnly: Bool, isShared: Bool) {
            self.path = path
            self.isReadOnly = isReadOnly
            self.isShared = isShared
        }
    }

    /// What the workload may use at the most; nil where nothing bounds it.
    public struct Limits: Hashable, Sendable {
        /// Bytes of memory.
        public var memory: UInt64?
        /// Thousandths of a processor.
        public var processors: UInt64?
        /// Milliseconds from the start.
        public var timeout: UInt64?

        public init(memory: UInt64? = nil, processors: UInt64? = nil, timeout: UInt64? = nil) {
            self.memory = memory
            self.processors = processors
            self.timeout = timeout
        }

        /// The tighter of each.
        func tightened(by other: Limits) -> Limits {
            func least(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
                guard let a, let b else { return a ?? b }
                return min(a, b)
            }
            return Limits(
                memory: least(memory, other.memory), processors: least(processors, other.processors),
                timeout: least(timeout, other.timeout))
        }
    }

    /// The network that it is in.
    public enum Network: String, Hashable, Sendable {
        /// The host's network, as far as `ports` and `outbound` go.
        case host
        /// No socket at all.
        case none
    }

    public var program: Program
    public var entryPoint: EntryPoint
    /// `argv`, the program's name first.
    public var arguments: [String]
    /// `NAME=value`, each name once, in order.
    public var environment: [String]
    public var workingDirectory: String
    public var root: Root?
    public var mounts: [Volume]
    public var ports: [PortMapping]
    public var outbound: [OutboundRule]
    public var network: Network
    public var names = NameKnowledge.ofProcess
    public var limits: Limits
    /// `user[:group]`, names of the image or numbers; nil keeps the caller's.
    public var user: String?
    public var hasTerminal: Bool
    public var annotations: [String: String]

    public init(program: Program) {
        self.program = program
        entryPoint = .start
        arguments = []
        environment = []
        workingDirectory = "/"
        mounts = []
        ports = []
        outbound = []
        network = .host
        limits = Limits()
        hasTerminal = false
        annotations = [:]
    }
}
