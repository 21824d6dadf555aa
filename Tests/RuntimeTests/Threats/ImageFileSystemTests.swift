import Foundation
import JSON
import SystemCalls
import Testing

/// A file system that comes with an image has its inodes, sizes and times from who made it.
@Suite(
    "Code of one image isn't run for another",
    .enabled(if: Machine.isRoot && ["mke2fs", "debugfs", "losetup"].allSatisfy { Machine.program($0) != nil }),
    .timeLimit(.minutes(3)))
struct ImageFileSystemTests {
    private let runtime: Runtime

    init() throws { runtime = try Runtime() }

    private func tool(_ words: String...) throws -> Outcome {
        try Running.start([Machine.program(words[0]) ?? words[0]] + words.dropFirst(), in: runtime.folder).wait()
    }

    /// An image whose one module ends with a code, everything else being the same in all of them.
    private func image(endingWith code: Int) throws -> String {
        let tree = try runtime.directory("tree-\(code)")
        try runtime.file(
            "tree-\(code)/m.wat",
            """
            (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const \(code)))))
            """)
        let image = runtime.path("image-\(code)")
        let file = try Files.open(image, flags: [.writeOnly, .create], mode: 0o600)
        try TransferCalls.truncate(file.rawValue, to: 4 << 20)
        var outcome = try tool("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", tree, image)
        for time in ["mtime", "ctime", "atime"] where outcome.code == 0 {
            outcome = try tool("debugfs", "-w", "-R", "set_inode_field /m.wat \(time) 20200101000000", image)
            _ = try tool("debugfs", "-w", "-R", "set_inode_field /m.wat \(time)_extra 0", image)
        }
        try #require(outcome.code == 0, "\(outcome)")
        return image
    }

    /// Mounts the image, with an overlay over it when `isLower`, runs its module, and takes all away again.
    private func run(_ image: String, isLower: Bool) throws -> Int32? {
        let mounted = try runtime.directory("mounted")
        let container = try runtime.bundle(.wasm) {
            $0.arguments = ["/m.wat"]
            $0.mounts = []
            $0.isRootReadOnly = true
            $0.others["root"] = ["path": .string(isLower ? runtime.path("over") : mounted), "readonly": true]
        }
        let done = try tool("mount", "-o", "loop,ro", image, mounted)
        guard done.code == 0 else { return nil }
        defer { _ = try? tool("umount", "-l", mounted) }
        guard isLower else { return try container.run().code }
        let over = try runtime.directory("over")
        let options =
            "lowerdir=\(mounted),upperdir=\(try runtime.directory("up")),workdir=\(try runtime.directory("work"))"
        guard try tool("mount", "-t", "overlay", "overlay", "-o", options, over).code == 0 else { return nil }
        defer { _ = try? tool("umount", "-l", over) }
        return try container.run().code
    }

    @Test(arguments: [false, true]) func twoImagesWithFilesOfTheSameIdentityRunTheirOwnCode(isLower: Bool) throws {
        let images = try (image(endingWith: 11), image(endingWith: 22))
        guard let first = try run(images.0, isLower: isLower) else { return Machine.skip("no loop device here") }
        #expect(first == 11)
        #expect(try run(images.1, isLower: isLower) == 22)
        #expect(try run(images.0, isLower: isLower) == 11)
    }
}
