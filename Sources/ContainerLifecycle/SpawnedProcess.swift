import Cgroups
import SystemCalls

/// A child of this process, not yet reaped.
public struct ChildProcess: ~Copyable {
    public let number: Int32
    /// A pidfd: readable when the process ended.
    public let descriptor: OwnedDescriptor

    public init(number: Int32, descriptor: consuming OwnedDescriptor) {
        self.number = number
        self.descriptor = descriptor
    }

    /// Sends a signal; one to a process that has ended goes nowhere.
    public func signal(_ number: Int32) {
        // Ended already: there is nobody to be told.
        try? Processes.signal(descriptor.rawValue, number)
    }

    /// Kills and reaps it.
    public func end() {
        signal(Signal.kill)
        _ = try? Processes.wait(for: number)
    }
}

/// A workload's process, forked from this one: it goes on in our own code, with the engine loaded and the module mapped.
struct SpawnedProcess: ~Copyable {
    let process: ChildProcess
    private let listener: StartListener

    var number: Int32 { process.number }
    var descriptor: Int32 { process.descriptor.rawValue }

    /// Forks. This process must have one thread.
    ///
    /// - Parameters:
    ///   - streams: what becomes the child's 0, 1 and 2.
    ///   - signals: the signals that are blocked in the child: those that were before the supervisor blocked its own.
    ///   - cgroup: joined by the child before anything else of it runs.
    ///   - body: the child's set-up and the guest; its result is the exit code.
    init(
        streams: GuestStreams, signals: SignalSet, cgroup: ContainerCgroup?, body: (consuming StartChannel) -> Int32
    ) throws(SystemCallError) {
        let pipe = try Descriptors.pipe()
        let supervisor = Processes.current
        switch try Processes.fork() {
        case .child:
            let channel = StartChannel(writer: pipe.keepWrite(), parent: supervisor)
            Processes.exit(Self.run(channel, streams: streams, signals: signals, cgroup: cgroup, body: body))
        case .parent(let child):
            let pidfd = try Processes.descriptor(of: child)
            process = ChildProcess(number: child, descriptor: pidfd)
            listener = StartListener(reader: pipe.keepRead())
        }
    }

    private static func run(
        _ channel: consuming StartChannel, streams: GuestStreams, signals: SignalSet, cgroup: ContainerCgroup?,
        body: (consuming StartChannel) -> Int32
    ) -> Int32 {
        do throws(SystemCallError) {
            // A change of user takes this back: the sandbox asks again.
            try Confinement.dieWithParent()
            guard Processes.parent == channel.parent else { return StartChannel.failureStatus }
            try signals.restore()
            for number in SignalSet.usual { SignalSet.useDefault(number) }
            // A write to a closed pipe or connection is an error that the guest sees, not its death.
            SignalSet.ignore(Signal.brokenPipe)
            try streams.install()
        } catch { return channel.failed("\(error)") }
        do throws(CgroupError) {
            // A process moves itself, alone as it is, without the wait that another would have to move it.
            try cgroup?.openEntrances(inUnified: false)?.enter()
        } catch { return channel.failed("\(error)") }
        return body(channel)
    }

    /// Waits until the guest starts; the reason when it doesn't.
    func startFailure() throws(SystemCallError) -> String? { try listener.failure() }

    func signal(_ number: Int32) { process.signal(number) }
}
