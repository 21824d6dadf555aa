import JSON

/// Which system calls the container's processes may make. config-linux.md, "Seccomp".
public struct LinuxSeccomp: Equatable, Sendable {
    public var defaultAction: Action
    /// nil for EPERM; only with an action that returns one.
    public var defaultErrno: UInt16?
    public var architectures: [Architecture]
    public var flags: [Flag]
    /// The socket to which the listener of `.notify` is sent.
    public var listenerPath: String?
    public var listenerMetadata: String?
    public var syscalls: [Rule]

    /// What one entry of `syscalls` says of the calls that it names.
    public struct Rule: Equatable, Sendable {
        /// At least one; names that the kernel's architecture doesn't have are no error.
        public var names: [String]
        public var action: Action
        /// nil for EPERM; only with an action that returns one.
        public var errno: UInt16?
        /// All must hold; runc takes several comparisons of one index as alternatives.
        public var args: [Argument]

        public init(names: [String], action: Action, errno: UInt16? = nil, args: [Argument] = []) {
            self.names = names
            self.action = action
            self.errno = errno
            self.args = args
        }
    }

    public struct Argument: Equatable, Sendable {
        /// 0 to 5.
        public var index: UInt32
        /// The value; the mask of `.maskedEqual`.
        public var value: UInt64
        /// The value under the mask of `.maskedEqual`.
        public var valueTwo: UInt64
        public var op: Operator

        public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: Operator) {
            self.index = index
            self.value = value
            self.valueTwo = valueTwo
            self.op = op
        }
    }

    /// Rules of one filter, and comparisons of one rule.
    static let ruleLimit = 16_384
    static let argumentLimit = 64

    public init(
        defaultAction: Action, defaultErrno: UInt16? = nil, architectures: [Architecture] = [], flags: [Flag] = [],
        listenerPath: String? = nil, listenerMetadata: String? = nil, syscalls: [Rule] = []
    ) {
        self.defaultAction = defaultAction
        self.defaultErrno = defaultErrno
        self.architectures = architectures
        self.flags = flags
        self.listenerPath = listenerPath
        self.listenerMetadata = listenerMetadata
        self.syscalls = syscalls
    }

    public init(json node: JSONNode) throws(JSONError) {
        defaultAction = try node.required("defaultAction").choice()
        defaultErrno = try defaultAction.errno(node, "defaultErrnoRet")
        architectures = try node.choices("architectures")
        flags = try node.choices("flags")
        listenerPath = try node.text("listenerPath")
        listenerMetadata = try node.text("listenerMetadata")
        if listenerMetadata != nil, listenerPath == nil {
            throw try node.required("listenerMetadata").invalid("needs listenerPath")
        }
        syscalls = try node.each("syscalls", limit: Self.ruleLimit) { node throws(JSONError) in try Rule(json: node) }
    }
}

extension LinuxSeccomp.Rule {
    public init(json node: JSONNode) throws(JSONError) {
        let namesNode = try node.required("names")
        names = try node.texts("names")
        guard !names.isEmpty else { throw namesNode.invalid("is empty") }
        action = try node.required("action").choice()
        errno = try action.errno(node, "errnoRet")
        args = try node.each("args", limit: LinuxSeccomp.argumentLimit) { node throws(JSONError) in
            try LinuxSeccomp.Argument(json: node)
        }
    }
}

extension LinuxSeccomp.Argument {
    public init(json node: JSONNode) throws(JSONError) {
        _ = try node.required("index")
        index = try node.integer("index", in: 0...5) ?? 0
        value = try node.required("value").integer()
        valueTwo = try node.integer("valueTwo") ?? 0
        op = try node.required("op").choice()
    }
}
