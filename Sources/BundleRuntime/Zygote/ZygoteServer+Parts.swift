import CZygoteProtocol
import SystemCalls

// What a server needs of the kernel before it serves.

extension ZygoteServer {
    /// Numbers below belong to what a client hands over: nothing of the server's stands there that a forked process would
    /// have to move. The engine's files can't be moved.
    static let lowestOwn = Int32(MARTLET_ZYGOTE_PROOF) + 1

    /// Occupies the numbers for clients, and moves the listening socket above them.
    static func reserveNumbers(_ listener: consuming OwnedDescriptor) throws(RuntimeFailure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            let moved = try Descriptors.duplicate(listener.rawValue, lowest: lowestOwn)
            try listener.close()
            try ZygoteProof.occupy(below: lowestOwn)
            return moved
        } catch { throw RuntimeFailure(.system, "zygote: \(error)") }
    }

    /// What the kernel has to give first.
    struct Parts: ~Copyable {
        let signals: OwnedDescriptor
        let previousSignals: SignalSet
        let reports: LocalSockets.Pair
        let identity: ZygotePeer
        let proof: String

        static func make() throws(RuntimeFailure) -> Parts {
            do throws(SystemCallError) { return try Parts() } catch {
                throw RuntimeFailure(.system, "zygote: \(error)")
            }
        }

        private init() throws(SystemCallError) {
            let identity = try ZygotePeer("self")
            let proof = try ZygoteProof.expected()
            // Containers that outlive the process that made them become children of ours.
            try Processes.becomeSubreaper()
            let ending = SignalSet([Signal.interrupt, Signal.terminate, Signal.child])
            // A reader of what we say that went away doesn't end us either.
            let previousSignals = try ending.union(SignalSet([Signal.brokenPipe])).block()
            let signals = try ending.descriptor()
            let reports = try LocalSockets.messagePair()
            self.identity = identity
            self.proof = proof
            self.previousSignals = previousSignals
            self.signals = signals
            self.reports = reports
        }
    }

}
