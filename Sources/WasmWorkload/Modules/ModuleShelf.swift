import SystemCalls
import WasmEngine

/// The engine and the modules that a process keeps for the processes it forks: a start from there neither looks a module up
/// nor maps it.
///
/// A module is found by its program's file in the state that it was in when the module was looked up (`FileIdentity`): the
/// file's contents are never read here. At most so many are kept, those used last.
public final class ModuleShelf: Sendable {
    /// This process's; empty until it is opened, which only a zygote does.
    public static let shared = ModuleShelf()

    public static let limit = 16

    /// Where a compiled module comes from: the image store, and the program's file.
    public struct Source: Hashable, Sendable {
        public let store: String
        public let file: FileIdentity

        public init(store: String, file: FileIdentity) {
            self.store = store
            self.file = file
        }
    }

    private struct State {
        var engine: Engine?
        /// The one used last stands last.
        var modules: [(source: Source, module: Module)] = []
        var listener: (@Sendable (Source) -> Void)?
    }

    private let state = Mutex(State())

    /// Loads the engine, for this process and those that it forks.
    public func open() throws(EngineError) {
        let engine = try Engine()
        EngineTables.share()
        state.withLock { $0.engine = engine }
    }

    /// The engine; nil in a process that keeps none.
    var engine: Engine? { state.withLock { $0.engine } }

    /// The module of a program, when it is at hand.
    func module(_ source: Source) -> Module? {
        let (listener, module) = state.withLock { state in
            (state.listener, state.modules.first { $0.source == source }?.module)
        }
        listener?(source)
        return module
    }

    /// Calls this for each module that is asked for here from now on, at hand or not.
    public func tell(_ listener: @escaping @Sendable (Source) -> Void) { state.withLock { $0.listener = listener } }

    /// Sees to it that a module is at hand for those who are forked from now on. One without a compiled form stays away.
    ///
    /// - Returns: whether it wasn't before.
    @discardableResult
    public func keep(_ source: Source) -> Bool {
        guard let engine else { return false }
        let isThere = state.withLock { state in
            guard let index = state.modules.firstIndex(where: { $0.source == source }) else { return false }
            state.modules.append(state.modules.remove(at: index))
            return true
        }
        if isThere { return false }
        guard let module = ModuleLookup.compiled(source, for: engine) else { return false }
        state.withLock { state in
            state.modules.append((source, module))
            if state.modules.count > Self.limit { state.modules.removeFirst() }
        }
        return true
    }

    /// Links the module that was used last as a start with this plan would, and lets it go.
    public func rehearse(_ plan: WorkloadPlan) {
        guard let module = state.withLock({ $0.modules.last?.module }),
            let root = try? Files.open("/", flags: [.path, .directory]),
            let workload = try? OpenedWorkload(inContainer: plan, root: root)
        else { return }
        _ = try? GuestModule(module, workload)
    }

    /// The engine's descriptors of the modules' files: they have to stay open, at their numbers, for the modules to be used.
    public var descriptors: [Int32] { state.withLock { $0.modules.compactMap(\.module.fileDescriptor) } }
}
