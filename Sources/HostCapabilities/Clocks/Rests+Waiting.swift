import SystemCalls

// Calls that wait: what is there already is had by one call, and only who would wait goes by `Rests.wait`.

extension Rests {
    /// readv(2) of a stream, which waits if its descriptor does.
    public func read(
        _ descriptor: Int32, into vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        do throws(Errno) {
            return try TransferCalls.readNow(descriptor, into: vectors)
        } catch { guard error == .again || error == .notSupported else { throw error } }
        if try !TransferCalls.statusFlags(descriptor).contains(.nonBlocking) { wait(for: descriptor, .readable) }
        return try TransferCalls.read(descriptor, into: vectors)
    }

    /// Waits until a descriptor is ready; what is wrong with it is said by the call that follows.
    func wait(for descriptor: Int32, _ events: PollEvents) {
        var requests = [PollRequest(descriptor, events)]
        _ = try? wait(&requests, timeout: nil)
    }
}

extension Socket {
    /// Waits until there is a connection to accept, if accept4(2) would.
    func waitForConnection() {
        var requests = [PollRequest(hostDescriptor, .readable)]
        // What is wrong with the socket is said by the call that follows.
        guard (try? Poll.wait(&requests, timeout: 0)) == 0, waitsWithoutEnd else { return }
        network.rests.wait(for: hostDescriptor, .readable)
    }

    /// recvmsg(2), which waits if the descriptor does.
    func receiveResting(
        into pieces: UnsafeBufferPointer<IOVector>, _ flags: Sockets.MessageFlags
    ) throws(SystemCallError) -> Sockets.Received {
        // Who wants all of it would get the part that is there.
        guard flags.isDisjoint(with: [.waitAll, .dontWait]) else {
            return try Sockets.receive(hostDescriptor, into: pieces, flags: flags)
        }
        do throws(SystemCallError) {
            return try Sockets.receive(hostDescriptor, into: pieces, flags: flags.union(.dontWait))
        } catch { guard error.errno == .again else { throw error } }
        if waitsWithoutEnd { network.rests.wait(for: hostDescriptor, .readable) }
        return try Sockets.receive(hostDescriptor, into: pieces, flags: flags)
    }

    /// Whether the descriptor waits, and as long as it takes.
    private var waitsWithoutEnd: Bool {
        guard let flags = try? TransferCalls.statusFlags(hostDescriptor), !flags.contains(.nonBlocking) else {
            return false
        }
        // A struct timeval; all zero is none.
        var time: (Int64, Int64) = (0, 0)
        let size = try? withUnsafeMutableBytes(of: &time) { (bytes) throws(SocketFailure) in
            try option(.receiveTimeout, into: bytes)
        }
        return size == 16 && time == (0, 0)
    }
}
