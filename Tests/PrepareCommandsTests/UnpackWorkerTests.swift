import ImageStore
import SystemCalls
import Testing

@testable import PrepareCommands

@Suite("the process that unpacks", .timeLimit(.minutes(1)))
struct UnpackWorkerTests {
    /// What is set, as the octal digits and text of one header of POSIX.1's ustar.
    private func header(_ name: String, type: Character, mode: String, owner: String, device: String) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(name, at: 0)
        put(mode, at: 100)
        put(owner, at: 108)
        put(owner, at: 116)
        put("00000000000", at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar\u{0}00", at: 257)
        put(device, at: 329)
        put(device, at: 337)
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
        return block
    }

    @Test func whatTheStoreTrustsIsOnlyRead() throws {
        let program = try Program()
        let store = try ImageStore.open(root: program.store)
        let confinement = UnpackWorker.confinement(for: store)
        let writable = confinement.places.filter { !$0.rights.isSubset(of: [.readFile, .readDirectory]) }
        #expect(writable.map(\.path) == ["store.lock", "tmp", "roots", "locks"].map { "\(program.store)/\($0)" })
        let devices: Landlock.FileRights = [.makeCharacterDevice, .makeBlockDevice, .makeSocket, .execute]
        #expect(writable.allSatisfy { $0.rights.isDisjoint(with: devices) })
        #expect(!confinement.capabilities.contains { $0.rawValue == 27 })  // CAP_MKNOD
    }

    @Test func ownersAndSetIDBitsAreAsStatedAndDeviceNodesAreLeftOut() throws {
        let program = try Program()
        let layout = "\(program.folder)/layout"
        try program.run("image", "build", try program.hello(), "-t", "hello:1", "-o", layout, "--compression", "none")
        let layer =
            header("null", type: "3", mode: "0000666", owner: "0000000", device: "0000001")
            + header("disk", type: "4", mode: "0000666", owner: "0000000", device: "0000010")
            + header("tool", type: "0", mode: "0004755", owner: "0002322", device: "0000000")
            + header("pipe", type: "6", mode: "0000600", owner: "0002322", device: "0000000")
        try Tampering(layout).addLayer(layer + [UInt8](repeating: 0, count: 1024))
        let imported = try program.run("image", "import", layout)
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.errors.contains("device node left out"), "\(imported.errors)")
        let roots = program.names(in: "\(program.store)/roots")
        let root = "\(program.store)/roots/\(roots.first ?? "")/fs"
        #expect(program.names(in: root) == ["hello.wasm", "pipe", "tool"])
        guard Processes.effectiveUser == 0 else { return }
        let tool = try FileStatus.of("\(root)/tool")
        #expect(tool.owner == 0o2322 && tool.group == 0o2322 && tool.permissions == 0o4755)
    }
}
