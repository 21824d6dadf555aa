import ContainerLifecycle
import SystemCalls
import WasmWorkload

/// A process that a zygote forked: becomes to the kernel what the client is, and does what the client asked for.
///
/// From the client it has: streams, working directory, descriptors for the container, file mode mask, resource limits, control
/// groups, and the variables that decide how a container is made. From the zygote it has what both share, since the server looked
/// (`ZygotePeer`): user, namespaces, root, capabilities, filters, labels. The zygote's too are its session, without a terminal
/// of its own, its priority and its processors.
struct ZygoteHelper: ~Copyable {
    let read: ZygoteTask.Reader
    let connection: Int32
    let reports: Int32
    let join: ZygoteGroups.Join
    /// What was blocked before the zygote blocked what it waits for.
    let signals: SignalSet
    /// What `CgroupHierarchy.watch` has open.
    let mounts: Int32?

    /// Milliseconds that a client has to say that it still wants it.
    private static let patience: UInt32 = 5000

    consuming func run() -> Never {
        let (answers, told) = (connection, reports)
        let request: ZygoteRequest
        do throws(SystemCallError) {
            let descriptors: [Int32]
            (request, descriptors) = try receive()
            try place(descriptors)
            try join.enter()
            try takeOver(request)
            try signals.restore()
        } catch {
            _ = try? LocalSockets.send(connection, ZygoteAnswer.declined("\(error)").bytes)
            Processes.exit(1)
        }
        try? PacketSockets.setReceiveTimeout(answers, milliseconds: Self.patience)
        // The connection is the server's, which never waits; we do.
        if let flags = try? Descriptors.statusFlags(answers) {
            try? Descriptors.setStatusFlags(answers, flags & ~OpenFlags.nonBlocking.rawValue)
        }
        ModuleShelf.shared.tell { source in
            _ = try? LocalSockets.send(told, ZygoteReport.module(store: source.store, source.file).bytes)
        }
        // What is only read and thought about is done while the client hears that it will be.
        guard let task = read(request.words) else {
            // A connection that is closed with something unread tells the client of that in place of the answer.
            Self.awaitGo(answers)
            _ = try? LocalSockets.send(answers, ZygoteAnswer.declined("not for a zygote").bytes)
            Processes.exit(1)
        }
        let status = task.perform { Self.awaitGo(answers) }
        Self.awaitGo(answers)
        if let container = task.outliving { Self.report(container, to: told) }
        // Whoever reads the container's output sees its end now, and not when the kernel has taken this process apart.
        try? Descriptors.closeRange(from: 0, through: UInt32(ZygoteServer.lowestOwn - 1))
        _ = try? LocalSockets.send(answers, ZygoteAnswer.ended(status).bytes)
        Processes.exit(status)
    }

    /// The request that the server has looked at, with its descriptors: working directory, streams, and the container's.
    private borrowing func receive() throws(SystemCallError) -> (ZygoteRequest, [Int32]) {
        var message = try LocalSockets.receive(
            connection, limit: ZygoteRequest.sizeLimit, descriptorLimit: LocalSockets.descriptorLimit)
        guard let request = try? ZygoteRequest(message.bytes),
            message.descriptors.numbers.count == ZygoteRequest.fixedDescriptors + Int(request.preserved)
        else { throw SystemCallError("recvmsg", "the request", .invalid) }
        return (request, message.descriptors.release())
    }

    /// Puts descriptors where they are expected, and closes everything else: what belongs to the server or to other clients
    /// must not live on here. What isn't placed keeps its number, since the engine knows its files by number.
    private borrowing func place(_ descriptors: [Int32]) throws(SystemCallError) {
        let network = ReadyNetwork.descriptor.map { [$0] } ?? []
        let kept = [connection, reports] + network + [mounts].compactMap { $0 } + ModuleShelf.shared.descriptors
        guard let lowest = (kept + descriptors).min(), lowest >= ZygoteServer.lowestOwn else {
            throw SystemCallError("dup2", nil, .badDescriptor)
        }
        for (number, source) in descriptors.dropFirst().enumerated() {
            try Descriptors.place(source, at: Int32(number))
        }
        try Confinement.changeDirectory(to: descriptors[0])
        try OpenDescriptors.closeAll(except: kept, from: Int32(descriptors.count - 1))
    }

    private borrowing func takeOver(_ request: ZygoteRequest) throws(SystemCallError) {
        Confinement.setFileModeMask(request.fileModeMask)
        for (number, limit) in request.limits.enumerated() {
            let own = try ProcessAttributes.limit(Int32(number))
            if own != (limit.soft, limit.hard) {
                try ProcessAttributes.setLimit(Int32(number), soft: limit.soft, hard: limit.hard)
            }
        }
        for (name, value) in zip(ZygoteRequest.variableNames, request.variables) {
            try Environment.set(name, to: value)
        }
        // The client's sockets, which the client had by its number, are this process's now.
        let hasSockets = Environment.value(SocketActivation.countVariable) != nil
        try Environment.set(SocketActivation.processVariable, to: hasSockets ? "\(Processes.current)" : nil)
    }

    /// Whether the client has said it.
    private static let mayGo = Mutex(false)

    /// Returns when the client has said that it still wants it.
    private static func awaitGo(_ client: Int32) {
        guard !mayGo.withLock({ $0 }) else { return }
        guard let go = try? LocalSockets.receive(client, limit: 16), go.bytes == ZygoteAnswer.go else {
            Processes.exit(1)
        }
        // A client has no more to say; one that has gone since may have had its container removed before there was one.
        var more = [PollRequest(client, .readable)]
        guard (try? Poll.wait(&more, timeout: 0)) == 0 else { Processes.exit(1) }
        mayGo.withLock { $0 = true }
    }

    /// Tells the zygote of a container that goes on without this process.
    private static func report(_ container: ZygoteTask.Outliving, to zygote: Int32) {
        guard let store = try? BundleStore(path: container.root), store.path.hasPrefix("/"),
            let directory = (try? store.find(container.id)) ?? nil,
            let process = ((try? directory.state()) ?? nil)?.process
        else { return }
        let report = ZygoteReport.container(process: process.number, root: store.path, id: container.id)
        _ = try? LocalSockets.send(zygote, report.bytes)
    }
}
