import FieldErrors
import OCISpec
import ProcessSettings
import SystemCalls

// What happens when the container is started.

extension ContainerInit {
    /// What `start` sends.
    static let startCommand = UInt8(ascii: "s")

    private static let stopping = [Signal.hangUp, Signal.interrupt, Signal.quit, Signal.terminate]

    /// What stops a container ends it also before its start: the kernel keeps signals from the first process of a pid namespace
    /// that has no handler for them. Before anybody is told of it, or what comes at once is lost.
    func endWhenStopped() {
        guard sources.connections.listener != nil else { return }
        for signal in Self.stopping { try? Processes.exitOnSignal(signal) }
    }

    /// Waits for `start`; a connection that says nothing of the kind is let go.
    ///
    /// - Returns: the connection, whose owner the caller is.
    func waitForStart() -> Int32 {
        guard let listener = sources.connections.listener else { Processes.exit(1) }
        while true {
            guard let connection = try? Sockets.accept(listener, nonBlocking: false) else { Processes.exit(1) }
            guard let received = try? LocalSockets.receive(connection.rawValue, limit: 1),
                received.bytes == [Self.startCommand]
            else { continue }
            for signal in Self.stopping { SignalSet.useDefault(signal) }
            return connection.release()
        }
    }

    /// The hooks in the container, then the program or the guest.
    ///
    /// - Parameter starter: hears how it went. Closed when the program is executed or the guest begins.
    func finish(_ prepared: Prepared, process: Int32, _ starter: Int32) -> Never {
        do throws(FieldError) { try plan.settings?.applyStarted() } catch { fail(RuntimeFailure(error), starter) }
        var running = state
        running.pid = process
        running.status = .running
        let filter = FilterInstallation(
            filter: plan.seccomp, configuration: plan.configuration.linux.seccomp,
            connection: sources.connections.seccomp, process: process, state: running)
        runHooks(prepared, filter.with(connection: sources.connections.hookSeccomp), process, starter)
        switch prepared {
        case .nothing: fail(RuntimeFailure(.refused, "process: is missing, and start needs it"), starter)
        case .native(let program):
            _ = try? LocalSockets.send(starter, InitMessage.executing.bytes)
            let failure = program.execute(filter) { text in
                _ = try? LocalSockets.send(starter, InitMessage.warning(text).bytes)
            }
            fail(failure, starter)
        case .guest(let guest): Processes.exit(guest.run(OwnedDescriptor(adopting: starter), filter))
        }
    }

    /// Runs the hooks inside of the container, in a process that has given up before what the container's program doesn't
    /// have either: they are files of its root, so that an image may have brought them.
    private func runHooks(_ prepared: Prepared, _ filter: FilterInstallation, _ process: Int32, _ starter: Int32) {
        guard !plan.configuration.hooks.startContainer.isEmpty else { return }
        let end: Processes.Exit
        do throws(SystemCallError) {
            switch try Processes.fork() {
            case .child: beHooks(prepared, filter, process, starter)
            case .parent(let child): end = try Processes.wait(for: child)
            }
        } catch { fail(RuntimeFailure(.system, "hooks.startContainer: \(error)"), starter) }
        if let connection = filter.connection { _ = OwnedDescriptor(adopting: connection) }
        switch end {
        case .code(0): return
        case .code(Self.toldStatus): Processes.exit(1)
        case .code, .signal:
            fail(RuntimeFailure(.refused, "hooks.startContainer: the filter of linux.seccomp ended them"), starter)
        }
    }

    /// Ends a process for hooks that has said itself what went wrong.
    private static let toldStatus: Int32 = 1

    private func beHooks(
        _ prepared: Prepared, _ filter: FilterInstallation, _ process: Int32, _ starter: Int32
    ) -> Never {
        do throws(RuntimeFailure) {
            let environment: [String]
            do throws(FieldError) {
                switch prepared {
                case .nothing: environment = []
                case .native(let program): environment = try program.confineHooks(filter)
                case .guest(let guest): environment = try guest.confineHooks(filter)
                }
            } catch { throw RuntimeFailure(error) }
            // What was given up included the signals' effects: hooks are waited for.
            SignalSet.useDefault(Signal.child)
            var hooks = plan.configuration.hooks
            for index in hooks.startContainer.indices where hooks.startContainer[index].env == nil {
                // The runtime's own environment is no business of a program of the root.
                hooks.startContainer[index].env = environment
            }
            do throws(HookError) {
                try HookRunner(hooks).run(.startContainer, state: state(process, .created))
            } catch { throw RuntimeFailure(error) }
        } catch {
            let isTold = (try? LocalSockets.send(starter, InitMessage.failed(error).bytes)) != nil
            Processes.exit(isTold ? Self.toldStatus : 2)
        }
        Processes.exit(0)
    }

    private func fail(_ failure: RuntimeFailure, _ starter: Int32) -> Never {
        _ = try? LocalSockets.send(starter, InitMessage.failed(failure).bytes)
        Processes.exit(1)
    }
}
