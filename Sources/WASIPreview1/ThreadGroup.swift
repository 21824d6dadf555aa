import SystemCalls
import WasmEngine

/// The threads of a guest, as the wasi-threads proposal has them.
///
/// The module imports `thread-spawn` of `wasi` and a shared memory, and exports `wasi_thread_start(id, argument)`. Each
/// thread is an instance of the same module in a store of its own; memory and descriptors are shared. A thread that
/// returns ends alone. One that traps or calls `proc_exit` ends the guest: the group reports it, and whoever owns the
/// process ends it, because other threads may be waiting where nothing can wake them.
public final class ThreadGroup: Sendable {
    /// Makes the store of a new thread, with the guest's limits and deadlines. Called on the thread itself.
    public typealias StoreMaker = @Sendable () throws(EngineError) -> Store

    /// Called on the thread that ended the guest: with the trap or exit, or why the thread couldn't be started.
    public typealias EndHandler = @Sendable (EngineError) -> Void

    /// Threads at once, beside the first one; one more is refused with `again`.
    public static let defaultLimit = 256

    /// Whether the module imports `thread-spawn`.
    public let spawnsThreads: Bool

    private let module: Module
    private let identifiers: ThreadIdentifiers
    private let makeStore: StoreMaker
    private let ended: EndHandler
    private let prepared = Mutex<PreparedModule?>(nil)

    /// Stack for what host functions need beyond the guest's own share.
    private static let hostStack = 1 << 20

    public init(
        of module: Module, limit: Int = ThreadGroup.defaultLimit, makeStore: @escaping StoreMaker,
        ended: @escaping EndHandler
    ) {
        self.module = module
        self.makeStore = makeStore
        self.ended = ended
        spawnsThreads = module.imports.contains(where: Self.isSpawn)
        identifiers = ThreadIdentifiers(limit: min(limit, Int(ThreadIdentifiers.largest)))
    }

    /// Links the module: gives it its shared memories and `thread-spawn`, as far as it imports them, beside what the linker
    /// has already. Good for a module without threads too, and before a fork: no thread is started.
    ///
    /// Errors: `linking` for a module that spawns threads without exporting what they run, or for a wrong type.
    public func link(_ linker: Linker, limits: StoreLimits) throws(EngineError) -> PreparedModule {
        for item in module.imports {
            switch item.type {
            case .memory(let type) where type.isShared:
                let memory = try SharedMemory(module.engine, for: type, limits: limits)
                // Any store will do: a shared memory belongs to none.
                try linker.define(item.module, item.name, memory, in: Store(module.engine))
            case .function(let type) where Self.isSpawn(item):
                try checkTypes(spawn: type)
            default: continue
            }
        }
        if spawnsThreads { try defineSpawn(in: linker) }
        let linked = try linker.prepare(module)
        prepared.withLock { $0 = linked }
        return linked
    }

    /// How many threads run, beside the first one.
    public var count: Int { identifiers.count }

    private static func isSpawn(_ item: ModuleImport) -> Bool {
        guard case .function = item.type else { return false }
        return item.module == spawnModule && item.name == spawnName
    }

    private static let spawnModule = "wasi"
    private static let spawnName = "thread-spawn"
    private static let startName = "wasi_thread_start"
    private static let spawnType = FunctionType(parameters: [.i32], results: [.i32])
    private static let startType = FunctionType(parameters: [.i32, .i32], results: [])

    private func checkTypes(spawn: FunctionType) throws(EngineError) {
        let action = "link wasi.thread-spawn"
        guard spawn == Self.spawnType else {
            throw EngineError(
                .linking, action, "the module imports it as \(spawn); martlet has it as \(Self.spawnType)")
        }
        let start = module.exports.first { $0.name == Self.startName }?.type
        guard start == .function(Self.startType) else {
            let found = start.map { "exports it as \($0)" } ?? "doesn't export it"
            throw EngineError(
                .linking, action, "a thread runs \(Self.startName) \(Self.startType), and the module \(found)")
        }
    }

    private func defineSpawn(in linker: Linker) throws(EngineError) {
        try linker.define(
            Self.spawnModule, Self.spawnName, parameters: Self.spawnType.parameters, results: Self.spawnType.results
        ) { [weak self] (_, values) throws(Trap) in
            values[i32: 0] = self?.spawn(argument: values[i32: 0]) ?? Self.refusal
        }
    }

    /// What `thread-spawn` returns when there is no thread to be had: `again`, negated.
    private static let refusal = -Int32(Preview1Errno.again.rawValue)

    /// Starts a thread and returns its id, or a negative number.
    private func spawn(argument: Int32) -> Int32 {
        guard let prepared = prepared.withLock({ $0 }), let id = identifiers.take() else { return Self.refusal }
        do throws(SystemCallError) {
            try Threads.startDetached(stackSize: module.engine.configuration.maximumStack + Self.hostStack) {
                self.run(prepared, id, argument)
                self.identifiers.giveBack(id)
            }
        } catch {
            identifiers.giveBack(id)
            return Self.refusal
        }
        return id
    }

    private func run(_ prepared: PreparedModule, _ id: Int32, _ argument: Int32) {
        do throws(EngineError) {
            let instance = try prepared.instantiate(in: try makeStore())
            try instance.call(Self.startName, [.i32(id), .i32(argument)])
        } catch { ended(error) }
    }
}
