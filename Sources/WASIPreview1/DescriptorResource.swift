import HostCapabilities
import SystemCalls

/// What a guest's descriptor stands for.
///
/// `SocketEntry` is in SockEntry.swift. Each payload is a reference: a call that is under way keeps its resource alive
/// when another thread of the guest closes the number.
public enum DescriptorResource: Sendable {
    case stream(StandardStream)
    case file(OpenFile)
    case directory(DirectoryEntry)
    case socket(SocketEntry)
}

extension DescriptorResource {
    /// The host's descriptor, for calls that treat every kind alike (poll, fstat).
    ///
    /// Valid as long as this value lives.
    var hostDescriptor: Int32 {
        switch self {
        case .stream(let stream): stream.descriptor
        case .file(let file): file.descriptor.rawValue
        case .directory(let entry): entry.directory.descriptor.rawValue
        case .socket(let socket): socket.hostDescriptor
        }
    }
}

/// A directory in the descriptor table: the directory, what it was preopened as, and how far it was listed.
public final class DirectoryEntry: Sendable {
    public let directory: OpenDirectory

    /// The guest's path of a preopened directory; nil for one that the guest opened itself.
    public let preopenedAs: String?

    let listing: DirectoryListing

    public init(_ directory: OpenDirectory, preopenedAs: String? = nil) {
        self.directory = directory
        self.preopenedAs = preopenedAs
        listing = DirectoryListing(of: directory)
    }
}
