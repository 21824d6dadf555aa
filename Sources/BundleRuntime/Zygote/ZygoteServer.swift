import SystemCalls
import WasmEngine
import WasmWorkload

/// A process with one thread that has the engine loaded and forks, for each client, a process that does what the client
/// would have done itself.
///
/// It reads requests and nothing else: no configuration, no file of a guest. A client has so long to say what it wants, in one
/// packet; a packet that isn't a request ends the connection. Whatever a client or a forked process does or dies of, the
/// server goes on; what it started goes on when the server ends.
public struct ZygoteServer: ~Copyable {
    /// Clients that have connected and haven't said yet what they want.
    static let clientLimit = 32
    /// Processes that work for clients at the same time.
    static let helperLimit = 1024
    /// Nanoseconds that a client has for its request.
    static let patience: UInt64 = 2_000_000_000

    private struct Client {
        let connection: Int32
        let deadline: UInt64
    }

    private let listener: OwnedDescriptor
    private let parts: Parts
    private let groups: ZygoteGroups
    private let programVersion: String
    private var clients: [Client] = []
    private var children = ZygoteChildren()
    private var spares: ZygoteSpares

    /// Everything that later needs memory or files of its own is made here: engine, signals, connections.
    ///
    /// - Parameters:
    ///   - listener: a listening socket of packets.
    ///   - spares: how many processes wait for requests, at most 16.
    public init(
        listener: consuming OwnedDescriptor, spares: Int = 2, programVersion: String
    ) throws(RuntimeFailure) {
        let listener = try Self.reserveNumbers(listener)
        let parts = try Parts.make()
        do throws(EngineError) { try ModuleShelf.shared.open() } catch {
            throw RuntimeFailure(.system, "zygote: \(error)")
        }
        self.parts = parts
        self.spares = ZygoteSpares(count: min(max(spares, 0), 16))
        groups = ZygoteGroups()
        self.listener = listener
        self.programVersion = programVersion
    }

    /// Numbers below belong to what a client hands over: nothing of the server's stands there that a forked process would
    /// have to move. The engine's files can't be moved.
    static let lowestOwn: Int32 = 64

    /// Occupies the numbers for clients, and moves the listening socket above them.
    private static func reserveNumbers(_ listener: consuming OwnedDescriptor) throws(RuntimeFailure) -> OwnedDescriptor
    {
        do throws(SystemCallError) {
            let moved = try Descriptors.duplicate(listener.rawValue, lowest: lowestOwn)
            try listener.close()
            let nothing = try Files.open("/", flags: [.path, .directory])
            for number in 3..<lowestOwn where !Descriptors.isOpen(number) {
                try Descriptors.place(nothing.rawValue, at: number)
                try Descriptors.setCloseOnExec(number, true)
            }
            // It is one of those that occupy a number.
            _ = nothing.release()
            return moved
        } catch { throw RuntimeFailure(.system, "zygote: \(error)") }
    }

    /// What the kernel has to give first.
    private struct Parts: ~Copyable {
        let signals: OwnedDescriptor
        let previousSignals: SignalSet
        let reports: LocalSockets.Pair
        let identity: ZygotePeer

        static func make() throws(RuntimeFailure) -> Parts {
            do throws(SystemCallError) { return try Parts() } catch {
                throw RuntimeFailure(.system, "zygote: \(error)")
            }
        }

        private init() throws(SystemCallError) {
            let identity = try ZygotePeer("self")
            // Containers that outlive the process that made them become children of ours.
            try Processes.becomeSubreaper()
            let ending = SignalSet([Number.interrupt, Number.terminate, Number.child])
            // A reader of what we say that went away doesn't end us either.
            let previousSignals = try ending.union(SignalSet([Number.brokenPipe])).block()
            let signals = try ending.descriptor()
            let reports = try LocalSockets.messagePair()
            self.identity = identity
            self.previousSignals = previousSignals
            self.signals = signals
            self.reports = reports
        }
    }

    private enum Number {
        static let interrupt: Int32 = 2
        static let brokenPipe: Int32 = 13
        static let terminate: Int32 = 15
        static let child: Int32 = 17
    }

    /// Serves until it is told to end (SIGTERM, SIGINT).
    ///
    /// - Parameter note: told what was refused, and why.
    public mutating func serve(_ note: (String) -> Void) throws(RuntimeFailure) {
        while true {
            var requests = [
                PollRequest(parts.signals.rawValue, .readable), PollRequest(parts.reports.ours.rawValue, .readable),
                PollRequest(listener.rawValue, .readable),
            ]
            requests += clients.map { PollRequest($0.connection, .readable) }
            let found: Int
            do throws(SystemCallError) { found = try Poll.wait(&requests, timeout: timeToDeadline) } catch {
                throw RuntimeFailure(.system, "zygote: \(error)")
            }
            if found == 0, let due = spares.due, due <= Clocks.now(.monotonic) { forkSpare() }
            // Reports first: who ended is known by then.
            if !requests[1].found.isEmpty { readReports() }
            if !requests[0].found.isEmpty, takeSignals() { return }
            let ready = Set(requests.dropFirst(3).lazy.filter { !$0.found.isEmpty }.map(\.descriptor))
            serveClients(ready, note)
            if !requests[2].found.isEmpty {
                // Of those who have nothing to say, the one who is silent longest makes room.
                if ready.isEmpty, clients.count >= Self.clientLimit {
                    _ = OwnedDescriptor(adopting: clients.removeFirst().connection)
                }
                accept()
            }
        }
    }

    private var timeToDeadline: UInt64? {
        guard let first = (clients.map(\.deadline) + (spares.due.map { [$0] } ?? [])).min() else { return nil }
        let now = Clocks.now(.monotonic)
        return first > now ? first - now : 0
    }

    private mutating func accept() {
        while clients.count < Self.clientLimit {
            // Who is gone already, and what the limits of the system refuse, are no reasons to end.
            guard let connection = try? Sockets.accept(listener.rawValue, nonBlocking: true) else { return }
            clients.append(
                Client(connection: connection.release(), deadline: Clocks.now(.monotonic) &+ Self.patience))
        }
    }

    private mutating func takeSignals() -> Bool {
        var ends = false
        while let number = (try? SignalSet.next(from: parts.signals.rawValue)) ?? nil {
            if number != Number.child { ends = true }
        }
        readReports()
        children.reap { spares.remove($0) }
        return ends
    }

    /// At most so many in one go, so that nobody keeps us here.
    private mutating func readReports() {
        for _ in 0..<64 {
            var waiting = [PollRequest(parts.reports.ours.rawValue, .readable)]
            guard (try? Poll.wait(&waiting, timeout: 0)) == 1,
                let received = try? LocalSockets.receive(parts.reports.ours.rawValue, limit: ZygoteReport.sizeLimit)
            else { return }
            switch ZygoteReport(received.bytes) {
            case .container(let process, let root, let id): children.adopt(process, root: root, id: id)
            case .module(let store, let file):
                // Those who wait already were forked without it.
                if ModuleShelf.shared.keep(.init(store: store, file: file)) { spares.dismiss() }
            case nil: break
            }
        }
    }

    private mutating func serveClients(_ ready: Set<Int32>, _ note: (String) -> Void) {
        let now = Clocks.now(.monotonic)
        var waiting: [Client] = []
        let present = clients
        clients = []
        for client in present {
            if ready.contains(client.connection) {
                // Closed by its owner's end, whatever becomes of the request.
                serve(OwnedDescriptor(adopting: client.connection), note)
            } else if client.deadline <= now {
                _ = OwnedDescriptor(adopting: client.connection)
            } else {
                waiting.append(client)
            }
        }
        clients += waiting
    }

    private mutating func serve(_ connection: consuming OwnedDescriptor, _ note: (String) -> Void) {
        let received: ReceivedDescriptors
        let bytes: [UInt8]
        do throws(SystemCallError) {
            let message = try LocalSockets.receive(
                connection.rawValue, limit: ZygoteRequest.sizeLimit, descriptorLimit: LocalSockets.descriptorLimit)
            bytes = message.bytes
            received = ReceivedDescriptors(message.descriptors)
        } catch {
            note("a client's request can't be received: \(error)")
            return
        }
        // It connected and went away.
        if bytes.isEmpty { return }
        do throws(ZygoteRequest.Refusal) {
            let request = try ZygoteRequest(bytes, programVersion: programVersion)
            guard received.numbers.count == ZygoteRequest.fixedDescriptors + Int(request.preserved) else {
                throw .malformed(PacketError("has \(received.numbers.count) descriptors"))
            }
            if let reason = ZygotePeer.refusal(of: connection.rawValue, by: parts.identity) {
                decline(connection.rawValue, reason, note)
            } else if children.helperCount >= Self.helperLimit {
                decline(connection.rawValue, "too many processes at work", note)
            } else {
                start(request, bytes, received, connection, note)
            }
        } catch {
            switch error {
            case .otherVersion: decline(connection.rawValue, "another version of martlet", note)
            case .malformed(let problem): note("a client's request \(problem)")
            }
        }
    }

    private func decline(_ connection: Int32, _ reason: String, _ note: (String) -> Void) {
        note("declined a client: \(reason)")
        _ = try? LocalSockets.send(connection, ZygoteAnswer.declined(reason).bytes)
    }

    /// Has the request followed by a spare, or by a process forked now.
    private mutating func start(
        _ request: ZygoteRequest, _ bytes: [UInt8], _ received: ReceivedDescriptors,
        _ connection: borrowing OwnedDescriptor, _ note: (String) -> Void
    ) {
        do throws(SystemCallError) {
            let join = try groups.join(of: connection.rawValue)
            if join.isEmpty, let pidfd = spares.hand(bytes, [connection.rawValue] + received.numbers) {
                Self.accept(connection.rawValue, pidfd)
                return
            }
            switch try Processes.clone(into: [], cgroup: join.unified) {
            case .child:
                ZygoteHelper(
                    request: request, connection: connection.rawValue, reports: parts.reports.theirs.rawValue,
                    descriptors: received.numbers, join: join, signals: parts.previousSignals
                ).run()
            case .parent(let child, let pidfd):
                children.add(child)
                Self.accept(connection.rawValue, pidfd)
            }
        } catch {
            decline(connection.rawValue, "no process: \(error)", note)
        }
    }

    /// A client that doesn't read, or is gone, is the helper's business: it waits for `go` only so long.
    private static func accept(_ connection: Int32, _ pidfd: borrowing OwnedDescriptor) {
        _ = try? LocalSockets.send(connection, ZygoteAnswer.accepted.bytes, descriptors: [pidfd.rawValue])
    }

    private mutating func forkSpare() {
        do throws(SystemCallError) {
            let pair = try LocalSockets.messagePair()
            switch try Processes.clone(into: []) {
            case .child:
                ZygoteSpare(
                    channel: pair.theirs.rawValue, reports: parts.reports.theirs.rawValue,
                    signals: parts.previousSignals, programVersion: programVersion
                ).run()
            case .parent(let child, let pidfd):
                children.add(child)
                spares.add(child, pidfd: pidfd, channel: pair.keepOurs())
            }
        } catch { spares.giveUp() }
    }

    deinit { for client in clients { _ = OwnedDescriptor(adopting: client.connection) } }
}

/// Descriptors that came with a message, closed when nobody needs them any more.
final class ReceivedDescriptors {
    let numbers: [Int32]

    init(_ numbers: [Int32]) { self.numbers = numbers }

    deinit { for number in numbers { _ = OwnedDescriptor(adopting: number) } }
}
