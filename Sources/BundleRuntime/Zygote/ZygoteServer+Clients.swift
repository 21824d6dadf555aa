import SystemCalls

// Clients: let in, heard, answered.

extension ZygoteServer {
    mutating func accept() {
        while clients.count < Self.clientLimit {
            // Who is gone already, and what the limits of the system refuse, are no reasons to end.
            guard let connection = try? Sockets.accept(listener.rawValue, nonBlocking: true) else { return }
            clients.append(
                Client(connection: connection.release(), deadline: Clocks.now(.monotonic) &+ Self.patience))
        }
    }

    mutating func serveClients(_ ready: Set<Int32>, _ note: (String) -> Void) {
        let now = Clocks.now(.monotonic)
        var waiting: [Client] = []
        let present = clients
        clients = []
        for client in present {
            if ready.contains(client.connection) {
                // Closed by its owner's end, whatever becomes of the request.
                serve(client.connection, note)
            } else if client.deadline <= now {
                _ = OwnedDescriptor(adopting: client.connection)
            } else {
                waiting.append(client)
            }
        }
        clients += waiting
    }

    /// Looks at a request and leaves it where it is. Who follows it receives what came beside it: closing a file of a client's may
    /// wait for a server of files that doesn't answer, and this process waits for nobody.
    mutating func serve(_ connection: Int32, _ note: (String) -> Void) {
        // A forked process never comes here: there it stays open.
        defer { _ = OwnedDescriptor(adopting: connection) }
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try LocalSockets.peek(connection, limit: ZygoteRequest.sizeLimit)
        } catch {
            note("a client's request can't be received: \(error)")
            return
        }
        // It connected and went away.
        if bytes.isEmpty { return }
        do throws(ZygoteRequest.Refusal) {
            let request = try ZygoteRequest(bytes)
            if request.proof != parts.proof {
                decline(connection, "it may not look into this process", note)
            } else if let reason = ZygotePeer.refusal(of: connection, by: parts.identity) {
                decline(connection, reason, note)
            } else if children.helperCount >= Self.helperLimit {
                decline(connection, "too many processes at work", note)
            } else {
                start(connection, note)
            }
        } catch {
            switch error {
            case .otherVersion: decline(connection, "another version of martlet", note)
            case .malformed(let problem): note("a client's request \(problem)")
            }
        }
    }

    func decline(_ connection: Int32, _ reason: String, _ note: (String) -> Void) {
        note("declined a client: \(reason)")
        _ = try? LocalSockets.send(connection, ZygoteAnswer.declined(reason).bytes)
    }
}
