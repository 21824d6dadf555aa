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

    struct Client {
        let connection: Int32
        let deadline: UInt64
    }

    let listener: OwnedDescriptor
    let parts: Parts
    let groups: ZygoteGroups
    let read: ZygoteTask.Reader
    var clients: [Client] = []
    var children = ZygoteChildren()
    var spares: ZygoteSpares

    /// Everything that later needs memory or files of its own is made here: engine, signals, connections.
    ///
    /// - Parameters:
    ///   - listener: a listening socket of packets.
    ///   - spares: how many processes wait for requests, at most 16.
    ///   - read: what the words of clients ask for. Called in processes that work for a client alone.
    public init(
        listener: consuming OwnedDescriptor, spares: Int = 2, read: @escaping ZygoteTask.Reader
    ) throws(RuntimeFailure) {
        let listener = try Self.reserveNumbers(listener)
        let parts = try Parts.make()
        do throws(EngineError) { try ModuleShelf.shared.open() } catch {
            throw RuntimeFailure(.system, "zygote: \(error)")
        }
        Rehearsal.plan(read)
        self.parts = parts
        self.spares = ZygoteSpares(count: min(max(spares, 0), 16))
        groups = ZygoteGroups()
        self.listener = listener
        self.read = read
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

    private mutating func takeSignals() -> Bool {
        var ends = false
        while let number = (try? SignalSet.next(from: parts.signals.rawValue)) ?? nil {
            if number != Signal.child { ends = true }
        }
        readReports()
        children.reap { spares.ended($0) }
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

    deinit { for client in clients { _ = OwnedDescriptor(adopting: client.connection) } }
}
