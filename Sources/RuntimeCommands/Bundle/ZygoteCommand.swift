import BundleRuntime
import SystemCalls

/// The words of `zygote`.
struct ZygoteSettings: Sendable {
    var path: String?
    var spares = 2
    var isVerbose = false

    static let table = OptionTable<ZygoteSettings>(
        verb: "zygote", operands: "",
        summary: "Serve run (and create --zygote) with the engine loaded, until it is told to end.",
        options: [
            .value("--socket", argument: "PATH", help: "Listen here, default /run/martlet/zygote.sock") {
                $0.path = $1
            },
            .value("--spares", argument: "N", help: "Processes that wait for requests, 0 to 16, default 2") {
                (settings, text) throws(UsageError) in
                guard let count = Int(text), (0...16).contains(count) else {
                    throw UsageError("--spares \(text): write a number from 0 to 16", verb: "zygote")
                }
                settings.spares = count
            },
            .flag("--debug", help: "Say which clients are refused, and why") { $0.isVerbose = true },
        ])
}

/// `martlet zygote`.
enum ZygoteCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = ZygoteSettings()
        _ = try ZygoteSettings.table.parse(words, into: &settings, operands: 0, through: 0)
        // What is forked from here may run native programs: they must not find a file of ours that can be written.
        try SealedProgram.ensure()
        let socket = try socket(settings.path ?? ZygoteSocket.defaultPath)
        let path = socket.path
        defer { if let path { try? Files.unlink(path) } }
        var server = try ZygoteServer(listener: socket.take(), spares: settings.spares, read: { ZygoteTask(words: $0) })
        let isVerbose = settings.isVerbose
        try server.serve { if isVerbose { Diagnostics.report("zygote: \($0)") } }
        return 0
    }

    private static func socket(_ path: String) throws(RuntimeFailure) -> ZygoteSocket {
        if let socket = try ZygoteSocket.handedOver() { return socket }
        return try ZygoteSocket.make(at: path)
    }
}
