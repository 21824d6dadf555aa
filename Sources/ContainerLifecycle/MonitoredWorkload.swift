import Cgroups
import HostCapabilities
import SystemCalls

/// A workload with its log, and what its monitor waits with.
struct MonitoredWorkload: ~Copyable {
    let process: SpawnedProcess
    private let supervision: Supervision
    private var relay: LogRelay

    private init(process: consuming SpawnedProcess, supervision: consuming Supervision, relay: consuming LogRelay) {
        self.process = process
        self.supervision = supervision
        self.relay = relay
    }

    static func withPipes(
        _ supervision: consuming Supervision, _ writer: consuming LogWriter, _ cgroup: ContainerCgroup?,
        _ body: (consuming StartChannel) -> Int32
    ) throws(SystemCallError) -> MonitoredWorkload {
        let output = try Descriptors.pipe()
        let error = try Descriptors.pipe()
        let process = try SpawnedProcess(
            streams: GuestStreams(input: nil, output: output.write.rawValue, error: error.write.rawValue),
            signals: supervision.previousSignals, cgroup: cgroup, body: body)
        let relay = try LogRelay(output: output.keepRead(), error: error.keepRead(), writer: writer)
        return MonitoredWorkload(process: process, supervision: supervision, relay: relay)
    }

    static func inTerminal(
        _ supervision: consuming Supervision, _ writer: consuming LogWriter, _ cgroup: ContainerCgroup?,
        _ body: (consuming StartChannel) -> Int32
    ) throws(SystemCallError) -> MonitoredWorkload {
        let pair = try Terminals.open()
        TerminalRelay.adoptSize(of: nil, for: pair.master.rawValue)
        let process = try SpawnedProcess(
            streams: .terminal(pair.slave.rawValue), signals: supervision.previousSignals, cgroup: cgroup, body: body)
        let relay = try LogRelay(output: pair.keepMaster(), error: nil, writer: writer)
        return MonitoredWorkload(process: process, supervision: supervision, relay: relay)
    }

    /// Where the monitor waits.
    var rests: Rests { supervision.rests }

    /// What the monitor has to keep open.
    var descriptors: [Int32] {
        [process.descriptor, supervision.signals.rawValue] + relay.descriptors
    }

    func startFailure() throws(LifecycleError) -> String? {
        do throws(SystemCallError) {
            guard let reason = try process.startFailure() else { return nil }
            _ = try Processes.wait(for: process.number)
            return reason
        } catch { throw .system(doing: "starting the workload", error) }
    }

    mutating func wait(timeout: Duration?, cgroup: ContainerCgroup?) throws(LifecycleError) -> WorkloadExit {
        do throws(SystemCallError) {
            return try supervision.wait(for: process.process, timeout: timeout, cgroup: cgroup, relay: &relay)
        } catch { throw .system(doing: "monitoring", error) }
    }
}
