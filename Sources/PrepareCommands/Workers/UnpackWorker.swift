import ImageStore
import ImageTransfer
import JSON
import LayerUnpacking
import OCISpec
import SystemCalls

/// Unpacks an image's layers, in a process that can write to the store's `tmp`, `roots` and `locks` and to nothing else.
enum UnpackWorker {
    static let timeout: Duration = .seconds(3600)
    private static let processorSeconds: UInt64 = 3600
    /// Decompressors need windows of up to 128 MiB each.
    private static let memory: UInt64 = 1 << 30

    /// The C library's locales: names in archives are read as UTF-8.
    private static let locales = "/usr/lib/locale"

    // MARK: The parent's side

    /// Unpacks unless it is unpacked already.
    ///
    /// - Returns: the root's path, and what unpacking had to leave out.
    static func unpack(
        _ image: StoredImage, in store: ImageStore, limits: UnpackLimitOptions, progress: ProgressDisplay
    ) throws(CommandFailure) -> (path: String, notes: [String]) {
        if case .layers(_, let path?) = image.form { return (path, []) }
        progress.observe(.writing(path: "unpacked layers of \(image.label)"))
        defer { progress.finish() }
        let process = WorkerProcess(
            worker: .unpack, arguments: [store.root, image.manifestDigest.description] + limits.words,
            timeout: timeout)
        let answer: [UInt8]
        do throws(CommandFailure) { answer = try process.run(subject: "unpack \(image.label)") } catch {
            // A worker that was killed couldn't clean up after itself.
            if case .layers(let chainID, _) = image.form { try? store.discardUnfinishedRoot(chainID) }
            throw error
        }
        do throws(JSONError) {
            let node = try JSONNode(reading: answer)
            return (try node.required("root").string(), try node.required("notes").strings())
        } catch { throw CommandFailure("unpack \(image.label): \(error)", underlying: error) }
    }

    // MARK: The worker's side

    static func run(_ arguments: [String]) throws {
        guard arguments.count >= 2, let limits = UnpackLimits(words: arguments.dropFirst(2)) else {
            throw CommandFailure("internal-unpack needs ROOT DIGEST [LIMIT=NUMBER…]", .usage)
        }
        let store = try ImageStore.open(root: arguments[0])
        // Makes the file of its lock, which a rule can't name before.
        do { _ = try store.session() }
        try confinement(for: store).enter()
        guard let image = try store.image(try Digest(parsing: arguments[1])) else {
            throw CommandFailure("no image \(arguments[1]) in \(store.root)", .notFound)
        }
        var unpack = ImageUnpack()
        unpack.limits = limits
        // No guest can use one, and the host would open it as an entry point outside of any sandbox.
        unpack.privileges.makesDevices = false
        let outcome = try unpack.run(image, in: store)
        let notes = outcome.summary?.notes.map { JSONValue.string($0.description) } ?? []
        try Files.writeAll(
            1,
            JSONValue.object(
                JSONObject([
                    .init(key: "root", value: .string(outcome.rootPath)), .init(key: "notes", value: .array(notes)),
                ])
            ).bytes())
    }

    /// Names, records, content and compiled code can only be read.
    static func confinement(for store: ImageStore) -> WorkerConfinement {
        WorkerConfinement(
            processorSeconds: processorSeconds, memory: memory, fileSize: .max,
            places: [
                .init(path: store.root, rights: WorkerConfinement.reading),
                .init(path: store.lockFile, rights: [.readFile, .writeFile]),
                .init(path: locales, rights: WorkerConfinement.reading),
            ]
                + ["tmp", "roots", "locks"].map {
                    .init(path: "\(store.root)/\($0)", rights: WorkerConfinement.everything)
                }, capabilities: WorkerConfinement.Capability.allCases)
    }
}
