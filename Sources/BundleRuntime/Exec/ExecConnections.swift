import ContainerLifecycle
import FieldErrors
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls

/// What a process that `exec` starts inherits.
struct ExecConnections: ~Copyable {
    // Owned; nil where there is none.
    private var console: Int32?
    /// Where the terminal's master comes when the runtime serves it itself.
    private var terminal: Int32?
    private var hostTerminal: (master: Int32, slave: Int32)?
    private var seccomp: Int32?
    private var emptyDirectory: Int32?
    private var processFiles: Int32 = -1
    /// The container's root, where it isn't that of a mount namespace.
    private var root: Int32?

    deinit {
        let terminals = [hostTerminal?.master, hostTerminal?.slave]
        for descriptor in [console, terminal, seccomp, emptyDirectory, root] + terminals {
            if let descriptor { _ = OwnedDescriptor(adopting: descriptor) }
        }
        if processFiles >= 0 { _ = OwnedDescriptor(adopting: processFiles) }
    }

    /// - Parameter hasTerminals: the program is going to have the container's, also beside a guest.
    init(_ plan: ExecPlan, store: String?, hasTerminals: Bool) throws(RuntimeFailure) {
        if let path = plan.request.consoleSocket {
            do throws(SystemCallError) { console = try LocalSockets.connect(toLongPath: path).release() } catch {
                throw RuntimeFailure(.refused, "--console-socket: \(error)")
            }
        }
        do throws(SystemCallError) {
            if plan.process.hasTerminal, console == nil {
                (terminal, console) = try LocalSockets.messagePair().release()
            }
            // A container of a guest has no terminals of its own.
            if plan.process.hasTerminal, plan.state.isWasm, !hasTerminals {
                hostTerminal = try Terminals.open().release()
            }
            processFiles = try ProcessFileSystem().release()
            if !plan.namespaces.rootIsOfNamespace { root = try Self.root(plan.state).release() }
        } catch { throw RuntimeFailure(.system, "\(error)") }
        if plan.seccomp?.hasListener == true, let configuration = plan.configuration.linux.seccomp {
            do throws(FieldError) { seccomp = try SeccompListener.connect(configuration).release() } catch {
                throw RuntimeFailure(error)
            }
        }
        if plan.guest != nil, let store, let directory = SandboxPolicy.openEmptyDirectory("\(store)/empty") {
            emptyDirectory = directory.release()
        }
    }

    /// A guest's process has given its root up: what others have of it is the directory that it was made from.
    private static func root(_ state: BundleState) throws(SystemCallError) -> OwnedDescriptor {
        let path = state.isWasm ? state.rootfs : "/proc/\(state.process?.number ?? 0)/root"
        return try Files.open(path, flags: [.path, .directory])
    }

    borrowing func first(_ plan: ExecPlan, _ entrances: ContainerEntrances?, _ mounts: ExecMounts?) -> ExecInit {
        ExecInit(
            plan: plan, entrances: entrances, mounts: mounts, processFiles: processFiles, console: console,
            hostTerminal: hostTerminal,
            seccomp: seccomp, emptyDirectory: emptyDirectory, root: root)
    }

    /// The master of the terminal; nil when it was sent to somebody else, or there is none.
    borrowing func receiveTerminal() throws(RuntimeFailure) -> OwnedDescriptor? {
        guard let terminal else { return nil }
        return try ContainerTerminal.receive(terminal)
    }
}
