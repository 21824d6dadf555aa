import ContainerLifecycle
import OCISpec
import SystemCalls

/// Makes a container's process: one that begins in its namespaces and its control group, and is our child whatever was
/// between.
struct ContainerSpawn: ~Copyable {
    let namespaces: NamespacePlan
    let joined: OpenedNamespaces
    let mappings: UserMappings?
    /// A directory of the v2 hierarchy in which the process begins.
    let cgroup: Int32?
    /// Whether namespaces are joined that the plan doesn't name.
    var joins = false

    /// A process, and the connection with it.
    struct Spawned: ~Copyable {
        let process: ChildProcess
        let channel: InitChannel
    }

    /// Namespaces that clone3(2) makes. The control groups' one is made later, by the process itself: its root is the group
    /// that the process is in by then.
    private var cloned: NamespaceKinds { namespaces.new.subtracting(.cgroup) }

    /// Forks. This process must have one thread.
    ///
    /// - Parameter body: the child's life, from which it doesn't return. It waits for `go` first.
    borrowing func spawn(_ body: (consuming InitChannel) -> Never) throws(RuntimeFailure) -> Spawned {
        let pair: LocalSockets.Pair
        do throws(SystemCallError) { pair = try LocalSockets.messagePair() } catch {
            throw RuntimeFailure(.system, "\(error)")
        }
        try hide()
        if namespaces.needsStep || joins { return try step(pair, body) }
        // One that belongs to this process's user namespace, as the container does then.
        let network = cloned.contains(.network) && !cloned.contains(.user) ? ReadyNetwork.take() : nil
        do throws(SystemCallError) {
            switch try Processes.clone(into: network == nil ? cloned : cloned.subtracting(.network), cgroup: cgroup) {
            case .child:
                let channel = InitChannel(pair.keepTheirs())
                if let network { Self.join(network, channel) }
                body(channel)
            case .parent(let number, let pidfd):
                return Spawned(
                    process: ChildProcess(number: number, descriptor: pidfd), channel: InitChannel(pair.keepOurs()))
            }
        } catch { throw Self.refused(error) }
    }

    private static func join(_ network: consuming OwnedDescriptor, _ channel: borrowing InitChannel) {
        do throws(SystemCallError) { try Namespaces.join(network.rawValue, .network) } catch {
            channel.send(.failed(refused(error)))
            Processes.exit(1)
        }
    }

    /// Whoever has a capability in a user namespace that is joined may trace each process that comes there, and take its
    /// descriptors, from the first moment on (CVE-2016-9962): what is forked from here refuses it from the beginning.
    ///
    /// The files in /proc of such a process belong to root. An unprivileged runtime has to write the mappings of a new
    /// user namespace first, in which nobody else is yet.
    private borrowing func hide() throws(RuntimeFailure) {
        guard Processes.effectiveUser == 0 || !namespaces.new.contains(.user) else { return }
        do throws(SystemCallError) { try Confinement.refuseTracing() } catch {
            throw RuntimeFailure(.system, "\(error)")
        }
    }

    /// Maps the ids of the process's new user namespace.
    borrowing func map(_ process: Int32) throws(RuntimeFailure) {
        if namespaces.new.contains(.user), let mappings, !mapsInStep { try mappings.write(for: process) }
    }

    /// Offsets of clocks are written with the rights of the user namespace, before anybody is in the time namespace.
    private var mapsInStep: Bool { namespaces.new.contains(.user) && !namespaces.timeOffsets.isEmpty }

    private static func refused(_ error: SystemCallError) -> RuntimeFailure {
        // The number of namespaces that a user may have is used up, or a kernel was built without one of the kinds.
        let advice =
            switch error.errno {
            case .noSpace: " (see /proc/sys/user/max_*_namespaces)"
            case .notPermitted: " (new namespaces without a user namespace need CAP_SYS_ADMIN)"
            default: ""
            }
        return RuntimeFailure(.system, "linux.namespaces: \(error)\(advice)")
    }
}

// The way through a process between the two, which joins what is joined and makes the container's process as its sibling.

extension ContainerSpawn {
    private borrowing func step(
        _ pair: consuming LocalSockets.Pair, _ body: (consuming InitChannel) -> Never
    ) throws(RuntimeFailure) -> Spawned {
        let between: Int32
        do throws(SystemCallError) {
            switch try Processes.fork() {
            case .child: joinAndClone(InitChannel(pair.keepTheirs()), body)
            case .parent(let child): between = child
            }
        } catch { throw RuntimeFailure(.system, "linux.namespaces: \(error)") }
        let channel = InitChannel(pair.keepOurs())
        let answer = Result { () throws(RuntimeFailure) -> Int32 in try spawned(channel, between) }
        // It may wait for a word that never comes.
        if case .failure = answer { try? Processes.kill(between, Signal.kill) }
        _ = try? Processes.wait(for: between)
        let number = try answer.get()
        do throws(SystemCallError) {
            // Our child: its number isn't given to another before we have reaped it.
            let process = ChildProcess(number: number, descriptor: try Processes.descriptor(of: number))
            return Spawned(process: process, channel: channel)
        } catch { throw RuntimeFailure(.system, "the container's process: \(error)") }
    }

    /// The number of the process that the one between made.
    private borrowing func spawned(_ channel: borrowing InitChannel, _ between: Int32) throws(RuntimeFailure) -> Int32 {
        while true {
            switch try hears(channel, between) ? channel.receive() : nil {
            case .needsMapping:
                try mappings?.write(for: between)
                channel.send(.go)
            case .spawned(let number): return number
            case .failed(let failure): throw failure
            default: throw RuntimeFailure(.system, "the process that joins the namespaces ended without a word")
            }
        }
    }

    /// Waits for a word; false when the process between was killed before it. The one that it may have made holds its end of
    /// the connection, which tells nothing then.
    private borrowing func hears(_ channel: borrowing InitChannel, _ between: Int32) throws(RuntimeFailure) -> Bool {
        do throws(SystemCallError) {
            let end = try Processes.descriptor(of: between)
            var requests = [PollRequest(channel.rawValue, .readable), PollRequest(end.rawValue, .readable)]
            _ = try Poll.wait(&requests, timeout: nil)
            if !requests[0].found.isEmpty { return true }
            // Its last word may have come since the kernel looked.
            return try Poll.wait(&requests, timeout: 0) > 0 && !requests[0].found.isEmpty
        } catch { throw RuntimeFailure(.system, "linux.namespaces: \(error)") }
    }

    private borrowing func joinAndClone(
        _ channel: consuming InitChannel, _ body: (consuming InitChannel) -> Never
    ) -> Never {
        do throws(RuntimeFailure) {
            try? Confinement.dieWithParent()
            refuseTracing()
            try joined.join(except: joinedInGroup)
            try makeClocks(channel)
            let rest = cloned.subtracting(madeInStep)
            do throws(SystemCallError) {
                switch try Processes.clone(into: rest, asSibling: true, cgroup: cgroup) {
                case .child:
                    joinInGroup(channel)
                    body(channel)
                case .parent(let number, _): channel.send(.spawned(number))
                }
            } catch { throw Self.refused(error) }
            Processes.exit(0)
        } catch {
            channel.send(.failed(error))
            Processes.exit(1)
        }
    }

    /// Whoever is in a joined user namespace may trace this process and its child from there, which have the host's files
    /// open (CVE-2016-9962). Where the process itself, or an unprivileged runtime, has to write into its directory of /proc,
    /// the child refuses later; nobody is in the new namespaces before it.
    private borrowing func refuseTracing() {
        guard !namespaces.new.contains(.user), namespaces.timeOffsets.isEmpty else { return }
        try? Confinement.refuseTracing()
    }

    private borrowing func joinInGroup(_ channel: borrowing InitChannel) {
        do throws(RuntimeFailure) { try joined.join(only: joinedInGroup) } catch {
            channel.send(.failed(error))
            Processes.exit(1)
        }
    }

    /// Whoever looks out of a namespace of control groups may make no process in a group that isn't below where he stands
    /// himself (`nsdelegate`, cgroup_namespaces(7)): the process joins that one when it is in its group.
    private var joinedInGroup: NamespaceKinds { cgroup == nil ? [] : .cgroup }

    /// What this process has made for itself and its child by then.
    private var madeInStep: NamespaceKinds {
        guard !namespaces.timeOffsets.isEmpty else { return [] }
        return mapsInStep ? [.user, .time] : [.time]
    }

    private borrowing func makeClocks(_ channel: borrowing InitChannel) throws(RuntimeFailure) {
        guard !namespaces.timeOffsets.isEmpty else { return }
        do throws(SystemCallError) {
            if mapsInStep {
                try Namespaces.unshare(.user)
                channel.send(.needsMapping)
                guard channel.receive() == .go else {
                    throw SystemCallError("unshare", "user namespace", .notPermitted)
                }
            }
            try Namespaces.unshare(.time)
            let table = namespaces.timeOffsets
                .map { "\($0.clock.rawValue) \($0.seconds) \($0.nanoseconds)\n" }.joined()
            let file = try Files.open("/proc/self/timens_offsets", flags: .writeOnly)
            try Files.writeAll(file.rawValue, Array(table.utf8))
        } catch { throw RuntimeFailure(.refused, "linux.timeOffsets: \(error)") }
    }
}
