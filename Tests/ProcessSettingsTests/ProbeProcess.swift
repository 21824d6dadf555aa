import JSON
import ProbeRunner
import SystemCalls
import Testing

/// Runs `ProcessProbe`, which the package builds beside the tests, on a config.json.
enum ProbeProcess {
    struct Report: CustomStringConvertible {
        var end: ChildProgram.Outcome.End
        var text: String

        var lines: [String] { text.split(separator: "\n").map(String.init) }
        var description: String { "\(end)\n\(text)" }

        /// What follows `name` and a separator at the beginning of a line, without white space around.
        func value(_ name: String, _ separator: Character = "=") -> String? {
            lines.first { $0.hasPrefix("\(name)\(separator)") }.map { line in
                let rest = line.dropFirst(name.count + 1).drop { $0 == " " || $0 == "\t" }
                return String(rest)
            }
        }
    }

    static func path() throws -> String {
        let own = try Files.target(ofLink: "/proc/self/exe")
        return own[..<(own.lastIndex(of: "/") ?? own.endIndex)] + "/ProcessProbe"
    }

    static func run(_ configuration: JSONValue, _ words: String..., under wrapper: [String] = []) throws -> Report {
        let command = wrapper + [try path(), "run"] + words
        let outcome = try ChildProgram.run(
            command[0], arguments: command, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            input: .bytes(configuration.bytes()), outputLimit: 1 << 20, timeout: .seconds(60))
        return Report(end: outcome.end, text: String(decoding: outcome.output, as: UTF8.self))
    }
}

/// A config.json.
func configuration(process: JSONValue, linux: JSONValue = [:], _ more: (String, JSONValue)...) -> JSONValue {
    var object = JSONObject([
        .init(key: "ociVersion", value: "1.2.0"), .init(key: "root", value: ["path": "rootfs"]),
        .init(key: "process", value: process), .init(key: "linux", value: linux),
    ])
    for (key, value) in more { object[key] = value }
    return .object(object)
}

/// The `process` of a config.json.
func process(_ arguments: [String], _ more: (String, JSONValue)...) -> JSONValue {
    var object = JSONObject([
        .init(key: "args", value: strings(arguments)), .init(key: "cwd", value: "/"),
        .init(key: "env", value: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp"]),
    ])
    for (key, value) in more { object[key] = value }
    return .object(object)
}

func strings(_ strings: [String]) -> JSONValue { .array(strings.map { .string($0) }) }

func shell(_ script: String, _ more: (String, JSONValue)...) -> JSONValue {
    var all = [("args", strings(["/bin/sh", "-c", script]))]
    all += more
    guard case .object(var object) = process([]) else { return nil }
    for (key, value) in all { object[key] = value }
    return .object(object)
}

let status = ["cat", "/proc/self/status"]

/// Programs of the machine that some tests need beside those of every Debian.
enum Tool {
    static func has(_ path: String) -> Bool { (try? FileStatus.of(path, followLinks: true)) != nil }
}
