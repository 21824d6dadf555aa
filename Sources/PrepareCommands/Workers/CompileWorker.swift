import SystemCalls
import WasmBinary
import WasmEngine

/// Compiles a module, in a process that can open nothing: the source comes by a descriptor, the result goes through a pipe.
///
/// So the worst that a hostile module can do is to give itself other code, under its own digest, and that code still runs
/// inside the sandbox of its workload.
enum CompileWorker {
    static let timeout: Duration = .seconds(300)
    private static let processorSeconds: UInt64 = 600
    private static let memory: UInt64 = 4 << 30
    static let sourceLimit = 256 << 20
    static let compiledLimit = 1 << 30

    /// The settings under which workloads run; what shapes code is named by the fingerprint.
    static var configuration: EngineConfiguration {
        var configuration = EngineConfiguration()
        configuration.compilesInParallel = true
        return configuration
    }

    // MARK: The parent's side

    /// The compiled form of the module behind a descriptor, which is read from where it stands.
    static func compile(_ source: Int32, name: String) throws(CommandFailure) -> [UInt8] {
        let process = WorkerProcess(worker: .compile, outputLimit: compiledLimit, timeout: timeout)
        do throws(CommandFailure) {
            return try process.run(input: source, subject: "compile")
        } catch { throw CommandFailure("\(name): \(error.message)", error.status, underlying: error.underlying) }
    }

    /// The binary form of WebAssembly text.
    static func assemble(_ text: [UInt8]) throws -> [UInt8] {
        guard let text = String(validating: text, as: UTF8.self) else {
            throw CommandFailure("neither a WebAssembly binary nor text", .notCompilable)
        }
        return try ModuleText.binary(fromText: text)
    }

    // MARK: The worker's side

    static func run() throws {
        let confinement = WorkerConfinement(
            processorSeconds: processorSeconds, memory: memory, fileSize: 0, places: [], capabilities: [])
        try confinement.enter()
        let source = try Files.readAll(0, limit: sourceLimit)
        let engine = try Engine(configuration)
        let binary = source.starts(with: BinaryKind.magic) ? source : try assemble(source)
        try Files.writeAll(1, try Module.compile(engine, binary).serialize())
    }
}
