import SystemCalls

/// Where the bytes of an archive that is written go to.
public protocol ByteSink: AnyObject {
    /// Takes all of the bytes.
    func write(_ bytes: RawSpan) throws(ArchiveError)
}

/// Writes to a descriptor from where it stands.
public final class DescriptorSink: ByteSink {
    private let descriptor: OwnedDescriptor

    public init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    public func write(_ bytes: RawSpan) throws(ArchiveError) {
        do throws(SystemCallError) {
            var rest = bytes
            while rest.byteCount > 0 {
                let written = try rest.withUnsafeBytes { (buffer) throws(SystemCallError) in
                    try Files.write(descriptor.rawValue, buffer)
                }
                rest = rest.extracting(droppingFirst: written)
            }
        } catch { throw .inputOutput(error) }
    }
}
