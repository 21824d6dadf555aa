import SystemCalls

// Processes that follow requests.

extension ZygoteServer {
    /// Has the request that waits at a connection followed by a spare, or by a process forked now.
    mutating func start(_ connection: Int32, _ note: (String) -> Void) {
        do throws(SystemCallError) {
            let join = try groups.join(of: connection)
            if join.isEmpty, let pidfd = spares.hand(connection) {
                Self.accept(connection, pidfd)
                return
            }
            switch try Processes.clone(into: [], cgroup: join.unified) {
            case .child:
                // What this process goes on with must have no owner whose life ends here: nothing follows.
                ZygoteHelper(
                    read: read, connection: connection, reports: parts.reports.theirs.rawValue, join: join,
                    signals: parts.previousSignals, mounts: nil
                ).run()
            case .parent(let child, let pidfd):
                children.add(child)
                Self.accept(connection, pidfd)
            }
        } catch {
            decline(connection, "no process: \(error)", note)
        }
    }

    /// A client that doesn't read, or is gone, is the helper's business: it waits for `go` only so long.
    private static func accept(_ connection: Int32, _ pidfd: borrowing OwnedDescriptor) {
        _ = try? LocalSockets.send(connection, ZygoteAnswer.accepted.bytes, descriptors: [pidfd.rawValue])
    }

    mutating func forkSpare() {
        do throws(SystemCallError) {
            let pair = try LocalSockets.messagePair()
            switch try Processes.clone(into: []) {
            case .child:
                let channel = pair.keepTheirs().release()
                ZygoteSpare(
                    channel: channel, reports: parts.reports.theirs.rawValue,
                    signals: parts.previousSignals, read: read
                ).run()
            case .parent(let child, let pidfd):
                children.add(child)
                spares.add(child, pidfd: pidfd, channel: pair.keepOurs())
            }
        } catch { spares.giveUp() }
    }
}
