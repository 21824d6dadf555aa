import SystemCalls

/// A root to unpack into, and beside it what must stay as it is whatever is unpacked.
public final class CanaryCage: Sendable {
    public let directory: TemporaryDirectory
    private let before: [String: String]

    public init() throws {
        directory = try TemporaryDirectory()
        try directory.makeDirectory("root")
        try directory.makeDirectory("outside")
        try directory.makeDirectory("outside/directory")
        try directory.write("outside/directory/file", Array("untouched".utf8))
        try directory.write("outside/file", Array("untouched".utf8))
        try FileCalls.symbolicLink(to: "file", at: "\(directory.path)/outside/link", in: Files.currentDirectory)
        before = try TreeListing.of("\(directory.path)/outside")
    }

    public var root: String { "\(directory.path)/root" }
    public var outside: String { "\(directory.path)/outside" }

    /// Nothing was written, removed, linked or changed outside of the root.
    public func isUnharmed() throws -> Bool {
        let names = try TreeListing.names(directory.path)
        return try Set(names).isSubset(of: ["root", "outside"]) && TreeListing.of(outside) == before
    }
}
