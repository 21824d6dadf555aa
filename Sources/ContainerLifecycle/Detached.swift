import HostCapabilities
import SystemCalls

/// Runs a workload in the background, under a monitor that keeps its log and records its end.
public struct Detached {
    public var state: StateDirectory
    /// SIGKILL after this time.
    public var timeout: Duration?
    public var log: LogLimits
    /// The guest has a terminal of its own, that nobody types on; both streams go to the log as one.
    public var terminal: Bool
    /// Descriptors that the monitor has open for its whole life, such as the lock on what the workload uses. They stay the
    /// caller's to close in its own process.
    public var keeps: [Int32]
    /// What the monitor gives back when it waits for long, beside what every process can.
    public var sleep: Rests.DeepSleep?

    public init(
        state: StateDirectory, timeout: Duration? = nil, log: LogLimits = LogLimits(), terminal: Bool = false,
        keeps: [Int32] = [], sleep: Rests.DeepSleep? = nil
    ) {
        self.state = state
        self.timeout = timeout
        self.log = log
        self.terminal = terminal
        self.keeps = keeps
        self.sleep = sleep
    }

    /// Returns when the guest starts; the container is then on record as running, and its monitor is nobody's child.
    ///
    /// This process must have one thread.
    ///
    /// - Parameters:
    ///   - record: as `StateDirectory.create` returned it. Its control group is joined by the workload.
    ///   - body: as in `Foreground.run`; its standard input is empty, the others go to the log.
    /// - Returns: the record as it is now, or, when the container has removed itself already, as it was given.
    /// - Throws: `notStarted` with the child's own words; the container is removed then.
    public func launch(
        _ record: ContainerRecord, _ body: (consuming StartChannel) -> Int32
    ) throws(LifecycleError) -> ContainerRecord {
        let failure: String?
        do throws(SystemCallError) {
            failure = try startMonitor(record, body)
        } catch { throw .system(doing: "starting the monitor", error) }
        if let failure {
            // The monitor removes what it can; one that was killed left it to us.
            try? ContainerRemoval(state: state).discard(record)
            throw .notStarted(failure)
        }
        do throws(LifecycleError) { return try state.record(of: record.id) } catch {
            // It ran, and ended, and removed itself: that isn't a failure to start.
            var started = record
            started.state = .running
            return started
        }
    }

    private func startMonitor(
        _ record: ContainerRecord, _ body: (consuming StartChannel) -> Int32
    ) throws(SystemCallError) -> String? {
        let pipe = try Descriptors.pipe()
        switch try Processes.fork() {
        case .child:
            let channel = StartChannel(writer: pipe.keepWrite(), parent: Processes.parent)
            do throws(SystemCallError) {
                try Sessions.create()
                // A session leader could still get a terminal by opening one; its child can't.
                if case .parent = try Processes.fork() { Processes.exit(0) }
            } catch { Processes.exit(channel.failed("\(error)")) }
            ContainerMonitor(detached: self, record: record, channel: channel).run(body)
        case .parent(let child):
            let listener = StartListener(reader: pipe.keepRead())
            _ = try Processes.wait(for: child)
            return try listener.failure()
        }
    }
}
