import SystemCalls
import WasmEngine

/// Compiles a module, in a process that can open nothing: the source comes by a descriptor, the result goes through a pipe.
///
/// So the worst that a hostile module can do is to give itself other code, under its own digest, and that code still runs
/// inside the sandbox of its workload.
enum CompileWorker {
    static let timeout: Duration = .seconds(300)
    private static let processorSeconds: UInt64 = 600
    private static let memory: UInt64 = 4 << 30
    static let limits = ModuleCompiler.Limits()

    /// The settings under which workloads run; what shapes code is named by the fingerprint.
    static var configuration: EngineConfiguration {
        var configuration = EngineConfiguration()
        configuration.compilesInParallel = true
        return configuration
    }

    // MARK: The parent's side

    /// The compiled form of the module behind a descriptor, which is read from where it stands.
    static func compile(_ source: Int32, name: String) throws(CommandFailure) -> [UInt8] {
        let process = WorkerProcess(worker: .compile, outputLimit: limits.compiledBytes, timeout: timeout)
        do throws(CommandFailure) {
            return try process.run(input: source, subject: "compile")
        } catch { throw CommandFailure("\(name): \(error.message)", error.status, underlying: error.underlying) }
    }

    // MARK: The worker's side

    static func run() throws {
        let confinement = WorkerConfinement(
            processorSeconds: processorSeconds, memory: memory, fileSize: 0, places: [], capabilities: [])
        try Engine.loadLibrary()
        try confinement.enter()
        let compiler = ModuleCompiler(try Engine(configuration), limits: limits)
        try Files.writeAll(1, try compiler.compile(try Files.readAll(0, limit: limits.sourceBytes)))
    }
}
