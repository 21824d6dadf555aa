import ImageTransfer
import OCISpec
import Registry
import SystemCalls

/// One line on a terminal that is written again and again, and wiped in the end. Off a terminal it shows nothing.
final class ProgressDisplay: Sendable {
    fileprivate struct State {
        var blobs: [OCISpec.Digest: (size: Int64, moved: Int64)] = [:]
        var shown = 0
        var lastDrawn: ContinuousClock.Instant?
    }

    /// A terminal needn't be told more often.
    private static let interval: Duration = .milliseconds(80)

    let isOn: Bool
    private let state = Mutex(State())

    init(isOn: Bool) { self.isOn = isOn }

    /// Wipes the line, so that what is printed next stands alone.
    func finish() {
        state.withLock { state in
            guard state.shown > 0 else { return }
            draw("", &state)
        }
    }

    fileprivate func update(always: Bool = false, _ change: (inout State) -> String?) {
        guard isOn else { return }
        state.withLock { state in
            guard let line = change(&state) else { return }
            let now = ContinuousClock.now
            if !always, let last = state.lastDrawn, now - last < Self.interval { return }
            state.lastDrawn = now
            draw(line, &state)
        }
    }

    /// Writes over what is shown; a longer line than the terminal would leave its first half behind.
    private func draw(_ line: String, _ state: inout State) {
        let columns = (try? Terminals.size(of: 2))?.columns ?? 0
        let width = columns > 1 ? Int(columns) - 1 : 79
        let text = String(line.prefix(width))
        try? Files.writeAll(2, Array("\r\(text)\u{1B}[K\(text.isEmpty ? "\r" : "")".utf8))
        state.shown = text.count
    }

    fileprivate static func transferred(_ state: State, _ verb: String) -> String {
        let size = state.blobs.values.reduce(0) { $0 + $1.size }
        let moved = state.blobs.values.reduce(0) { $0 + $1.moved }
        let done = state.blobs.values.count { $0.moved >= $0.size }
        let percent = size > 0 ? moved * 100 / size : 100
        return "\(verb) \(ImageInspection.bytes(moved)) of \(ImageInspection.bytes(size)) (\(percent) %), "
            + "\(done) of \(state.blobs.count) blobs"
    }
}

extension ProgressDisplay: TransferProgress {
    func observe(_ step: TransferStep) {
        switch step {
        case .reading(let bytes, let total):
            update { _ in "reading \(ImageInspection.bytes(bytes)) of \(ImageInspection.bytes(total))" }
        case .copying(let blob): update { _ in "copying \(blob.digest.short), \(ImageInspection.bytes(blob.size))" }
        case .present(let blob): update { _ in "present \(blob.digest.short)" }
        case .unpacking(let layer, let count, let blob):
            update(always: true) { _ in "unpacking layer \(layer) of \(count), \(ImageInspection.bytes(blob.size))" }
        case .writing(let path): update(always: true) { _ in "writing \(path)" }
        }
    }
}

/// The display of one pull or push.
struct TransferDisplay: TransferObserver {
    let display: ProgressDisplay
    /// `pulled` or `pushed`.
    let verb: String

    func observe(_ event: TransferEvent) {
        display.update { state in
            switch event {
            case .planned(let blobs): for blob in blobs { state.blobs[blob.digest] = (blob.size, 0) }
            case .present(let digest), .mounted(let digest, _), .finished(let digest):
                state.blobs[digest].map { state.blobs[digest] = ($0.size, $0.size) }
            case .moved(let digest, let bytes), .resumed(let digest, let bytes):
                state.blobs[digest].map { state.blobs[digest] = ($0.size, min(bytes, $0.size)) }
            case .manifest: return nil
            }
            return ProgressDisplay.transferred(state, verb)
        }
    }
}
