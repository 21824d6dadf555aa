import SystemCalls

/// An open file, device or pipe, with the access of the directory it was opened in.
///
/// Bytes are moved by `TransferCalls` on its descriptor; here is what needs more than the descriptor knows.
public final class OpenFile: Sendable {
    public let descriptor: OwnedDescriptor
    public let kind: FileStatus.Kind
    public let access: OpenDirectory.Access

    public init(
        adopting descriptor: consuming OwnedDescriptor, kind: FileStatus.Kind, access: OpenDirectory.Access
    ) {
        self.descriptor = descriptor
        self.kind = kind
        self.access = access
    }

    /// A terminal, to which a guest can't seek.
    public var isTerminal: Bool { kind == .characterDevice && Terminals.isTerminal(descriptor.rawValue) }

    /// Changes the times; a descriptor that only reads would be enough for the kernel, but not on a read-only mount.
    public func setTimes(_ times: FileTimes) throws(Errno) {
        if access == .readOnly { throw .readOnlyFileSystem }
        try FileCalls.setTimes(of: descriptor.rawValue, times)
    }

    /// Cuts or extends with zeros: `invalid` for a file that isn't open for writing.
    public func setSize(_ size: Int64) throws(Errno) {
        if access == .readOnly { throw .readOnlyFileSystem }
        try TransferCalls.truncate(descriptor.rawValue, to: size)
    }

    /// Makes sure that a range has its blocks.
    public func allocate(offset: Int64, count: Int64) throws(Errno) {
        if access == .readOnly { throw .readOnlyFileSystem }
        try TransferCalls.allocate(descriptor.rawValue, offset: offset, count: count)
    }
}
