import BundleRuntime
import Cgroups
import JSON
import OCISpec
import SystemCalls

/// `martlet events`: what a container uses, as lines of JSON in runc's shape, and a line whenever memory ran out.
enum EventsCommand {
    /// How often the container is looked at between reports, in nanoseconds.
    private static let step: UInt64 = 500_000_000

    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = EventsSettings()
        let id = try EventsSettings.table.parseID(words, into: &settings)
        let runtime = try context.runtime()
        guard try isActive(id, runtime) else {
            throw CommandFailure("container \(quoted(id)) is not running")
        }
        if settings.once {
            try report(id, runtime)
            return 0
        }
        try follow(id, runtime, interval: settings.interval.multipliedReportingOverflow(by: 1_000_000).partialValue)
        return 0
    }

    /// Reports until the container ends.
    private static func follow(_ id: String, _ runtime: ContainerRuntime, interval: UInt64) throws {
        var kills = try runtime.statistics(of: id).outOfMemoryKills
        var next = Clocks.now(.monotonic) &+ interval
        while true {
            let now = Clocks.now(.monotonic)
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: min(step, next > now ? next - now : 0))
            // A container that ends between two looks takes its cgroup with it: that is no failure.
            guard (try? isActive(id, runtime)) == true else { return }
            let found = (try? runtime.outOfMemoryKills(of: id)) ?? kills
            for _ in kills..<max(kills, min(found, kills &+ 100)) { try print("oom", id, data: nil) }
            kills = max(kills, found)
            guard Clocks.now(.monotonic) >= next else { continue }
            do { try report(id, runtime) } catch {
                if (try? isActive(id, runtime)) != true { return }
                throw error
            }
            next = Clocks.now(.monotonic) &+ interval
        }
    }

    private static func isActive(_ id: String, _ runtime: ContainerRuntime) throws -> Bool {
        try runtime.state(of: id).status != .stopped
    }

    private static func report(_ id: String, _ runtime: ContainerRuntime) throws {
        try print("stats", id, data: StatisticsReport.json(try runtime.statistics(of: id)))
    }

    private static func print(_ type: String, _ id: String, data: JSONValue?) throws(CommandFailure) {
        var event: JSONObject = JSONObject([
            .init(key: "type", value: .string(type)), .init(key: "id", value: .string(id)),
        ])
        event["data"] = data
        try Diagnostics.print(JSONValue.object(event).text())
    }
}
