import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct SeccompCacheTests {
    private func folder() throws -> (TemporaryDirectory, SeccompCache) {
        let directory = try TemporaryDirectory()
        return (directory, SeccompCache(path: "\(directory.path)/filters"))
    }

    private let seccomp = LinuxSeccomp(defaultAction: .allow, syscalls: [.init(names: ["mkdir"], action: .kill)])

    private func file(_ directory: TemporaryDirectory) throws -> String {
        let names = try Files.names(inDirectory: "\(directory.path)/filters", limit: 100)
        return "\(directory.path)/filters/\(try #require(names.count == 1 ? names.first : nil))"
    }

    @Test func whatWasCompiledIsFoundAgain() throws {
        let (directory, cache) = try folder()
        let compiled = try CompiledSeccomp(seccomp, cache: cache)
        let text = SeccompText(seccomp).bytes
        #expect(cache.program(for: text) == compiled.program)
        #expect(try CompiledSeccomp(seccomp, cache: cache) == compiled)
        #expect(try CompiledSeccomp(seccomp) == compiled)
        #expect(try FileStatus.of("\(directory.path)/filters").permissions == 0o700)
        #expect(try FileStatus.of(try file(directory)).permissions == 0o600)
        withExtendedLifetime(directory) {}
    }

    @Test func anotherTextIsAnotherFilterEvenInTheSameFile() throws {
        let (directory, cache) = try folder()
        // More texts than files: some share one, and each is still answered by its own program or not at all.
        var programs: [[UInt8]: [UInt8]] = [:]
        for number in 0..<200 {
            let text = Array("text \(number)".utf8)
            programs[text] = [UInt8](repeating: UInt8(number), count: 8 * (1 + number % 5))
            cache.keep(programs[text] ?? [], for: text)
        }
        var found = 0
        for (text, program) in programs {
            guard let known = cache.program(for: text) else { continue }
            #expect(known == program)
            found += 1
        }
        #expect(found > 20 && found <= Int(SeccompCache.slots))
        let names = try Files.names(inDirectory: "\(directory.path)/filters", limit: 1000)
        #expect(names.count <= Int(SeccompCache.slots))
    }

    @Test func everyPartOfAProfileChangesItsText() {
        let rule = LinuxSeccomp.Rule(
            names: ["a", "b"], action: .errno, errno: 1, args: [.init(index: 1, value: 2, valueTwo: 3, op: .equal)])
        var texts: Set<[UInt8]> = []
        var rules: [LinuxSeccomp.Rule] = [rule]
        for change in [
            { $0.names = ["ab"] }, { $0.names = ["a", "c"] }, { $0.errno = 2 }, { $0.action = .trace },
            { $0.args = [] },
            { $0.args[0].index = 0 }, { $0.args[0].value = 300 }, { $0.args[0].valueTwo = 1 << 40 },
            { $0.args[0].op = .less },
        ] as [(inout LinuxSeccomp.Rule) -> Void] {
            var changed = rule
            change(&changed)
            rules.append(changed)
        }
        for rule in rules { texts.insert(SeccompText(LinuxSeccomp(defaultAction: .allow, syscalls: [rule])).bytes) }
        texts.insert(SeccompText(LinuxSeccomp(defaultAction: .kill, syscalls: [rule])).bytes)
        texts.insert(SeccompText(LinuxSeccomp(defaultAction: .allow, architectures: [.x86], syscalls: [rule])).bytes)
        texts.insert(SeccompText(LinuxSeccomp(defaultAction: .allow, syscalls: [rule, rule])).bytes)
        #expect(texts.count == rules.count + 3)
    }

    @Test func aDamagedFileIsNotUsed() throws {
        let (directory, cache) = try folder()
        let compiled = try CompiledSeccomp(seccomp, cache: cache)
        let text = SeccompText(seccomp).bytes
        let path = try file(directory)
        let whole = try Files.contents(of: path, limit: 1 << 20)
        for index in stride(from: 0, to: whole.count, by: 7) {
            var damaged = whole
            damaged[index] ^= 0x10
            let file = try Files.open(path, flags: [.writeOnly, .truncate])
            try Files.writeAll(file.rawValue, damaged)
            #expect(cache.program(for: text) == nil, "byte \(index)")
        }
        for length in [0, 10, whole.count - 1, whole.count - 8] {
            let file = try Files.open(path, flags: [.writeOnly, .truncate])
            try Files.writeAll(file.rawValue, Array(whole[..<length]))
            #expect(cache.program(for: text) == nil, "\(length) bytes")
        }
        #expect(try CompiledSeccomp(seccomp, cache: cache) == compiled)
        #expect(cache.program(for: text) == compiled.program)
    }

    @Test func whatOthersCouldHaveWrittenIsNotUsed() throws {
        let (directory, cache) = try folder()
        _ = try CompiledSeccomp(seccomp, cache: cache)
        let text = SeccompText(seccomp).bytes
        let path = try file(directory)
        func setMode(_ path: String, _ mode: UInt32) throws {
            let file = try Files.open(path, flags: .readOnly)
            try OwnershipCalls.setPermissions(of: file.rawValue, mode)
        }
        try setMode(path, 0o620)
        #expect(cache.program(for: text) == nil)
        try setMode(path, 0o600)
        #expect(cache.program(for: text) != nil)
        try setMode("\(directory.path)/filters", 0o770)
        #expect(cache.program(for: text) == nil)
        try setMode("\(directory.path)/filters", 0o700)
        if Machine.isRoot {
            let file = try Files.open(path, flags: .readOnly)
            try OwnershipCalls.setOwner(of: file.rawValue, user: 1000, group: 0)
            #expect(cache.program(for: text) == nil)
            try OwnershipCalls.setOwner(of: file.rawValue, user: 0, group: 0)
            #expect(cache.program(for: text) != nil)
        }
        // A second name or a link.
        try Files.rename(path, to: "\(directory.path)/moved")
        try FileCalls.symbolicLink(to: "\(directory.path)/moved", at: path, in: -100)
        #expect(cache.program(for: text) == nil)
        try Files.unlink(path)
        try FileCalls.link("\(directory.path)/moved", in: -100, to: path, in: -100)
        #expect(cache.program(for: text) == nil)
    }

    @Test func aFolderThatCanNotBeIsNoError() throws {
        let (directory, _) = try folder()
        let file = try directory.write("file", "x")
        for path in [file, "\(file)/below", "/proc/none", ""] {
            #expect(try !CompiledSeccomp(seccomp, cache: SeccompCache(path: path)).program.isEmpty)
        }
    }
}
