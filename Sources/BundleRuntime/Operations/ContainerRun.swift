import ContainerLifecycle
import OCISpec
import SystemCalls

/// `run`: a container from its making to its end.
struct ContainerRun {
    private let runtime: ContainerRuntime
    private let plan: ContainerPlan
    private let mode: RunMode

    init(_ runtime: ContainerRuntime, _ plan: ContainerPlan, _ mode: RunMode) {
        self.runtime = runtime
        self.plan = plan
        self.mode = mode
    }

    /// - Returns: the exit status of the container's first process; 0 when it goes on without us.
    func run() throws(RuntimeFailure) -> Int32 {
        if mode.detaches {
            let making = try ContainerMaking(runtime, plan)
            let made = try making.make(startsNow: true)
            try awaitStart(making, made)
            if plan.isAwaited {
                making.directory.unlock()
                runtime.tellReadiness(of: making.state, making.notify)
            }
            runtime.report(plan.trace)
            return 0
        }
        let signals: HeldSignals
        do throws(SystemCallError) { signals = try HeldSignals() } catch { throw RuntimeFailure(.system, "\(error)") }
        do throws(RuntimeFailure) {
            let status = try attended(signals)
            signals.release()
            return status
        } catch {
            signals.release()
            throw error
        }
    }

    /// Until the container's end; a signal to us is one to it.
    private func attended(_ signals: borrowing HeldSignals) throws(RuntimeFailure) -> Int32 {
        let making = try ContainerMaking(runtime, plan)
        var made = try making.make(startsNow: true)
        try awaitStart(making, made)
        if plan.isAwaited, making.notify == nil { tellManager() }
        // For as long as it runs, others may do with it what they like.
        making.directory.unlock()
        let exit: WorkloadExit
        do throws(RuntimeFailure) { exit = try wait(&made, signals, making.notify) } catch {
            // Nobody would look after it.
            made.process.end()
            try? making.remove()
            throw error
        }
        plan.trace.mark("ended")
        if !mode.keeps {
            try making.remove()
            plan.trace.mark("deleted")
        }
        runtime.report(plan.trace)
        if let explanation = exit.explanation {
            try? Files.writeAll(2, Array("martlet: \(plan.id): \(explanation)\n".utf8))
        }
        return exit.status
    }

    private func awaitStart(
        _ making: ContainerMaking, _ made: borrowing ContainerMaking.Made
    ) throws(RuntimeFailure) {
        do throws(RuntimeFailure) {
            try StartAnswer.wait(on: made.channel.rawValue, warn: runtime.warn)
            plan.trace.mark("started")
            try runtime.runPoststart(making.state, making.directory)
        } catch {
            made.process.end()
            making.directory.unlock()
            try? making.remove()
            throw error
        }
    }

    /// This process goes on, and stays the one that the manager looks after.
    private func tellManager() {
        do throws(SystemCallError) { try NotifySocket.tell(mainProcess: nil) } catch {
            runtime.warn("\(NotifySocket.variable): \(error)")
        }
    }

    private func wait(
        _ made: inout ContainerMaking.Made, _ signals: borrowing HeldSignals, _ notify: NotifySocket?
    ) throws(RuntimeFailure) -> WorkloadExit {
        let terminal = made.terminal.take()
        let attendance = notify.map { notify in
            Attendance(notify.rawValue) {
                guard notify.hearsReadiness() else { return true }
                tellManager()
                return false
            }
        }
        do throws(LifecycleError) {
            return try Foreground(terminal: plan.hasTerminal, interactive: true)
                .wait(for: made.process, terminal: terminal, holding: signals, attending: attendance)
        } catch { throw RuntimeFailure(.system, "\(error)") }
    }
}
