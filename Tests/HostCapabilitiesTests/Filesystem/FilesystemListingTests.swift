import HostCapabilities
import SystemCalls
import Testing

@Suite("Listing a directory")
struct FilesystemListingTests {
    private func names(
        _ listing: DirectoryListing, from start: UInt64 = 0, upTo limit: Int = .max
    ) throws -> (names: [String], next: UInt64) {
        var (names, next) = ([String](), start)
        try listing.forEach(from: start) { entry in
            guard names.count < limit else { return false }
            names.append(String(decoding: entry.name, as: UTF8.self))
            next = entry.next
            return true
        }
        return (names, next)
    }

    @Test("gives the two dots first, with the directory's own inode, then every name once")
    func complete() throws {
        let scratch = try FilesystemScratch()
        let expected = (0..<1500).map { "file-\($0)-\(String(repeating: "x", count: $0 % 90))" }
        for name in expected { try scratch.write("", at: "/inside/" + name) }
        let directory = try scratch.directory()
        let listing = DirectoryListing(of: directory)
        let all = try names(listing).names
        #expect(all.prefix(2) == [".", ".."])
        #expect(all.dropFirst(2).sorted() == expected.sorted())
        var inodes: [UInt64] = []
        try listing.forEach(from: 0) { entry in
            inodes.append(entry.inode)
            return inodes.count < 2
        }
        let own = try directory.status().inode
        #expect(inodes == [own, own])
    }

    @Test("goes on from any position it gave", arguments: [1, 2, 3, 7, 100])
    func resumed(step: Int) throws {
        let scratch = try FilesystemScratch()
        let expected = (0..<300).map { "f\($0)" }
        for name in expected { try scratch.write("", at: "/inside/" + name) }
        // A second listing in between must not matter: each has its own place.
        let (listing, other) = (
            DirectoryListing(of: try scratch.directory()), DirectoryListing(of: try scratch.directory())
        )
        var (found, position) = ([String](), UInt64(0))
        while true {
            let part = try names(listing, from: position, upTo: step)
            if part.names.isEmpty { break }
            found += part.names
            position = part.next
            _ = try names(other)
        }
        #expect(found.sorted() == ([".", ".."] + expected).sorted())
        // And from a fresh listing, so that nothing of the batch is needed.
        let middle = try names(listing, upTo: 150)
        let rest = try names(DirectoryListing(of: try scratch.directory()), from: middle.next).names
        #expect((middle.names + rest).sorted() == ([".", ".."] + expected).sorted())
    }

    @Test("reads the directory anew from the beginning")
    func rewound() throws {
        let scratch = try FilesystemScratch()
        let listing = DirectoryListing(of: try scratch.directory())
        #expect(try names(listing).names.count == 2)
        try scratch.write("", at: "/inside/new")
        #expect(try names(listing).names == [".", "..", "new"])
    }

    @Test("tells the kind of each entry")
    func kinds() throws {
        let scratch = try FilesystemScratch()
        try scratch.write("", at: "/inside/f")
        try scratch.makeDirectory("/inside/d")
        try scratch.makeLink("/inside/l", to: "f")
        var kinds: [String: FileStatus.Kind] = [:]
        try DirectoryListing(of: try scratch.directory()).forEach(from: 0) { entry in
            kinds[String(decoding: entry.name, as: UTF8.self)] = entry.kind
            return true
        }
        #expect(kinds["f"] == .regular && kinds["d"] == .directory && kinds["l"] == .symbolicLink)
    }

    @Test("refuses or survives positions that nobody gave", arguments: [5, 1 << 40, UInt64.max, UInt64.max / 2])
    func inventedPosition(position: UInt64) throws {
        let scratch = try FilesystemScratch()
        let listing = DirectoryListing(of: try scratch.directory())
        do {
            _ = try names(listing, from: position)
        } catch let error as Errno {
            #expect(error == .invalid)
        }
        #expect(try names(listing).names.count == 2)
    }
}
