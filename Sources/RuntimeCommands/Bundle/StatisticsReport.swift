import BundleRuntime
import JSON

/// What a container uses, in the shape that runc's `events` has and podman and Docker read.
enum StatisticsReport {
    static func json(_ statistics: CgroupStatistics) -> JSONValue { .object(JSONObject()) }
}
