import Archive
import SystemCalls

/// Why a layer couldn't be unpacked: which layer, which entry, and what about it.
public struct UnpackError: Error, Sendable {
    /// What was wrong.
    public enum Reason: Sendable {
        /// The layer asks for something that no layer may have.
        case refused(String)
        /// A bound of `UnpackLimits` was reached.
        case limitReached(UnpackLimit, allowed: UInt64)
        /// The layer's archive can't be read.
        case archive(ArchiveError)
        /// The system couldn't do what the layer asks for.
        case system(SystemCallError)
    }

    /// Counted from 1, the lowest layer first.
    public var layer: Int
    /// The entry's name, made readable; nil when the trouble is none of one entry's.
    public var entry: String?
    public var reason: Reason

    public init(layer: Int, entry: String?, _ reason: Reason) {
        self.layer = layer
        self.entry = entry
        self.reason = reason
    }
}

extension UnpackError: CustomStringConvertible {
    public var description: String {
        let place = entry.map { "layer \(layer), \"\($0)\"" } ?? "layer \(layer)"
        switch reason {
        case .refused(let rule): return "\(place): \(rule)"
        case .archive(let error): return "\(place): \(error)"
        case .system(let error): return "\(place): \(error)"
        case .limitReached(let limit, let allowed):
            return "\(place): more than \(allowed) \(limit.unit) (--\(limit.option) raises this limit)"
        }
    }
}
