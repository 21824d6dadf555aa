import SystemCalls
import Testing
import WasmEngine

/// A directory below /tmp that goes away with the test.
final class Scratch {
    let path: String

    init() throws {
        path = "/tmp/martlet-engine-\(Processes.current)-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectory(path, mode: 0o700)
    }

    deinit { remove(path) }

    private func remove(_ path: String) {
        for name in (try? Files.names(inDirectory: path, limit: 100_000)) ?? [] {
            if (try? Files.unlink("\(path)/\(name)")) == nil { remove("\(path)/\(name)") }
        }
        try? Files.removeDirectory(path)
    }

    func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws {
        let file = try Files.open("\(path)/\(name)", flags: [.writeOnly, .create, .truncate], mode: mode)
        try Files.writeAll(file.rawValue, bytes)
    }

    func identity(_ name: String) throws -> FileIdentity {
        FileIdentity(try FileStatus.of("\(path)/\(name)"))
    }
}

@Suite struct CompiledModuleCacheTests {
    static let digest = "sha256:" + String(repeating: "ab", count: 32)
    static let text = "(module (func (export \"f\") (result i32) (i32.const 42)))"

    let scratch: Scratch
    let cache: CompiledModuleCache
    let engine: Engine

    init() throws {
        scratch = try Scratch()
        cache = try CompiledModuleCache(root: scratch.path + "/cache")
        engine = try Fixtures.engine.get()
    }

    private func fill(_ digest: String = Self.digest) throws {
        try fill(digest, from: engine)
    }

    private func fill(_ digest: String, from compiling: Engine) throws {
        let compiled = try ModuleCompiler(compiling).compile(Array(Self.text.utf8))
        try cache.store(compiled, digest: digest, fingerprint: compiling.configuration.fingerprint)
    }

    private func run(_ module: Module) throws -> [Value] {
        try Linker(engine).instantiate(module, in: Store(engine)).call("f")
    }

    private func codePath() throws -> String {
        let name = try Files.names(inDirectory: cache.root, limit: 100).first { $0.hasSuffix(".cwasm") }
        return "\(cache.root)/\(try #require(name))"
    }

    private func settle() { pause(milliseconds: 80) }

    @Test func aCompiledModuleIsFoundAndRuns() throws {
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
        try fill()
        let module = try #require(try cache.module(digest: Self.digest, for: engine))
        #expect(try run(module) == [.i32(42)])
        #expect(try cache.contains(digest: Self.digest, fingerprint: engine.configuration.fingerprint))
    }

    @Test func filesAndDirectoryArePrivate() throws {
        try fill()
        #expect(try FileStatus.of(cache.root).permissions == 0o700)
        for name in try Files.names(inDirectory: cache.root, limit: 100) {
            #expect(try FileStatus.of("\(cache.root)/\(name)").permissions == 0o600, "\(name)")
        }
    }

    @Test func whatAParallelCompilerMadeServesAnEngineOfOneThread() throws {
        let compiling = try Fixtures.engine { $0.compilesInParallel = true }
        try fill(Self.digest, from: compiling)
        #expect(try run(#require(try cache.module(digest: Self.digest, for: engine))) == [.i32(42)])
    }

    @Test func theEngineItselfRefusesCodeOfOtherSettings() throws {
        let other = try Fixtures.engine { $0.consumesFuel = true }
        let compiled = try Module.compile(other, ModuleText.binary(fromText: Self.text)).serialize()
        // As if the fingerprint had been too coarse.
        try cache.store(compiled, digest: Self.digest, fingerprint: engine.configuration.fingerprint)
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
    }

    @Test func anotherConfigurationHasAnotherEntry() throws {
        try fill()
        let other = try Fixtures.engine { $0.consumesFuel = true }
        #expect(other.configuration.fingerprint != engine.configuration.fingerprint)
        #expect(try cache.module(digest: Self.digest, for: other) == nil)
    }

    @Test(arguments: ["flip", "truncate", "extend", "empty", "garbage"])
    func aDamagedFileIsNeverLoaded(_ damage: String) throws {
        try fill()
        // Both in the tick of the seal and after it has settled.
        for waits in [false, true] {
            if waits {
                settle()
                #expect(try cache.module(digest: Self.digest, for: engine) != nil)
            }
            let path = try codePath()
            var bytes = try Files.contents(of: path, limit: 1 << 30)
            switch damage {
            case "flip": bytes[bytes.count / 2] ^= 0x10
            case "truncate": bytes.removeLast(100)
            case "extend": bytes += [0]
            case "empty": bytes = []
            default: bytes = [UInt8](repeating: 7, count: bytes.count)
            }
            let file = try Files.open(path, flags: [.writeOnly, .truncate])
            try Files.writeAll(file.rawValue, bytes)
            try file.close()
            #expect(try cache.module(digest: Self.digest, for: engine) == nil)
            // Compiled again, it is whole again.
            try fill()
            #expect(try run(#require(try cache.module(digest: Self.digest, for: engine))) == [.i32(42)])
        }
    }

    @Test func aForeignFileIsNeverLoaded() throws {
        try fill()
        let path = try codePath()
        let bytes = try Files.contents(of: path, limit: 1 << 30)
        // A link in its place, even to the very same bytes.
        try scratch.write("elsewhere", bytes)
        try Files.unlink(path)
        try FileCalls.symbolicLink(to: scratch.path + "/elsewhere", at: path, in: Files.currentDirectory)
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
        // A second name for it.
        try Files.unlink(path)
        try FileCalls.link(
            scratch.path + "/elsewhere", in: Files.currentDirectory, to: path, in: Files.currentDirectory)
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
        try Files.unlink(path)
        // Readable by others.
        try fill()
        try OwnershipCalls.setPermissions(try codePath(), in: Files.currentDirectory, 0o644)
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
        // A directory.
        try Files.unlink(path)
        try Files.makeDirectory(path, mode: 0o700)
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
    }

    @Test func aDamagedSealIsNoReasonToTrust() throws {
        try fill()
        let names = try Files.names(inDirectory: cache.root, limit: 100)
        let seal = "\(cache.root)/\(try #require(names.first { $0.hasSuffix(".seal") }))"
        let good = try Files.contents(of: seal, limit: 4096)
        for index in good.indices {
            var bad = good
            bad[index] ^= 1
            let file = try Files.open(seal, flags: [.writeOnly, .truncate])
            try Files.writeAll(file.rawValue, bad)
            try file.close()
            #expect(try cache.module(digest: Self.digest, for: engine) == nil)
        }
        try Files.unlink(seal)
        #expect(try cache.module(digest: Self.digest, for: engine) == nil)
    }

    @Test func aRestoredFileIsLookedAtOnceAndTrustedAgain() throws {
        try fill()
        settle()
        let path = try codePath()
        let bytes = try Files.contents(of: path, limit: 1 << 30)
        try Files.unlink(path)
        let file = try Files.open(path, flags: [.writeOnly, .create], mode: 0o600)
        try Files.writeAll(file.rawValue, bytes)
        try file.close()
        #expect(try cache.module(digest: Self.digest, for: engine) != nil)
    }

    @Test func aDirectoryOthersMayEnterIsRefused() throws {
        try Files.makeDirectory(scratch.path + "/open", mode: 0o755)
        // Another test's umask must not close what this one wants open.
        let open = try Files.open(scratch.path + "/open", flags: [.readOnly, .directory])
        try OwnershipCalls.setPermissions(of: open.rawValue, 0o755)
        #expect(throws: CacheError.self) { _ = try CompiledModuleCache(root: scratch.path + "/open") }
        try FileCalls.symbolicLink(to: cache.root, at: scratch.path + "/link", in: Files.currentDirectory)
        #expect(throws: CacheError.self) { _ = try CompiledModuleCache(root: scratch.path + "/link") }
    }

    @Test(arguments: [
        "", "sha256:", "sha256:xyz", "../../etc/passwd", "sha256:../../../../../../../../../../../etc/passwd",
    ])
    func whatIsNoDigestIsRefused(_ digest: String) {
        #expect(throws: CacheError.self) { try cache.module(digest: digest, for: engine) }
        #expect(throws: CacheError.self) { try cache.store([1], digest: digest, fingerprint: "x") }
    }

    @Test func theLeastRecentlyUsedGoesFirst() throws {
        let small = try CompiledModuleCache(root: scratch.path + "/small", sizeLimit: 10_000)
        func digest(_ number: Int) -> String { "sha256:" + String(repeating: "0", count: 62) + "\(10 + number)" }
        func seal(_ number: Int) -> String { "\(small.root)/\(digest(number).replacing(":")).fp.seal" }
        for number in 0..<3 {
            try small.store([UInt8](repeating: 1, count: 3_000), digest: digest(number), fingerprint: "fp")
        }
        // Used 3, 1 and 2 days ago.
        let now = Clocks.now(.realtime)
        for (number, days) in [(0, 3), (1, 1), (2, 2)] {
            let moment = FileTimes.Change.set(nanosecondsSinceEpoch: now - UInt64(days) * 86_400_000_000_000)
            try FileCalls.setTimes(
                seal(number), in: Files.currentDirectory, FileTimes(accessed: .keep, modified: moment))
        }
        try small.store([UInt8](repeating: 1, count: 3_000), digest: digest(3), fingerprint: "fp")
        #expect(try small.entries().map(\.digest) == [digest(3), digest(1), digest(2)])
        // Using one moves it to the front.
        #expect(try small.contains(digest: digest(2), fingerprint: "fp"))
        #expect(try small.entries().map(\.digest).last == digest(1))
        #expect(try small.prune(to: 6_000).entries == 1)
        #expect(try small.entries().count == 2)
        // One that is larger than the limit alone stays until the next.
        try small.store([UInt8](repeating: 1, count: 30_000), digest: digest(4), fingerprint: "fp")
        #expect(try small.entries().map(\.digest) == [digest(4)])
        #expect(try small.prune().size == 30_000)
        #expect(try small.entries().isEmpty)
    }

    @Test func aSourceIsKnownByItsIdentityOnceItSettled() throws {
        try scratch.write("guest.wasm", [1, 2, 3])
        let fresh = try scratch.identity("guest.wasm")
        #expect(cache.digest(of: fresh) == nil)
        // Written a moment ago: it could change again within the clock's tick.
        #expect(!cache.remember(digest: Self.digest, of: fresh))
        settle()
        #expect(cache.remember(digest: Self.digest, of: fresh))
        #expect(cache.digest(of: try scratch.identity("guest.wasm")) == Self.digest)
        // Another size, or the same size written again.
        try scratch.write("guest.wasm", [1, 2, 4])
        #expect(cache.digest(of: try scratch.identity("guest.wasm")) == nil)
    }

    @Test func timesThatCanHideAWriteAreNotTrusted() {
        var identity = FileIdentity(device: 1, inode: 1, size: 1, modified: 5_000_000_001, changed: 5_000_000_001)
        #expect(!identity.isSettled(at: 5_000_000_001))
        #expect(!identity.isSettled(at: 5_040_000_000))
        #expect(identity.isSettled(at: 5_060_000_000))
        // In the future.
        #expect(!identity.isSettled(at: 4_000_000_000))
        // A file system of whole seconds.
        identity = FileIdentity(device: 1, inode: 1, size: 1, modified: 5_000_000_000, changed: 5_000_000_000)
        #expect(!identity.isSettled(at: 6_900_000_000))
        #expect(identity.isSettled(at: 7_000_000_000))
    }

    @Test func twoWritersAtOnceLeaveAWholeEntry() async throws {
        let cache = cache
        let compiled = try ModuleCompiler(engine).compile(Array(Self.text.utf8))
        let fingerprint = engine.configuration.fingerprint
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10 {
                        try cache.store(compiled, digest: Self.digest, fingerprint: fingerprint)
                        _ = try cache.contains(digest: Self.digest, fingerprint: fingerprint)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try run(#require(try cache.module(digest: Self.digest, for: engine))) == [.i32(42)])
        #expect(try Files.names(inDirectory: cache.root, limit: 100).count == 3)
    }

    @Test func whoNeedsTheSameCodeWaitsForWhoCompilesIt() async throws {
        guard let first = cache.turn(toCompile: Self.digest) else {
            Issue.record("nobody compiles it")
            return
        }
        let other = try CompiledModuleCache(root: cache.root)
        #expect(Self.isFree("sha256:" + String(repeating: "cd", count: 32), other), "of another source nobody waits")
        let begun = try Descriptors.pipe()
        let told = begun.write.rawValue
        let waiting = Task.detached {
            try Files.writeAll(told, [1])
            let isFree = Self.isFree(Self.digest, other)
            return (isFree, try other.contains(digest: Self.digest, fingerprint: "fp"))
        }
        var byte: [UInt8] = [0]
        _ = try byte.withUnsafeMutableBytes { try Files.read(begun.read.rawValue, into: $0) }
        pause(milliseconds: 200)
        try cache.store([1, 2, 3], digest: Self.digest, fingerprint: "fp")
        try first.close()
        let (isFree, isThere) = try await waiting.value
        #expect(!isFree && isThere)
        #expect(Self.isFree(Self.digest, cache), "the next one waits for nobody")
    }

    /// Whether it is the caller's turn to compile; it isn't any more afterwards.
    private static func isFree(_ digest: String, _ cache: CompiledModuleCache) -> Bool {
        switch cache.turn(toCompile: digest) {
        case .some: true
        case nil: false
        }
    }

    @Test func theCompilerRefusesWhatIsTooLargeOrNoModule() throws {
        var limits = ModuleCompiler.Limits()
        limits.sourceBytes = 20
        #expect(throws: EngineError.self) {
            try ModuleCompiler(engine, limits: limits).compile(Array(Self.text.utf8))
        }
        limits = ModuleCompiler.Limits()
        limits.compiledBytes = 100
        #expect(throws: EngineError.self) {
            try ModuleCompiler(engine, limits: limits).compile(Array(Self.text.utf8))
        }
        #expect(throws: EngineError.self) { try ModuleCompiler(engine).compile([0xff, 0xfe]) }
    }
}

extension String {
    fileprivate func replacing(_ character: Character) -> String { map { $0 == character ? "-" : String($0) }.joined() }
}
