import Cgroups
import ContainerLifecycle
import FieldErrors
import OCISpec
import ProcessSettings
import SystemCalls

extension ContainerRuntime {
    /// Runs another process in a container: a guest or a native program of its root.
    ///
    /// - Returns: its exit status; 0 when `request.detaches`.
    public func exec(_ request: ExecRequest) throws(RuntimeFailure) -> Int32 {
        let trace = PhaseTrace(isActive: settings.tracesPhases)
        let plan = try ExecPlan(self, request, trace: trace)
        if request.detaches, plan.process.hasTerminal, request.consoleSocket == nil {
            throw RuntimeFailure.noConsole
        }
        if request.consoleSocket != nil, !plan.process.hasTerminal {
            throw RuntimeFailure(.refused, "--console-socket: the process has no terminal; add --tty")
        }
        let exec = ContainerExec(plan, store: try? imageStore(), warn: warn)
        guard !request.detaches else {
            _ = try exec.start()
            report(trace)
            return 0
        }
        let signals: HeldSignals
        do throws(SystemCallError) { signals = try HeldSignals() } catch { throw RuntimeFailure(.system, "\(error)") }
        do throws(RuntimeFailure) {
            let status = try exec.attended(signals)
            signals.release()
            report(trace)
            return status
        } catch {
            signals.release()
            throw error
        }
    }
}

/// The runtime's side of `exec`.
struct ContainerExec {
    private let plan: ExecPlan
    private let store: String?
    private let warn: (String) -> Void

    /// - Parameter store: below which the empty directory of guests is kept.
    init(_ plan: ExecPlan, store: String?, warn: @escaping (String) -> Void) {
        self.plan = plan
        self.store = store
        self.warn = warn
    }

    struct Started: ~Copyable {
        let process: ChildProcess
        /// Of its terminal, for a runtime that serves it itself.
        var terminal: OwnedDescriptor?
    }

    func attended(_ signals: borrowing HeldSignals) throws(RuntimeFailure) -> Int32 {
        var started = try start()
        let terminal = started.terminal.take()
        do throws(LifecycleError) {
            return try Foreground(terminal: plan.process.hasTerminal, interactive: true)
                .wait(for: started.process, terminal: terminal, holding: signals).status
        } catch {
            // Nobody would hear of its end.
            started.process.end()
            throw RuntimeFailure(.system, "\(error)")
        }
    }

    /// Starts the process; returns when its program is executed, or its guest begins.
    func start() throws(RuntimeFailure) -> Started {
        do throws(RuntimeFailure) { return try begin() } catch { throw error.unlessEnded(plan.state) }
    }

    private func begin() throws(RuntimeFailure) -> Started {
        let mounts = try ExecMounts(plan)
        let connections = try ContainerConnections(plan, store: store, hasTerminals: mounts?.hasTerminals ?? false)
        let pidfdSocket = try PidfdSocket(plan.request.pidfdSocket)
        let entry = try GroupEntry(plan.cgroup, inUnified: mayBeginInUnified)
        let first = ExecInit(plan: plan, connections: connections, entry: entry, mounts: mounts)
        let spawn = ContainerSpawn(
            namespaces: NamespacePlan(), joined: try namespaces(), mappings: nil, cgroup: entry.directory, joins: true)
        plan.settings.prepare(for: plan.namespaces)
        let spawned = try spawn.spawn { channel in first.run(channel) }
        plan.trace.mark("cloned")
        let terminal: OwnedDescriptor?
        do throws(RuntimeFailure) {
            try settle(spawned, entry, pidfdSocket)
            plan.trace.mark("started")
            terminal = try connections.receiveTerminal()
        } catch {
            spawned.process.end()
            throw error
        }
        return Started(process: spawned.process, terminal: terminal)
    }

    /// What is done for the process from outside, until its program is executed.
    private func settle(
        _ spawned: borrowing ContainerSpawn.Spawned, _ entry: GroupEntry, _ pidfdSocket: PidfdSocket?
    ) throws(RuntimeFailure) {
        let process = spawned.process.number
        try entry.put(process, beside: plan.state.process?.number)
        try plan.settings.apply(to: process, in: plan.namespaces, waits: false, warn: warn)
        let resourceControl = try plan.state.openResourceControl()
        do throws(CgroupError) { try resourceControl?.add(process: process) } catch { throw RuntimeFailure(error) }
        if let path = plan.request.pidFile { try PidFile.write(process, to: path) }
        try pidfdSocket?.send(spawned.process, .another)
        spawned.channel.send(.recorded(process: process, startsNow: true))
        try StartAnswer.wait(on: spawned.channel.rawValue, warn: warn)
    }

    private func namespaces() throws(RuntimeFailure) -> OpenedNamespaces {
        guard let pidfd = try plan.state.openProcess() else { throw ContainerRuntime.notRunning(plan.state.id) }
        var kinds = plan.namespaces.all
        // Nobody may join the user namespace that he is in.
        if kinds.contains(.user), let number = plan.state.process?.number,
            OpenedNamespaces.isOurs(path: "/proc/\(number)/ns/user", .user)
        {
            kinds.remove(.user)
        }
        return OpenedNamespaces(of: pidfd, kinds)
    }

    /// A group that the container has divided takes no processes: the new one is put beside the first one.
    private var mayBeginInUnified: Bool {
        !plan.namespaces.hasUser && (!plan.request.cgroups.isEmpty || plan.cgroup?.isDivided == false)
    }
}
