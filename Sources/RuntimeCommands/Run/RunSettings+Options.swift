import ContainerMounts
import HostCapabilities
import SystemCalls
import WasmWorkload

extension RunSettings {
    static let table = OptionTable<RunSettings>(
        verb: "run", operands: "IMAGE|LAYOUT|ARCHIVE|BUNDLE|FILE.wasm [ARGS…]",
        summary: "Run a wasm image, layout, archive, bundle or file.", placement: .endOptions,
        options: guest + access + limits + handling + CommonSettings.options(\RunSettings.common))

    private static let guest: [Option<RunSettings>] = [
        .value("-e", "--env", argument: "KEY[=VALUE]", help: "Set a variable; without a value, pass the host's on") {
            (settings, text) throws(UsageError) in
            if let variable = try variable(text) { settings.request.environment.append(variable) }
        },
        .value("--env-file", argument: "FILE", help: "Set the variables of a file of KEY=VALUE lines") {
            (settings, path) throws(UsageError) in settings.request.environment += try EnvironmentFile.read(path)
        },
        .value("-w", "--workdir", argument: "PATH", help: "The working directory, told to the guest as PWD") {
            (settings, path) throws(UsageError) in
            guard path.hasPrefix("/") else {
                throw UsageError("--workdir \(path): write an absolute path", verb: "run")
            }
            settings.request.workingDirectory = path
        },
        .value("--entrypoint", argument: "PATH", help: "Run this file of the image instead of its entry point") {
            $0.request.entrypoint = $1
        },
        .value("--invoke", argument: "EXPORT", help: "Call this export with ARGS as its arguments") {
            $0.request.invoke = $1
        },
        .value("-u", "--user", argument: "USER[:GROUP]", help: "Run as this user of the image, or these numbers") {
            $0.request.user = $1
        },
        .value("--annotation", argument: "KEY=VALUE", help: "Set an annotation, such as dev.martlet.timeout=5s") {
            (settings, text) throws(UsageError) in
            guard text.isAssignment, let value = text.assignedValue else {
                throw UsageError("--annotation \(text): write KEY=VALUE", verb: "run")
            }
            settings.request.annotations[String(text.assignedName)] = String(value)
        },
    ]

    private static let access: [Option<RunSettings>] = [
        .value("-v", "--volume", argument: "HOST:GUEST[:ro]", help: "Show a file or directory of the host") {
            (settings, text) throws(UsageError) in
            let mount = try parsed { () throws(PlanError) in try Volume(volume: text) }
            settings.request.mounts.append(mount)
        },
        .flag("--read-only", help: "Mount the image's root read-only") { $0.request.isReadOnly = true },
        .value("-p", "--publish", argument: "[IP:]HOST:GUEST[/tcp|udp]", help: "Let the guest listen on a port") {
            (settings, text) throws(UsageError) in
            settings.request.ports.append(
                try parsed("-p") { () throws(NetworkRuleError) in try PortMapping(parsing: text) })
        },
        .value(
            "--outbound", argument: "RULE", help: "Let the guest connect: HOST:PORT, CIDR, or * (all but this host)"
        ) {
            (settings, text) throws(UsageError) in
            settings.request.outbound.append(
                try parsed("--outbound") { () throws(NetworkRuleError) in try OutboundRule(parsing: text) })
        },
        .value("--network", argument: "host|none", help: "The host's network within the grants, or none at all") {
            (settings, text) throws(UsageError) in
            settings.request.network = try choice(text, "--network", "host or none")
        },
    ]

    private static let limits: [Option<RunSettings>] = [
        .value("-m", "--memory", argument: "SIZE", help: "The most memory, such as 64m") {
            (settings, text) throws(UsageError) in
            settings.request.limits.memory = try quantity(
                Quantities.bytes(text), text, "--memory", "a size such as 64m or 1g")
        },
        .value("--cpus", argument: "N", help: "The most processors, such as 0.5") {
            (settings, text) throws(UsageError) in
            settings.request.limits.processors = try quantity(
                Quantities.thousandthsOfProcessors(text), text, "--cpus", "a number such as 0.5 or 2")
        },
        .value("--timeout", argument: "TIME", help: "End the guest after this time, such as 5s") {
            (settings, text) throws(UsageError) in
            settings.request.limits.timeout = try quantity(
                Quantities.milliseconds(text), text, "--timeout", "a time such as 500ms, 5s or 2m")
        },
    ]

    private static let handling: [Option<RunSettings>] =
        [
            .value("--name", argument: "NAME", help: "With -d: a name for ps, logs, stop and rm") { $0.name = $1 },
            .flag("--rm", help: "Remove what is left of it when it ends") { $0.remove = true },
            .flag("-d", "--detach", help: "Run in the background and print the id") { $0.detach = true },
            .flag("-i", "--interactive", help: "Give the guest this standard input") { $0.interactive = true },
            .flag("-t", "--tty", help: "Give the guest a terminal") { $0.request.hasTerminal = true },
            .value("--platform", argument: "OS/ARCH", help: "Take this platform of an index, such as wasip1/wasm") {
                $0.platform = $1
            },
            .value("--pull", argument: "always|missing|never", help: "When to ask the registry") {
                (settings, text) throws(UsageError) in
                settings.pull = try choice(text, "--pull", "always, missing or never")
            },
            .flag("--plain-http", help: "Pull over HTTP from a registry on a loopback address") {
                $0.pullOptions.append("--plain-http")
            },
        ]
        + ["--creds", "--authfile", "--ca-file", "--insecure-registry"].map { name in
            .value(name, argument: "…", help: "For the pull, as martlet image pull has it") {
                $0.pullOptions += [name, $1]
            }
        }

    private static func choice<Choice: RawRepresentable<String>>(
        _ text: String, _ option: String, _ choices: String
    ) throws(UsageError) -> Choice {
        guard let choice = Choice(rawValue: text) else {
            throw UsageError("\(option) \(text): write \(choices)", verb: "run")
        }
        return choice
    }

    private static func quantity(
        _ value: UInt64?, _ text: String, _ option: String, _ example: String
    ) throws(UsageError) -> UInt64 {
        guard let value else { throw UsageError("\(option) \(text): write \(example)", verb: "run") }
        return value
    }

    /// Turns a reader's error into one about the option.
    private static func parsed<Value, Failure: Error>(
        _ option: String? = nil, _ read: () throws(Failure) -> Value
    ) throws(UsageError) -> Value {
        do throws(Failure) { return try read() } catch {
            throw UsageError(option.map { "\($0) \(error)" } ?? "\(error)", verb: "run")
        }
    }

    /// `KEY=VALUE` as it is; `KEY` alone takes the host's value, or nothing when the host has none.
    private static func variable(_ text: String) throws(UsageError) -> String? {
        guard !text.assignedName.isEmpty else {
            throw UsageError("-e \(text): write KEY=VALUE or KEY", verb: "run")
        }
        if text.isAssignment { return text }
        return EnvironmentFile.hostVariable(text)
    }
}
