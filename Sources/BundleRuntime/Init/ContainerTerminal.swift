import OCISpec
import SystemCalls

/// The terminal of a container.
enum ContainerTerminal {
    /// A new one of the container's own devpts, so that its slave has a name in there; of the host's when there is none.
    static func open(root: Int32) throws(SystemCallError) -> Terminals.Pair {
        let master: OwnedDescriptor
        do throws(SystemCallError) {
            // A look first: an image could have anything by this name, and to open a device can do something.
            try check(openMultiplexer(root, .path))
            master = try openMultiplexer(root, [.readWrite, .noControllingTerminal])
        } catch {
            guard [.noSuchFile, .notDirectory].contains(error.errno) else { throw error }
            return try Terminals.open()
        }
        try check(master)
        let slave = try Terminals.slave(of: master.rawValue)
        return Terminals.Pair(master: master, slave: slave)
    }

    private static func openMultiplexer(_ root: Int32, _ flags: OpenFlags) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open("dev/pts/ptmx", in: root, flags: flags, resolve: [.inRoot, .noSymbolicLinks])
    }

    /// What makes terminals has one number everywhere.
    private static func check(_ file: borrowing OwnedDescriptor) throws(SystemCallError) {
        guard try MountedFile.of(file.rawValue).kind == .characterDevice(DeviceNumber(major: 5, minor: 2)) else {
            throw SystemCallError("open", "/dev/pts/ptmx", .notTerminal)
        }
    }

    /// Receives a master that was sent to the runtime itself.
    static func receive(_ socket: Int32) throws(RuntimeFailure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            var received = try LocalSockets.receive(socket, limit: 256, descriptorLimit: 1)
            guard let master = received.descriptors.takeFirst() else {
                throw SystemCallError("recvmsg", "terminal", .noData)
            }
            return master
        } catch { throw RuntimeFailure(.system, "process.terminal: \(error)") }
    }

    /// Makes a new terminal as its user expects it, before anything is written to it.
    ///
    /// - Parameter isServedByUs: otherwise whoever gets the master looks after the ends of lines.
    static func prepare(
        _ master: Int32, _ size: RuntimeProcess.ConsoleSize?, isServedByUs: Bool
    ) throws(SystemCallError) {
        if let size { try Terminals.setSize(of: master, to: Terminals.Size(rows: size.height, columns: size.width)) }
        // What is relayed to a file or a pipe has lines that end as its reader expects it, as from runc.
        if isServedByUs, !Terminals.isTerminal(1) { try Terminals.endLinesPlainly(master) }
    }

    /// Takes a slave as the controlling terminal of this session and for the three standard streams.
    static func take(_ slave: Int32) throws(SystemCallError) {
        try Terminals.takeControl(of: slave)
        for stream in Int32(0)...2 { try Descriptors.place(slave, at: stream) }
    }
}
