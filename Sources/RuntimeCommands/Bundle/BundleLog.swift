import ContainerLifecycle
import JSON
import SystemCalls

/// Where errors go besides standard error, and how they look there.
struct LogSettings: Sendable {
    enum Format: String, Sendable { case text, json }

    enum Level: Int, Sendable, Comparable {
        case error, warning, info, debug

        init?(word: String) {
            switch word {
            case "error": self = .error
            case "warning", "warn": self = .warning
            case "info": self = .info
            case "debug": self = .debug
            default: return nil
            }
        }

        var word: String {
            switch self {
            case .error: "error"
            case .warning: "warning"
            case .info: "info"
            case .debug: "debug"
            }
        }

        static func < (first: Level, second: Level) -> Bool { first.rawValue < second.rawValue }
    }

    var path: String?
    var format = Format.text
    var level = Level.warning

    /// `FILE` or `file:FILE`.
    static func path(_ text: String) throws(UsageError) -> String? {
        for scheme in ["syslog:", "journald:"] where text.hasPrefix(scheme) {
            throw UsageError("--log \(text): write a file; a log by \(scheme.dropLast()) isn't supported")
        }
        let path = text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
        return path.isEmpty ? nil : path
    }

    /// Makes the file when it isn't there, as runc and crun do before anything else: who reads it after a failure must find
    /// the reason there.
    ///
    /// Errors: it can't be opened; it isn't written to any more then.
    mutating func open() throws(CommandFailure) {
        guard let path else { return }
        do throws(SystemCallError) { _ = try Self.file(path) } catch {
            self.path = nil
            throw CommandFailure("--log \(path.printable()): \(error)")
        }
    }

    static func file(_ path: String) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(path, flags: [.writeOnly, .create, .append, .noControllingTerminal], mode: 0o644)
    }
}

/// The log of one command. An error is a line on standard error, and the same in the file of `--log`, where conmon and
/// containerd look for the reason of a failure. Anything less goes to that file alone, as with runc: the standard error of
/// `exec` and `run` is the program's, and whoever names a log expects nothing else there.
struct BundleLog: Sendable {
    let settings: LogSettings

    func report(_ level: LogSettings.Level, _ message: String) {
        guard level <= settings.level else { return }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        let isWritten = write(level, line)
        guard level == .error || !isWritten else { return }
        Diagnostics.report(level == .error ? line : "\(level.word): \(line)")
    }

    /// - Returns: whether it stands in the log.
    private func write(_ level: LogSettings.Level, _ line: String) -> Bool {
        guard let path = settings.path else { return false }
        let entry = Self.entry(level, line, format: settings.format, time: Clocks.now(.realtime))
        do throws(SystemCallError) {
            let file = try LogSettings.file(path)
            try Files.writeAll(file.rawValue, Array(entry.utf8))
            return true
        } catch {
            Diagnostics.report("the log can't be written: \(error)")
            return false
        }
    }

    /// One line with its newline, as runc's logger writes it.
    static func entry(_ level: LogSettings.Level, _ message: String, format: LogSettings.Format, time: UInt64) -> String
    {
        let time = Timestamp.text(of: time)
        switch format {
        case .json:
            let entry: JSONValue = [
                "level": .string(level.word), "msg": .string(message), "time": .string(time),
            ]
            return "\(entry.text())\n"
        case .text:
            return "time=\"\(time)\" level=\(level.word) msg=\(quoted(message))\n"
        }
    }
}
