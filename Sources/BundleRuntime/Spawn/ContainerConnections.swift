import ContainerLifecycle
import FieldErrors
import OCISpec
import ProcessSettings
import Sandbox
import SystemCalls
import WasmEngine

/// What a process of a container inherits besides its connection with the runtime. Both sides of the fork hold it.
final class ContainerConnections {
    /// Where `start` connects to; nil when the creator itself starts the process.
    private(set) var listener: Int32?
    /// Gets the terminal's master.
    private(set) var console: Int32?
    /// A terminal of the host's, for a container that has none of its own.
    private(set) var hostTerminal: (master: Int32, slave: Int32)?
    /// To who decides about system calls.
    private(set) var seccomp: Int32?
    /// To the same, for the hooks that run under the filter before the program.
    private(set) var hookSeccomp: Int32?
    /// The empty directory that becomes a guest's root.
    private(set) var emptyDirectory: Int32?
    /// A procfs that shows the process, for one whose root has none.
    private var processFiles: Int32?
    /// The container's root, where it isn't that of the process's mount namespace.
    private(set) var root: Int32?

    /// All of these, which the process keeps.
    private var inherited = OwnedDescriptors()
    /// Where the master comes when the runtime serves the terminal itself.
    private var terminal: OwnedDescriptor?

    /// Those of a container's first process.
    ///
    /// - Parameters:
    ///   - store: below which the empty directory of guests is kept.
    ///   - listens: whether `start` comes by a socket.
    init(
        _ plan: ContainerPlan, _ directory: borrowing ContainerDirectory, store: String?, listens: Bool
    ) throws(RuntimeFailure) {
        if listens {
            do throws(SystemCallError) { listener = inherited.add(try directory.listen()) } catch {
                throw RuntimeFailure(.system, "\(error)")
            }
        }
        try openConsole(plan.request.consoleSocket, hasTerminal: plan.hasTerminal)
        if plan.seccomp?.hasListener == true, let configuration = plan.configuration.linux.seccomp {
            // Theirs first: who takes one connection after the other hears of them first.
            if !plan.configuration.hooks.startContainer.isEmpty { hookSeccomp = try connect(configuration) }
            seccomp = try connect(configuration)
        }
        if plan.isWasm { openEmptyDirectory(store) }
    }

    /// Those of a process that `exec` starts.
    ///
    /// - Parameters:
    ///   - store: below which the empty directory of guests is kept.
    ///   - hasTerminals: the program is going to have the container's, also beside a guest.
    init(_ plan: ExecPlan, store: String?, hasTerminals: Bool) throws(RuntimeFailure) {
        try openConsole(plan.request.consoleSocket, hasTerminal: plan.process.hasTerminal)
        do throws(SystemCallError) {
            // A container of a guest has no terminals of its own.
            if plan.process.hasTerminal, plan.state.isWasm, !hasTerminals {
                let pair = try Terminals.open().release()
                hostTerminal = pair
                inherited.add(OwnedDescriptor(adopting: pair.master))
                inherited.add(OwnedDescriptor(adopting: pair.slave))
            }
            processFiles = inherited.add(OwnedDescriptor(adopting: try ProcessFileSystem().release()))
            if !plan.namespaces.rootIsOfNamespace { root = inherited.add(try Self.root(plan.state)) }
        } catch { throw RuntimeFailure(.system, "\(error)") }
        if plan.seccomp?.hasListener == true, let configuration = plan.configuration.linux.seccomp {
            seccomp = try connect(configuration)
        }
        if plan.guest != nil { openEmptyDirectory(store) }
    }

    /// - Parameter socket: somebody else's; without, the runtime itself is sent the master.
    private func openConsole(_ socket: String?, hasTerminal: Bool) throws(RuntimeFailure) {
        if let socket {
            do throws(SystemCallError) {
                console = inherited.add(try LocalSockets.connect(toLongPath: socket))
            } catch { throw RuntimeFailure(.refused, "--console-socket: \(error)") }
        } else if hasTerminal {
            do throws(SystemCallError) {
                let pair = try LocalSockets.messagePair().release()
                terminal = OwnedDescriptor(adopting: pair.ours)
                console = inherited.add(OwnedDescriptor(adopting: pair.theirs))
            } catch { throw RuntimeFailure(.system, "\(error)") }
        }
    }

    private func connect(_ configuration: LinuxSeccomp) throws(RuntimeFailure) -> Int32 {
        do throws(FieldError) { return inherited.add(try SeccompListener.connect(configuration)) } catch {
            throw RuntimeFailure(error)
        }
    }

    private func openEmptyDirectory(_ store: String?) {
        guard let store, let directory = SandboxPolicy.openEmptyDirectory("\(store)/empty") else { return }
        emptyDirectory = inherited.add(directory)
    }

    /// A guest's process has given its root up: what others have of it is the directory that it was made from.
    private static func root(_ state: BundleState) throws(SystemCallError) -> OwnedDescriptor {
        let path = state.isWasm ? state.rootfs : "/proc/\(state.process?.number ?? 0)/root"
        return try Files.open(path, flags: [.path, .directory])
    }

    /// In the new process: closes everything else of the runtime's, which is locks, directories of records, control groups,
    /// and ways to the host for whoever gets hold of this process.
    ///
    /// - Parameters:
    ///   - others: what the process was given beside these.
    ///   - preserved: how many descriptors from 3 on are the container's.
    func closeOthers(but others: [Int32], guest: GuestPlan?, preserved: UInt32) throws(SystemCallError) {
        let module = guest?.module.fileDescriptor.map { [$0] } ?? []
        try OpenDescriptors.closeAll(
            except: inherited.numbers + others + module + (0..<Int32(preserved)).map { $0 + 3 })
    }

    /// In the new process: its files in /proc.
    func openProcessFiles() throws(RuntimeFailure) -> ProcessFileSystem {
        if let processFiles { return ProcessFileSystem(adopting: OwnedDescriptor(adopting: processFiles)) }
        do throws(SystemCallError) { return try ProcessFileSystem() } catch {
            throw RuntimeFailure(.system, "/proc: \(error)")
        }
    }

    /// The master of the terminal; nil when it was sent to somebody else, or there is none.
    func receiveTerminal() throws(RuntimeFailure) -> OwnedDescriptor? {
        switch terminal {
        case .some(let terminal): try ContainerTerminal.receive(terminal.rawValue)
        case .none: nil
        }
    }
}
