import BundleRuntime
import Cgroups
import JSON
import OCISpec
import SystemCalls

/// `martlet events`: what a container uses, as lines of JSON in runc's shape, and a line whenever memory ran out.
enum EventsCommand {
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
        var watch = try runtime.watch(id)
        var next = Clocks.now(.monotonic) &+ interval
        while true {
            let now = Clocks.now(.monotonic)
            switch try watch.next(within: next > now ? next - now : 0) {
            case .ended: return
            case .outOfMemory: try print("oom", id, data: nil)
            case .nothing: break
            }
            guard Clocks.now(.monotonic) >= next else { continue }
            do { try report(id, runtime) } catch {
                // It took its control groups with it.
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
