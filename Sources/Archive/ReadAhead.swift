import SystemCalls

/// Decompresses in a thread of its own, a few buffers ahead of the reader.
final class ReadAhead: ContentStream {
    /// SAFETY: the thread alone touches the decompressor, which nobody else has; it fills only buffers that the state
    /// says are free, the reader reads only filled ones; the monitor orders the two.
    private final class Shared: @unchecked Sendable {
        static let slots = 8
        static let slotBytes = 1 << 18

        let state: Monitor<State>
        let decompressor: Decompressor
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: slots * slotBytes, alignment: 64)

        init(_ decompressor: Decompressor) {
            self.decompressor = decompressor
            state = Monitor(State(totals: decompressor.totals))
        }

        deinit { memory.deallocate() }

        func slot(_ number: Int) -> UnsafeMutableRawBufferPointer {
            let start = (number % Shared.slots) * Shared.slotBytes
            return UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + Shared.slotBytes)])
        }

        /// False when the reader is gone.
        func waitForFreeSlot(_ number: Int) -> Bool {
            state.wait { state in
                if state.abandoned { return false }
                return number - state.released < Shared.slots ? true : nil
            }
        }
    }

    private struct State: Sendable {
        /// Slots filled and given back since the beginning: the difference is how many the reader may still take.
        var filled = 0
        var released = 0
        var counts = [Int](repeating: 0, count: Shared.slots)
        var totals: ArchiveTotals
        var end: Result<Void, ArchiveError>?
        var abandoned = false
    }

    private let shared: Shared
    private var thread: JoinableThread?
    private var taken = 0

    init(_ decompressor: Decompressor) throws(ArchiveError) {
        let shared = Shared(decompressor)
        self.shared = shared
        do throws(SystemCallError) {
            thread = try JoinableThread { ReadAhead.fill(shared) }
        } catch { throw .inputOutput(error) }
    }

    deinit {
        shared.state.update { $0.abandoned = true }
        // Waits for the thread: at most until its current read returns.
        thread = nil
    }

    var totals: ArchiveTotals { shared.state.update { $0.totals } }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        let taken = self.taken
        let outcome: Result<Int?, ArchiveError> = shared.state.wait { state in
            state.released = taken
            if state.filled > taken { return .success(state.counts[taken % Shared.slots]) }
            switch state.end {
            case nil: return nil
            case .success: return .success(nil)
            case .failure(let error): return .failure(error)
            }
        }
        guard let count = try outcome.get() else { return nil }
        self.taken = taken + 1
        return UnsafeRawBufferPointer(rebasing: shared.slot(taken)[..<count])
    }

    /// The thread: fills slots until the stream ends, fails, or the reader is gone.
    private static func fill(_ shared: Shared) {
        var number = 0
        var rest = UnsafeRawBufferPointer(start: nil, count: 0)
        do throws(ArchiveError) {
            while shared.waitForFreeSlot(number) {
                let slot = shared.slot(number)
                let count = try pack(slot, &rest, from: shared.decompressor)
                shared.state.update { state in
                    state.totals = shared.decompressor.totals
                    guard count > 0 else { return state.end = .success(()) }
                    state.counts[number % Shared.slots] = count
                    state.filled = number + 1
                }
                if count == 0 { return }
                number += 1
            }
        } catch {
            shared.state.update { $0.end = .failure(error) }
        }
    }

    /// Fills a slot from what is left of the last piece and from new ones; 0 at the end of the stream.
    private static func pack(
        _ slot: UnsafeMutableRawBufferPointer, _ rest: inout UnsafeRawBufferPointer, from decompressor: Decompressor
    ) throws(ArchiveError) -> Int {
        var count = 0
        while count < slot.count {
            if rest.isEmpty {
                guard let piece = try decompressor.next() else { break }
                rest = piece
            }
            let part = min(rest.count, slot.count - count)
            UnsafeMutableRawBufferPointer(rebasing: slot[count...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest[..<part]))
            rest = UnsafeRawBufferPointer(rebasing: rest[part...])
            count += part
        }
        return count
    }
}
