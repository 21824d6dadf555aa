import BundleRuntime
import Cgroups
import SystemCalls

/// The options that stand before a verb of the OCI runtime, as runc and crun have them.
struct GlobalSettings: Sendable {
    var runtime = RuntimeSettings()
    var log = LogSettings()
    var wantsVersion = false

    init() {
        // For whoever can give the engine no options, and its runtime an environment.
        if let names = Environment.value("MARTLET_ALLOW_ANNOTATIONS") {
            runtime.annotations = AllowedAnnotations(names)
        }
    }

    static let table = OptionTable<GlobalSettings>(
        verb: "", operands: "VERB …", summary: "An OCI runtime; these options stand before the verb.",
        placement: .endOptions, options: options)

    private static let options: [Option<GlobalSettings>] = [
        .value("--root", argument: "DIR", help: "Where the state of the containers is kept") {
            (settings, text) throws(UsageError) in settings.runtime.root = try stateRoot(text)
        },
        .value("--log", argument: "FILE", help: "Write errors to this file too") {
            (settings, text) throws(UsageError) in settings.log.path = try LogSettings.path(text)
        },
        .value("--log-format", argument: "text|json", help: "How lines of the log look") {
            (settings, text) throws(UsageError) in
            guard let format = LogSettings.Format(rawValue: text) else {
                throw UsageError("--log-format \(text): write text or json")
            }
            settings.log.format = format
        },
        .value("--log-level", argument: "error|warning|debug", help: "What is worth a line of the log") {
            (settings, text) throws(UsageError) in
            guard let level = LogSettings.Level(word: text) else {
                throw UsageError("--log-level \(text): write error, warning or debug")
            }
            settings.log.level = level
        },
        .boolean("--debug", help: "The same as --log-level debug") { if $1 { $0.log.level = .debug } },
        .boolean("--systemd-cgroup", help: "Have systemd make the cgroups") {
            $0.runtime.cgroupDriver = $1 ? .systemd : .filesystem
        },
        .value("--cgroup-manager", argument: "cgroupfs|systemd|disabled", help: "Who makes the cgroups") {
            (settings, text) throws(UsageError) in settings.runtime.cgroupDriver = try driver(text)
        },
        .value("--rootless", argument: "true|false|auto", help: "Go on without rights on cgroups") {
            (settings, text) throws(UsageError) in settings.runtime.isRootless = try rootless(text)
        },
        .value("--image-store", argument: "DIR", help: "Where compiled modules are kept") {
            $0.runtime.imageStore = $1
        },
        .value("--allow-annotations", argument: "NAMES", help: "Annotations that may grant more than the configuration")
        {
            $0.runtime.annotations = AllowedAnnotations($1)
        },
        .boolean("--require-landlock", help: "Make no guest that this kernel's Landlock can't confine") {
            $0.runtime.requiresLandlock = $1
        },
        .boolean("--trace-phases", help: "Print what the steps of a start take") { $0.runtime.tracesPhases = $1 },
        .value("--criu", argument: "FILE", help: "Accepted, and without effect") { _, _ in },
        .boolean("-v", "-V", "--version", help: "Print the version") { $0.wantsVersion = $1 },
    ]

    private static func driver(_ text: String) throws(UsageError) -> CgroupDriver? {
        if text == "disabled" { return nil }
        guard let driver = CgroupDriver(rawValue: text) else {
            throw UsageError("--cgroup-manager \(text): write cgroupfs, systemd or disabled")
        }
        return driver
    }

    private static func rootless(_ text: String) throws(UsageError) -> Bool? {
        switch text.lowercased() {
        case "auto", "": nil
        case "true", "1", "t": true
        case "false", "0", "f": false
        default: throw UsageError("--rootless \(text): write true, false or auto")
        }
    }

    /// `/` as the root would make every directory of the host a container, and `delete --force` remove it.
    private static func stateRoot(_ text: String) throws(UsageError) -> String {
        guard text.contains(where: { $0 != "/" && $0 != "." }) else {
            throw UsageError("--root \(text): write a directory of its own")
        }
        return text
    }
}
