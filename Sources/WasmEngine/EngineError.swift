/// What the engine refused or failed to do.
public struct EngineError: Error, Sendable {
    public enum Kind: Sendable {
        /// The settings contradict each other or ask for what this machine can't do.
        case configuration
        /// The text isn't a module.
        case text
        /// The bytes aren't a valid module, or use a feature that is off.
        case compilation
        /// The precompiled file is damaged, or of another engine, configuration or machine.
        case loading
        /// An import is missing or has another type.
        case linking
        /// The instance couldn't be made.
        case instantiation
        /// There is no export of that name or kind.
        case missingExport
        /// The arguments don't fit the function.
        case arguments
        /// A limit of the store, the configuration or the compiler was reached.
        case limit
        /// The store can't be used: a call in it was cut off, or one is suspended in it.
        case storeUnusable
        /// The guest ended before it returned.
        case trap(Trap)
        /// The library failed in another way.
        case library

        public var isInstantiation: Bool { if case .instantiation = self { true } else { false } }
    }

    public var kind: Kind
    /// What was done, and to what: `instantiate hello.wasm`.
    public var action: String
    /// Why it failed.
    public var reason: String

    public init(_ kind: Kind, _ action: String, _ reason: String) {
        self.kind = kind
        self.action = action
        self.reason = reason
    }

    init(_ trap: Trap, during action: String) { self.init(.trap(trap), action, trap.message) }

    /// The trap, when it was one.
    public var trap: Trap? {
        guard case .trap(let trap) = kind else { return nil }
        return trap
    }
}

extension EngineError: CustomStringConvertible {
    public var description: String { "\(action): \(reason)" }
}
