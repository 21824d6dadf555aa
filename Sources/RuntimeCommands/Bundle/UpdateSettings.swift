import JSON
import WasmWorkload

/// The words of `update`: a file of `linux.resources`, or the flags that stand for its members.
struct UpdateSettings: Sendable {
    /// The file; `-` is standard input. The flags have no effect beside it.
    var resources: String?
    /// What the flags ask for, as `linux.resources` would say it.
    private(set) var patch = JSONObject()
    /// The same for `linux.intelRdt`; beside a file too.
    private(set) var schemata = JSONObject()

    static let table = OptionTable<UpdateSettings>(
        verb: "update", operands: "ID", summary: "Change the limits of a container.",
        options: [
            .value("-r", "--resources", argument: "FILE|-", help: "Take linux.resources from this file") {
                $0.resources = $1
            },
            bytes("--memory", "memory", "limit", "The most memory, such as 64m; -1 is no limit"),
            bytes("--memory-reservation", "memory", "reservation", "The memory that is guarded under pressure"),
            bytes("--memory-swap", "memory", "swap", "The most memory and swap together; -1 is no limit"),
            bytes("--kernel-memory", "memory", "kernel", "The most kernel memory, where the kernel has it"),
            bytes("--kernel-memory-tcp", "memory", "kernelTCP", "The most memory for TCP buffers, on cgroup v1"),
            number(["--cpu-shares", "--cpu-share"], "cpu", "shares", "The weight beside others, 2 to 262144"),
            number(["--cpu-quota"], "cpu", "quota", "Microseconds of each period; -1 is no limit"),
            number(["--cpu-period"], "cpu", "period", "The period in microseconds"),
            number(["--cpu-burst"], "cpu", "burst", "Microseconds that may be saved up"),
            number(["--cpu-rt-period"], "cpu", "realtimePeriod", "The period for real-time processes"),
            number(["--cpu-rt-runtime"], "cpu", "realtimeRuntime", "Microseconds of it for real-time processes"),
            number(["--cpu-idle"], "cpu", "idle", "1 makes it run only when nobody else wants to"),
            text("--cpuset-cpus", "cpu", "cpus", "The processors, such as 0-2,4"),
            text("--cpuset-mems", "cpu", "mems", "The memory nodes"),
            number(["--pids-limit"], "pids", "limit", "The most processes; -1 is no limit", takesEmpty: false),
            number(
                ["--blkio-weight"], "blockIO", "weight", "The weight for block devices, 10 to 1000", takesEmpty: false),
            schema("--l3-cache-schema", "l3CacheSchema", "The cache, such as L3:0=f0"),
            schema("--mem-bw-schema", "memBwSchema", "The memory's bandwidth, such as MB:0=20"),
        ])

    /// Sets one member of one of the objects of `linux.resources`.
    private mutating func set(_ group: String, _ member: String, _ value: JSONValue) {
        var object = JSONObject()
        if case .object(let present)? = patch[group] { object = present }
        object[member] = value
        patch[group] = .object(object)
    }

    private static func text(_ name: String, _ group: String, _ member: String, _ help: String)
        -> Option<UpdateSettings>
    {
        .value(name, argument: "LIST", help: help) {
            // As with runc: the same as not to write the option.
            if !$1.isEmpty { $0.set(group, member, .string($1)) }
        }
    }

    /// Of the class of service that the container was made in.
    private static func schema(_ name: String, _ member: String, _ help: String) -> Option<UpdateSettings> {
        .value(name, argument: "SCHEMA", help: help) { if !$1.isEmpty { $0.schemata[member] = .string($1) } }
    }

    private static func number(
        _ names: [String], _ group: String, _ member: String, _ help: String, takesEmpty: Bool = true
    ) -> Option<UpdateSettings> {
        Option(
            names: names, help: help,
            effect: .value(argument: "N") { (settings, text) throws(UsageError) in
                if text.isEmpty, takesEmpty { return }
                guard let number = Int64(text) else {
                    throw UsageError("\(names[0]) \(text): write a number", verb: "update")
                }
                settings.set(group, member, .integer(number))
            })
    }

    private static func bytes(_ name: String, _ group: String, _ member: String, _ help: String)
        -> Option<UpdateSettings>
    {
        .value(name, argument: "SIZE", help: help) { (settings, text) throws(UsageError) in
            if text.isEmpty { return }
            guard let size = size(text) else {
                throw UsageError("\(name) \(text): write a size such as 64m, or -1", verb: "update")
            }
            settings.set(group, member, .integer(size))
        }
    }

    /// Bytes with a unit of powers of 1,024; -1 and 0 stand for themselves.
    private static func size(_ text: String) -> Int64? {
        if text == "-1" || text == "0" { return Int64(text) }
        return Quantities.bytes(text).flatMap { Int64(exactly: $0) }
    }
}
