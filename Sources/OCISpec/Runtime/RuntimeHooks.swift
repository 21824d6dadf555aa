import JSON

/// The programs that run at the stages of a container's life. Runtime specification, "POSIX-platform Hooks".
public struct RuntimeHooks: Equatable, Sendable {
    public var prestart: [RuntimeHook]
    public var createRuntime: [RuntimeHook]
    public var createContainer: [RuntimeHook]
    public var startContainer: [RuntimeHook]
    public var poststart: [RuntimeHook]
    public var poststop: [RuntimeHook]

    /// The six kinds by the names that the specification gives them, in the order in which they run.
    public enum Kind: String, CaseIterable, Sendable {
        case prestart, createRuntime, createContainer, startContainer, poststart, poststop
    }

    public init() {
        (prestart, createRuntime, createContainer, startContainer, poststart, poststop) = ([], [], [], [], [], [])
    }

    public init(json node: JSONNode) throws(JSONError) {
        func hooks(_ kind: Kind) throws(JSONError) -> [RuntimeHook] {
            try node.each(kind.rawValue) { node throws(JSONError) in try RuntimeHook(json: node) }
        }
        prestart = try hooks(.prestart)
        createRuntime = try hooks(.createRuntime)
        createContainer = try hooks(.createContainer)
        startContainer = try hooks(.startContainer)
        poststart = try hooks(.poststart)
        poststop = try hooks(.poststop)
    }

    public subscript(kind: Kind) -> [RuntimeHook] {
        switch kind {
        case .prestart: prestart
        case .createRuntime: createRuntime
        case .createContainer: createContainer
        case .startContainer: startContainer
        case .poststart: poststart
        case .poststop: poststop
        }
    }
}

/// One program of a stage.
public struct RuntimeHook: Equatable, Sendable {
    /// Absolute.
    public var path: String
    /// `argv` with the program's name at its beginning; empty means the path alone.
    public var args: [String]
    /// The whole environment; nil is the runtime's own.
    public var env: [String]?
    /// In seconds; nil waits without end.
    public var timeout: UInt32?

    public init(path: String, args: [String] = [], env: [String]? = nil, timeout: UInt32? = nil) {
        self.path = path
        self.args = args
        self.env = env
        self.timeout = timeout
    }

    public init(json node: JSONNode) throws(JSONError) {
        path = try node.requiredAbsolutePath("path")
        args = try node.texts("args")
        env = try node.optional("env") == nil ? nil : try node.texts("env")
        timeout = try node.integer("timeout", in: 1...UInt32(Int32.max))
    }
}
