import Foundation

/// Where things stand in the checkout that these tests were compiled from.
enum Repository {
    /// Resolved, since a package may reach this folder through a link.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let samples = root.appendingPathComponent("oci-samples", isDirectory: true)
    static let builtSamples = root.appendingPathComponent(".build/samples", isDirectory: true)

    /// Calls `body` with a fresh folder that is gone afterwards.
    static func withScratch<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-samples-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try body(scratch)
    }
}
