import OCISpec
import SystemCalls

// What happens when the container is started.

extension ContainerInit {
    /// What `start` sends.
    static let startCommand = UInt8(ascii: "s")

    /// Waits for `start`; a connection that says nothing of the kind is let go.
    ///
    /// - Returns: the connection, whose owner the caller is.
    func waitForStart() -> Int32 {
        guard let listener = sources.listener else { Processes.exit(1) }
        while true {
            guard let connection = try? Sockets.accept(listener, nonBlocking: false) else { Processes.exit(1) }
            guard let received = try? LocalSockets.receive(connection.rawValue, limit: 1),
                received.bytes == [Self.startCommand]
            else { continue }
            return connection.release()
        }
    }

    /// The hooks in the container, then the program or the guest.
    ///
    /// - Parameter starter: hears how it went. Closed when the program is executed or the guest begins.
    func finish(_ prepared: Prepared, process: Int32, _ starter: Int32) -> Never {
        do throws(HookError) {
            try HookRunner(plan.configuration.hooks).run(.startContainer, state: state(process, .created))
        } catch { fail(RuntimeFailure(error), starter) }
        var running = state
        running.pid = process
        running.status = .running
        let filter = FilterInstallation(
            filter: plan.seccomp, configuration: plan.configuration.linux.seccomp, connection: sources.seccomp,
            process: process, state: running)
        switch prepared {
        case .nothing: fail(RuntimeFailure(.refused, "process: is missing, and start needs it"), starter)
        case .native(let program):
            let failure = program.execute(filter) { text in
                _ = try? LocalSockets.send(starter, InitMessage.warning(text).bytes)
            }
            fail(failure, starter)
        case .guest(let guest): Processes.exit(guest.run(OwnedDescriptor(adopting: starter), filter))
        }
    }

    private func fail(_ failure: RuntimeFailure, _ starter: Int32) -> Never {
        _ = try? LocalSockets.send(starter, InitMessage.failed(failure).bytes)
        Processes.exit(1)
    }
}
