import BundleRuntime
import SystemCalls

/// The words of `create` and of the OCI `run`: how a bundle becomes a container.
struct LaunchSettings: Sendable {
    /// The container's id is the operand.
    var request = CreateRequest(id: "")
    /// For `run` alone.
    var mode = RunMode()
    var tracesPhases = false

    static let create = OptionTable<LaunchSettings>(
        verb: "create", operands: "ID", summary: "Create a container from a bundle, for start to start.",
        options: options(verb: "create"))

    static let run = OptionTable<LaunchSettings>(
        verb: "run", operands: "ID", summary: "Create a container from a bundle, start it, and wait for its end.",
        options: options(verb: "run") + [
            .boolean("-d", "--detach", help: "Don't wait") { $0.mode.detaches = $1 },
            .boolean("--keep", help: "Don't delete the container when it ended") { $0.mode.keeps = $1 },
        ])

    private static func options(verb: String) -> [Option<LaunchSettings>] {
        [
            .value("-b", "--bundle", argument: "DIR", help: "The bundle, default the current directory") {
                $0.request.bundle = $1.isEmpty ? "." : $1
            },
            .value("-f", "--config", argument: "FILE", help: "Read this instead of the bundle's config.json") {
                $0.request.configuration = $1
            },
            .value("--pid-file", argument: "FILE", help: "Write the process id to this file") {
                $0.request.pidFile = $1
            },
            .value("--console-socket", argument: "SOCKET", help: "Send the terminal's end to this socket") {
                $0.request.consoleSocket = $1
            },
            .value("--pidfd-socket", argument: "SOCKET", help: "Send a pidfd of the process to this socket") {
                $0.request.pidfdSocket = $1
            },
            .value("--preserve-fds", argument: "N", help: "Give the container descriptors 3 to 3+N-1 as well") {
                (settings, text) throws(UsageError) in
                settings.request.preservedDescriptors = try preserved(text, verb: verb)
            },
            .boolean("--no-pivot", help: "Move the root instead of pivoting: for a root on a ramdisk") {
                $0.request.avoidsPivot = $1
            },
            .boolean("--no-new-keyring", help: "Keep the caller's session keyring") { $0.request.keepsKeyring = $1 },
            // `martlet` has looked at it: here is where no zygote makes it, or where one already does.
            .value("--zygote", argument: "SOCKET|none", help: "Have this zygote make it, or none") { _, _ in },
            .boolean("--trace-phases", help: "Print what the steps of a start take") { $0.tracesPhases = $1 },
            .boolean("--no-subreaper", help: "Accepted: martlet never becomes the parent of orphans") { _, _ in },
        ]
    }

    /// More descriptors than this are never passed on.
    private static let preservedLimit: UInt32 = 1000

    /// The count of `--preserve-fds`; for `exec` too.
    static func preserved(_ text: String, verb: String) throws(UsageError) -> UInt32 {
        guard let count = UInt32(text), count <= preservedLimit else {
            throw UsageError("--preserve-fds \(text): write a number from 0 to \(preservedLimit)", verb: verb)
        }
        return count
    }
}
