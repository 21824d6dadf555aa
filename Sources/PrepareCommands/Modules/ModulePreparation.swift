import ImageStore
import OCISpec
import SystemCalls
import WasmEngine
import WasmWorkload

/// Brings a module into the cache of compiled modules, unless it is there.
struct ModulePreparation {
    struct Outcome {
        let digest: OCISpec.Digest
        /// Bytes that were compiled just now; nil when the cache had it.
        let compiledBytes: Int?
    }

    /// Whether to wait until a file that has just been written can be remembered by its identity, so that the next launch
    /// needn't hash it.
    var waitsUntilRemembered = false

    /// In ns. `FileIdentity.isSettled` wants a file to be 50 ms old, the clock that stamps files being coarse.
    private static let settling: UInt64 = 60_000_000

    private let cache: CompiledModuleCache
    private let fingerprint = CompileWorker.configuration.fingerprint

    init(_ store: ImageStore) throws(CommandFailure) {
        do throws(CacheError) { cache = try CompiledModuleCache(root: store.compiledModules) } catch {
            throw CommandFailure("\(error)", underlying: error)
        }
    }

    /// - Parameter file: a regular file, opened for reading and standing at its start.
    func run(_ file: borrowing OwnedDescriptor, name: String) throws(CommandFailure) -> Outcome {
        let before = try identity(file, name)
        let standsForContents = FileStamps.areKernels(file.rawValue)
        if standsForContents, let known = cache.digest(of: before), let digest = try? Digest(parsing: known),
            try contains(known)
        {
            return Outcome(digest: digest, compiledBytes: nil)
        }
        let source = try ModuleSource(copying: file, name: name, scratch: cache.root)
        let text = source.digest.description
        var count: Int?
        if try !contains(text) {
            let turn = cache.turn(toCompile: text)
            // Somebody else may have compiled it meanwhile.
            if try !contains(text) { count = try compile(source, name) }
            _ = consume turn
        }
        if standsForContents { try remember(text, before, file, name) }
        return Outcome(digest: source.digest, compiledBytes: count)
    }

    /// - Returns: how many bytes of code it made.
    private func compile(_ source: borrowing ModuleSource, _ name: String) throws(CommandFailure) -> Int {
        let compiled = try source.compile(name: name)
        try caching { () throws(CacheError) in
            try cache.store(compiled, digest: source.digest.description, fingerprint: fingerprint)
        }
        return compiled.count
    }

    /// Only while the file is what was read does its identity stand for the digest.
    private func remember(
        _ digest: String, _ before: FileIdentity, _ file: borrowing OwnedDescriptor, _ name: String
    ) throws(CommandFailure) {
        guard try identity(file, name) == before, !cache.remember(digest: digest, of: before), waitsUntilRemembered
        else { return }
        var nothing: [PollRequest] = []
        _ = try? Poll.wait(&nothing, timeout: Self.settling)
        if try identity(file, name) == before { cache.remember(digest: digest, of: before) }
    }

    private func contains(_ digest: String) throws(CommandFailure) -> Bool {
        try caching { () throws(CacheError) in try cache.contains(digest: digest, fingerprint: fingerprint) }
    }

    private func identity(_ file: borrowing OwnedDescriptor, _ name: String) throws(CommandFailure) -> FileIdentity {
        do throws(SystemCallError) { return try FileIdentity(of: file.rawValue) } catch {
            throw CommandFailure("\(name): \(error)", underlying: error)
        }
    }

    private func caching<R>(_ body: () throws(CacheError) -> R) throws(CommandFailure) -> R {
        do throws(CacheError) { return try body() } catch { throw CommandFailure("\(error)", underlying: error) }
    }
}

extension ModulePreparation {
    /// The same for a file by its path.
    func run(path: String) throws(CommandFailure) -> Outcome { try run(Self.open(path), name: path) }

    /// Opens a regular file; a pipe that nobody writes to is not waited for.
    static func open(_ path: String) throws(CommandFailure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            let file = try Files.open(path, flags: [.readOnly, .nonBlocking])
            guard try FileStatus.of(file.rawValue).kind == .regular else {
                throw SystemCallError("open", path, .isDirectory)
            }
            return file
        } catch {
            throw CommandFailure(
                "\(path): \(error.errno)", error.errno == .noSuchFile ? .notFound : .failed, underlying: error)
        }
    }
}
