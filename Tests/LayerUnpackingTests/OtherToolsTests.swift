import Archive
import ArchiveFixtures
import LayerUnpacking
import SystemCalls
import Testing

@Suite("The same tree as other tools make")
struct OtherToolsTests {
    /// Runs a shell script; false when it fails.
    private func shell(_ script: String) throws -> Bool {
        let outcome = try ChildProgram.run(
            "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            input: .bytes([]),
            outputLimit: 1 << 20, timeout: .seconds(120))
        return outcome.end == .exited(.code(0))
    }

    private func unpack(_ archives: [String], into root: String) throws -> UnpackSummary {
        let unpacker = try LayerUnpacker(root: try Files.open(root, flags: [.readOnly, .directory]))
        for archive in archives {
            try unpacker.apply(DescriptorSource(try Files.open(archive, flags: .readOnly)), readAhead: true)
        }
        return unpacker.summary
    }

    private func expectSame(_ ours: String, _ theirs: String, _ detail: TreeListing.Detail = .everything) throws {
        let (ours, theirs) = (try TreeListing.of(ours, detail), try TreeListing.of(theirs, detail))
        #expect(ours.count > 5)
        for path in Set(ours.keys).union(theirs.keys).sorted() where ours[path] != theirs[path] {
            Issue.record("\(path): ours \(ours[path] ?? "missing"), theirs \(theirs[path] ?? "missing")")
        }
    }

    /// A tree with a bit of everything, and a good part of this machine's /etc.
    private static let tree = """
        mkdir -p src/a/b src/sticky && cp -a /etc/. src/etc && echo hello > src/a/f && ln src/a/f src/a/same
        ln -s ../nowhere src/a/link && echo x > src/a/suid && chmod 4755 src/a/suid && chmod 1777 src/sticky && mkfifo src/pipe
        printf abc | dd of=src/sparse bs=1 seek=5000000 2>/dev/null && truncate -s 9000000 src/sparse
        touch -d '2001-02-03 04:05:06.789012345' src/a/f src/a && chmod 500 src/a/b && printf x > 'src/name with ü and \\n'
        """

    @Test(.enabled(if: isRoot), arguments: zip(["gnu", "pax", "ustar", "pax"], ["gzip", "zstd", "cat", "xz"]))
    func layersOfGNUTarBecomeWhatItMakesOfThem(format: String, program: String) throws {
        let directory = try TemporaryDirectory()
        let flags = format == "pax" ? "--xattrs" : ""
        #expect(
            try shell(
                """
                cd \(directory.path) && \(Self.tree) && setfattr -n user.colour -v blue src/a/f 2>/dev/null
                chown 1000:2000 src/a/f && mknod src/null c 1 3
                tar \(flags) --format=\(format) \(format == "ustar" ? "" : "-S") -C src -cf - . | \(program) > layer && mkdir theirs ours &&
                tar \(flags) --xattrs-include='user.*' --numeric-owner -pxf layer -C theirs
                """))
        let summary = try unpack(["\(directory.path)/layer"], into: "\(directory.path)/ours")
        #expect(summary.notes.isEmpty)
        try expectSame("\(directory.path)/ours", "\(directory.path)/theirs")
    }

    @Test(.enabled(if: isRoot && ChildProgram.find("umoci", searchPath: "/usr/bin") != nil))
    func imagesBecomeWhatUmociMakesOfThem() throws {
        let directory = try TemporaryDirectory()
        #expect(
            try shell(
                """
                cd \(directory.path) && \(Self.tree) && tar -C src --format=pax -cf one.tar . &&
                mkdir -p up/a up/etc up/new && touch up/a/.wh.f up/etc/.wh.passwd up/etc/.wh.apt && echo new > up/new/file &&
                echo other > up/a/suid && touch up/sticky.file && tar -C up --format=pax -cf two.tar . &&
                mkdir up2 && mkdir up2/etc && touch up2/etc/.wh..wh..opq && echo only > up2/etc/only && tar -C up2 -cf three.tar etc &&
                umoci init --layout l && umoci new --image l:t && umoci raw add-layer --image l:t one.tar &&
                umoci raw add-layer --image l:t two.tar && umoci raw add-layer --image l:t three.tar &&
                umoci unpack --image l:t bundle && mkdir ours
                """))
        let summary = try unpack(
            ["one", "two", "three"].map { "\(directory.path)/\($0).tar" }, into: "\(directory.path)/ours")
        #expect(summary.notes.isEmpty)
        try expectSame("\(directory.path)/ours", "\(directory.path)/bundle/rootfs")
    }
}
