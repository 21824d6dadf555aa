import SystemCalls

/// Where the bytes of an archive come from. Read from one thread at a time, not always the same one.
public protocol ByteSource: AnyObject, Sendable {
    /// Fills some of the buffer and returns how much; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
}

/// The bytes of a descriptor from where it stands to its end.
public final class DescriptorSource: ByteSource {
    private let descriptor: OwnedDescriptor

    public init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        do throws(SystemCallError) {
            return try Files.read(descriptor.rawValue, into: buffer)
        } catch { throw .inputOutput(error) }
    }
}
