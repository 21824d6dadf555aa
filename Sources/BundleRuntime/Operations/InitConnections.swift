import ContainerMounts
import FieldErrors
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls

/// What a container's first process inherits besides its connection with the runtime.
struct InitConnections: ~Copyable {
    // Owned; nil where there is none.
    private var listener: Int32?
    /// The end that gets the terminal's master.
    private var console: Int32?
    /// Where the master comes when the runtime serves the terminal itself.
    private var terminal: Int32?
    private var seccomp: Int32?
    /// The same for the hooks that run under the filter before the program.
    private var hookSeccomp: Int32?
    private var emptyDirectory: Int32?

    deinit {
        for descriptor in [listener, console, terminal, seccomp, hookSeccomp, emptyDirectory] {
            if let descriptor { _ = OwnedDescriptor(adopting: descriptor) }
        }
    }

    /// - Parameters:
    ///   - store: below which the empty directory of guests is kept.
    ///   - listens: whether `start` comes by a socket.
    init(
        _ plan: ContainerPlan, _ directory: borrowing ContainerDirectory, store: String?, listens: Bool
    ) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            if listens { listener = try directory.listen().release() }
            if plan.hasTerminal, plan.request.consoleSocket == nil {
                (terminal, console) = try LocalSockets.messagePair().release()
            }
        } catch { throw RuntimeFailure(.system, "\(error)") }
        if let path = plan.request.consoleSocket { console = try Self.connect(path) }
        if plan.seccomp?.hasListener == true, let configuration = plan.configuration.linux.seccomp {
            do throws(FieldError) {
                // Theirs first: who takes one connection after the other hears of them first.
                if !plan.configuration.hooks.startContainer.isEmpty {
                    hookSeccomp = try SeccompListener.connect(configuration).release()
                }
                seccomp = try SeccompListener.connect(configuration).release()
            } catch { throw RuntimeFailure(error) }
        }
        if plan.isWasm, let store, let directory = SandboxPolicy.openEmptyDirectory("\(store)/empty") {
            emptyDirectory = directory.release()
        }
    }

    private static func connect(_ path: String) throws(RuntimeFailure) -> Int32 {
        do throws(SystemCallError) { return try LocalSockets.connect(toLongPath: path).release() } catch {
            throw RuntimeFailure(.refused, "--console-socket: \(error)")
        }
    }

    borrowing func sources(_ mounts: ContainerInit.MountSourcesBox) -> ContainerInit.InitSources {
        ContainerInit.InitSources(
            mounts: mounts, listener: listener, console: console, seccomp: seccomp,
            hookSeccomp: hookSeccomp, emptyDirectory: emptyDirectory,
            entrances: nil, waitsForGo: true, entersLater: false)
    }

    /// The master of the container's terminal; nil when it was sent to somebody else, or there is none.
    borrowing func receiveTerminal() throws(RuntimeFailure) -> OwnedDescriptor? {
        guard let terminal else { return nil }
        return try ContainerTerminal.receive(terminal)
    }
}
