import CLauncher
import CZygoteProtocol

/// The time from a request to its end.
enum Attendance {
    enum Outcome {
        case ended(Int32)
        /// Nothing was done.
        case undone
        /// Who worked for us ended without a word.
        case lost
    }

    /// Milliseconds that a zygote has to begin; then the command does without.
    private static let patience: UInt32 = 1000

    /// What would end us and leave the work alone, or is meant for it: a bit each, from 1 on. All but 4 to 9, 11, 13, 17, 19 to
    /// 23, and 31 to 33 (`SignalSet.forwarded` of ContainerLifecycle says why).
    private static let signals: UInt = ~0x1_C07D_15F8

    static func ask(_ path: UnsafePointer<CChar>, _ command: ZygoteCommand, _ words: Words) -> Outcome {
        // What isn't there is found out by one call, before anything is gathered for it.
        let socket = Int32(truncatingIfNeeded: launcher_connect(path, patience))
        guard socket >= 0 else { return .undone }
        // Our descriptors and our word are for nobody else, wherever the path leads.
        var zygote: Int32 = 0
        guard launcher_peer(socket, &zygote) == Kernel.user,
            let request = Request(command, words, proof: Word(bytes: launcher_proof(zygote)))
        else { return .undone }
        let before = launcher_block(signals)
        let outcome = attend(socket, request)
        launcher_restore(before)
        return outcome
    }

    private static func attend(_ socket: Int32, _ request: Request) -> Outcome {
        let signalled = Int32(truncatingIfNeeded: launcher_signals(signals))
        guard signalled >= 0, request.send(to: socket) else { return .undone }
        let answer = launcher_packet()
        var process: Int32 = -1
        guard launcher_receive(socket, answer, UInt(MARTLET_ZYGOTE_ANSWER), &process) == 1, process >= 0,
            answer[0] == UInt8(MARTLET_ZYGOTE_ACCEPTED)
        else { return .undone }
        // Until this is said nothing is done: who has given up finds no container of his made by another.
        answer[0] = UInt8(MARTLET_ZYGOTE_GO)
        guard launcher_send(socket, answer, 1) == 1 else { return .undone }
        while true {
            let ready = launcher_wait(socket, signalled)
            if ready & 2 != 0 { passOn(signalled, to: process) }
            if ready & 1 != 0 || ready < 0 { break }
        }
        let count = launcher_receive(socket, answer, UInt(MARTLET_ZYGOTE_ANSWER), &process)
        if count == 5, answer[0] == UInt8(MARTLET_ZYGOTE_ENDED) { return .ended(status(answer + 1)) }
        // It couldn't take over what is ours, or the words weren't for it.
        if count > 0, answer[0] == UInt8(MARTLET_ZYGOTE_DECLINED) { return .undone }
        return .lost
    }

    /// Whoever ends us by a signal means the work.
    private static func passOn(_ signalled: Int32, to process: Int32) {
        while true {
            let number = launcher_next_signal(signalled)
            if number == 0 { return }
            _ = Kernel.call(__NR_pidfd_send_signal, Int(process), Int(number))
        }
    }

    private static func status(_ bytes: UnsafePointer<UInt8>) -> Int32 {
        var number: UInt32 = 0
        for index in 0..<4 { number |= UInt32(bytes[index]) << UInt32(8 * index) }
        return Int32(bitPattern: number)
    }
}
