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
            throw RuntimeFailure(
                .refused, "process.terminal: cannot allocate tty if --console-socket doesn't say where it goes")
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
        let mounts = try ExecMounts(plan)
        let connections = try ExecConnections(plan, store: store, hasTerminals: mounts?.hasTerminals ?? false)
        let pidfdSocket = try PidfdSocket(plan.request.pidfdSocket)
        let group = try openGroup()
        let groupNumber: Int32? =
            switch group {
            case .some(let group): group.rawValue
            case .none: nil
            }
        let entrances = try ContainerEntrances(plan.cgroup, inUnified: groupNumber != nil)
        let first = connections.first(plan, entrances, mounts)
        let spawn = ContainerSpawn(
            namespaces: NamespacePlan(), joined: try namespaces(), mappings: nil, cgroup: groupNumber, joins: true)
        let pair: LocalSockets.Pair
        do throws(SystemCallError) { pair = try LocalSockets.messagePair() } catch {
            throw RuntimeFailure(.system, "\(error)")
        }
        if plan.namespaces.hasUser, Processes.effectiveUser != 0 { plan.settings.takeOutOfMemoryScore() }
        let spawned = try spawn.spawn(pair) { channel in first.run(channel) }
        let process = ChildProcess(number: spawned.number, descriptor: spawned.pidfd)
        plan.trace.mark("cloned")
        do throws(RuntimeFailure) {
            try settle(process.number, inUnified: groupNumber != nil, isInGroups: entrances != nil)
            let resourceControl = try plan.state.openResourceControl()
            do throws(CgroupError) { try resourceControl?.add(process: process.number) } catch {
                throw RuntimeFailure(error)
            }
            if let path = plan.request.pidFile { try PidFile.write(process.number, to: path) }
            try pidfdSocket?.send(process, .another)
            spawned.channel.send(.recorded(process: process.number, startsNow: true))
            try StartAnswer.wait(on: spawned.channel.rawValue, warn: warn)
            plan.trace.mark("started")
            return Started(process: process, terminal: try connections.receiveTerminal())
        } catch {
            try? Processes.kill(spawned.number, 9)
            _ = try? Processes.wait(for: spawned.number)
            throw error
        }
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

    private func openGroup() throws(RuntimeFailure) -> OwnedDescriptor? {
        guard let path = plan.cgroup?.unifiedDirectory, !plan.namespaces.hasUser else { return nil }
        // A group that the container has divided takes no processes: it is put beside the first one.
        guard !plan.request.cgroups.isEmpty || plan.cgroup?.isDivided == false else { return nil }
        do throws(SystemCallError) { return try Files.open(path, flags: [.readOnly, .directory]) } catch {
            throw RuntimeFailure(.system, "control groups: \(error)")
        }
    }

    private func settle(_ process: Int32, inUnified: Bool, isInGroups: Bool) throws(RuntimeFailure) {
        do throws(CgroupError) {
            if !isInGroups, var cgroup = plan.cgroup {
                try cgroup.add(process: process, inUnified: inUnified, beside: plan.state.process?.number)
            }
        } catch { throw RuntimeFailure(error) }
        guard plan.namespaces.hasUser else { return }
        let files: ProcessFileSystem
        do throws(SystemCallError) { files = try ProcessFileSystem() } catch {
            throw RuntimeFailure(.system, "/proc: \(error)")
        }
        // In its namespace the process has no right to any of this.
        do throws(FieldError) {
            for warning in try plan.settings.applyEarly(to: process, files) { warn(warning) }
        } catch { throw RuntimeFailure(error) }
    }
}
