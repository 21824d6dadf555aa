import ArgumentParser
import ImageStore
import OCISpec
import SystemCalls

/// What every verb on the store takes.
struct StoreOptions: ParsableArguments {
    @Option(help: "The store's directory (default: /var/lib/martlet, for users $XDG_DATA_HOME/martlet).")
    var root: String?

    @Flag(name: .shortAndLong, help: "Print ids only, and no progress.")
    var quiet = false

    @Flag(help: "Say more about an error.")
    var debug = false

    /// The store, made when it is missing.
    func open() throws -> ImageStore {
        guard let root else { return try ImageStore.open(root: try ImageStore.defaultRoot()) }
        return try ImageStore.open(root: try absolute(root))
    }

    /// An image by name, digest or the beginning of its id.
    func image(_ text: String, in store: ImageStore) throws -> StoredImage {
        guard let image = try store.resolve(text) else {
            throw CommandFailure("no image \(text) in \(store.root); see martlet image list", .notFound)
        }
        return image
    }

    /// Whether progress is shown: on a terminal, unless told to be quiet.
    var progress: ProgressDisplay { ProgressDisplay(isOn: !quiet && Terminals.isTerminal(2)) }
}

/// A path as the shell means it, made absolute.
func absolute(_ path: String) throws(SystemCallError) -> String {
    path.hasPrefix("/") ? path : "\(try Files.target(ofLink: "/proc/self/cwd"))/\(path)"
}

struct PlatformOption: ParsableArguments {
    @Option(
        help:
            "Which platform of an image that has several, as os/architecture (default: wasi/wasm, then this machine's)."
    )
    var platform: String?

    func choice() throws -> PlatformChoice {
        guard let platform else { return .standard }
        do { return try PlatformChoice(parsing: platform) } catch {
            throw CommandFailure("--platform: \(error)", .usage)
        }
    }
}

extension ImageReference {
    /// A name that a person typed.
    init(typed text: String) throws(CommandFailure) {
        do { try self.init(parsing: text) } catch { throw CommandFailure("\(error)", .usage) }
    }
}
