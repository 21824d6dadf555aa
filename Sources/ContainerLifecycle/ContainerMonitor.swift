import Cgroups
import HostCapabilities
import SystemCalls

/// The process that looks after one workload in the background: without a terminal, and with nothing open that it doesn't
/// need.
struct ContainerMonitor: ~Copyable {
    private let detached: Detached
    private let record: ContainerRecord
    private var channel: StartChannel?

    private var state: StateDirectory { detached.state }

    init(detached: Detached, record: ContainerRecord, channel: consuming StartChannel) {
        self.detached = detached
        self.record = record
        self.channel = consume channel
    }

    consuming func run(_ body: (consuming StartChannel) -> Int32) -> Never {
        do throws(LifecycleError) {
            var workload = try start(body)
            try announce(workload)
            try recordEnd(try workload.wait(timeout: detached.timeout, cgroup: record.cgroup))
            Processes.exit(0)
        } catch {
            // When somebody still listens it is told; later the record says what was known last.
            if let channel = channel.take() { _ = channel.failed("\(error)") }
            Processes.exit(StartChannel.failureStatus)
        }
    }

    private func start(_ body: (consuming StartChannel) -> Int32) throws(LifecycleError) -> MonitoredWorkload {
        try state.update(record.id) { record in record.supervisor = .current }
        do throws(SystemCallError) {
            try leaveCaller()
            let supervision = try Supervision(HeldSignals())
            let writer = try LogWriter(directory: try state.open(record.id), limits: detached.log)
            return try detached.terminal
                ? .inTerminal(supervision, writer, record.cgroup, body)
                : .withPipes(supervision, writer, record.cgroup, body)
        } catch { throw .system(doing: "starting the workload", error) }
    }

    /// Nothing of whoever started us is held: no directory, no streams.
    private func leaveCaller() throws(SystemCallError) {
        try Confinement.changeDirectory(to: "/")
        let nothing = try Files.open("/dev/null", flags: [.readWrite, .noControllingTerminal])
        for stream in Int32(0)...2 { try Descriptors.place(nothing.rawValue, at: stream) }
    }

    /// Waits for the guest's start, records it, and tells whoever started us.
    private mutating func announce(_ workload: borrowing MonitoredWorkload) throws(LifecycleError) {
        if let reason = try workload.startFailure() {
            try? ContainerRemoval(state: state).discard(record)
            throw .notStarted(reason)
        }
        let process = ProcessIdentity(living: workload.process.number)
        do throws(LifecycleError) {
            try state.update(record.id) { (record) throws(LifecycleError) in
                _ = try record.handle(.start)
                record.workload = process
                record.started = Clocks.now(.realtime)
            }
        } catch {
            // Removed meanwhile: nobody would find it any more.
            workload.process.signal(Signal.kill)
            throw error
        }
        if let channel = channel.take() { channel.succeeded() }
        do throws(SystemCallError) {
            try OpenDescriptors.closeAll(except: workload.descriptors + [state.descriptor.rawValue] + detached.keeps)
        } catch { throw .system(doing: "monitoring", error) }
        workload.rests.allow(sleep: detached.sleep)
    }

    private func recordEnd(_ exit: WorkloadExit) throws(LifecycleError) {
        try? record.cgroup?.delete()
        let ended = try state.update(record.id) { (record) throws(LifecycleError) in
            _ = try record.handle(.end)
            record.finished = Clocks.now(.realtime)
            record.exitStatus = exit.status
            record.exitExplanation = exit.explanation
        }
        if ended.removesItself { try ContainerRemoval(state: state).discard(ended) }
    }
}
