import ArchiveFixtures

@testable import Archive

/// Bytes as they are stored: compressed, whether they are an archive or not.
func recompress(_ bytes: [UInt8], _ compression: Compression) throws -> [UInt8] {
    let sink = MemorySink()
    let compressor = try Compressor(
        compression, level: nil, to: SinkFeed(tap: nil) { (piece) throws(ArchiveError) in sink.write(piece) })
    try compressor.write(bytes.span.bytes)
    try compressor.finish()
    return sink.bytes
}
