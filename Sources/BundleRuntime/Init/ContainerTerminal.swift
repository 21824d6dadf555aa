import SystemCalls

/// The terminal of a container.
enum ContainerTerminal {
    /// A new one of the container's own devpts, so that its slave has a name in there; of the host's when there is none.
    static func open(root: Int32) throws(SystemCallError) -> Terminals.Pair {
        let master: OwnedDescriptor
        do throws(SystemCallError) {
            master = try Files.open(
                "dev/pts/ptmx", in: root, flags: [.readWrite, .noControllingTerminal],
                resolve: [.inRoot, .noSymbolicLinks])
        } catch {
            guard [.noSuchFile, .notDirectory].contains(error.errno) else { throw error }
            return try Terminals.open()
        }
        // Only the kernel's own can say so; an image could have any file by this name.
        guard let device = try? FileStatus.of(master.rawValue), device.kind == .characterDevice else {
            throw SystemCallError("open", "/dev/pts/ptmx", .notTerminal)
        }
        let slave = try Terminals.slave(of: master.rawValue)
        return Terminals.Pair(master: master, slave: slave)
    }

    /// Receives a master that was sent to the runtime itself.
    static func receive(_ socket: Int32) throws(RuntimeFailure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            let received = try LocalSockets.receive(socket, limit: 256, descriptorLimit: 1)
            guard let master = received.descriptors.first else {
                throw SystemCallError("recvmsg", "terminal", .noData)
            }
            return OwnedDescriptor(adopting: master)
        } catch { throw RuntimeFailure(.system, "process.terminal: \(error)") }
    }

    /// Takes a slave as the controlling terminal of this session and for the three standard streams.
    static func take(_ slave: Int32) throws(SystemCallError) {
        try Terminals.takeControl(of: slave)
        for stream in Int32(0)...2 { try Descriptors.place(slave, at: stream) }
    }
}
