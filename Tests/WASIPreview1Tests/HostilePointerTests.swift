import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite("Hostile arguments")
struct HostilePointerTests {
    private static let size = Guest.memorySize

    /// Addresses, lengths and numbers at the edges of what exists: outside, wrapping, unaligned, at the end of memory.
    private static let narrow = [
        -1, -2, -4, -8, -64, 0, 1, 3, 7, 0x7fff_ffff, Int(Int32.min), size, size - 1, size - 3, size - 4, size - 8,
        size + 1, 1001, 4096, 3, 4,
    ]
    private static let wide = [0, 1, 2, -1, -2, Int.max, Int.min, 0xffff_ffff, 0x1_0000_0000]

    /// Every function of every form, net's and WasmEdge's too.
    static let functions: [Preview1Function] = Preview1Functions.all + WasmEdgeFunctions.table

    /// Calls that wait by contract, or end the guest, are tested by their own suites.
    private static let ends = ["proc_exit", "proc_raise"]

    /// The function under test, with what the test itself needs.
    private static func table(_ function: Preview1Function) -> [Preview1Function] {
        [function]
            + Preview1Functions.table(of: .snapshot).filter { $0.name == "path_open" && function.name != $0.name }
    }

    private func guest(
        _ function: Preview1Function, _ module: Module, _ files: GuestFiles, null: Int32
    ) throws -> Guest {
        try Guest(functions: Self.table(function), module: module) { configuration in
            configuration.preopens = [try files.preopen()]
            configuration.arguments = [Array("argument".utf8)]
            configuration.environment = [Array("A=B".utf8)]
            configuration.standardInput = null
            configuration.standardOutput = null
            configuration.standardError = null
            // Nothing that a wild call asks for takes long.
            configuration.limits.bytesPerCall = 1 << 20
        }
    }

    /// Descriptor 3 is a directory, and 4 a file without the right to allocate: a wild call could fill the disk.
    private func prepare(_ guest: Guest) {
        let descriptors = guest.context.descriptors
        if (try? descriptors.slot(4)) == nil, (try? descriptors.slot(3)) != nil {
            _ = try? guest.open("f", rights: Preview1Rights.all.subtracting([.fdAllocate, .fdFilestatSetSize]))
        }
        // Zeros are a subscription to a clock that has run out: nothing waits.
        guest.clear()
    }

    @Test("are answered by an errno or a trap, and the host goes on", arguments: functions.indices)
    func survived(index: Int) throws {
        let function = Self.functions[index]
        guard !Self.ends.contains(function.name) else { return }
        let files = try GuestFiles()
        try files.write("text", "f")
        let device = try Files.open("/dev/null", flags: [.readWrite])
        let null = device.rawValue
        let module = try Guest.module(Self.table(function))
        var guest = try guest(function, module, files, null: null)
        var generator = SplitMix(seed: UInt64(index) + 1)
        for _ in 0..<250 {
            prepare(guest)
            let arguments = function.parameters.map { type in
                (type == .i64 ? Self.wide : Self.narrow).randomElement(using: &generator) ?? 0
            }
            do {
                let errno = try guest.call(function.name, arguments)
                // WasmEdge adds the numbers of getaddrinfo after the last one of the standard.
                let last = function.name == "sock_getaddrinfo" ? 88 : Preview1Errno.notcapable.rawValue
                #expect(errno.rawValue <= last, "\(function.name) \(arguments)")
            } catch let error as EngineError {
                let trap = try #require(error.trap, "\(function.name) \(arguments): \(error)")
                guard case .host(let fault) = trap.reason else {
                    Issue.record("\(function.name) \(arguments): \(trap.message)")
                    continue
                }
                #expect(fault is GuestMemoryFault)
                // After a trap a store isn't used again.
                guest = try self.guest(function, module, files, null: null)
            }
        }
    }

    /// Functions whose last parameter is where a result goes, with arguments that succeed up to there.
    static let results: [(name: String, arguments: [Int], size: Int)] = [
        ("args_sizes_get", [100], 4), ("environ_sizes_get", [100], 4), ("fd_fdstat_get", [3], 24),
        ("fd_filestat_get", [3], 64), ("fd_prestat_get", [3], 8), ("fd_read", [0, 100, 0], 4),
        ("fd_write", [1, 100, 0], 4), ("fd_pread", [4, 100, 0, 0], 4), ("fd_pwrite", [4, 100, 0, 0], 4),
        ("fd_seek", [4, 0, 0], 8), ("fd_tell", [4], 8), ("fd_readdir", [3, 5000, 100, 0], 4),
        ("clock_res_get", [0], 8), ("clock_time_get", [0, 0], 8),
    ]

    @Test(
        "for a result at the very end of memory: the last place works, the next one traps", arguments: results.indices)
    func lastPlace(index: Int) throws {
        let (name, arguments, count) = Self.results[index]
        let files = try GuestFiles()
        try files.write("text", "f")
        let null = try Files.open("/dev/null", flags: [.readWrite])
        let number = null.rawValue
        let guest = try files.guest { configuration in
            configuration.standardInput = number
            configuration.standardOutput = number
        }
        #expect(try guest.opened("f") == 4)
        #expect(try guest.call(name, arguments + [Self.size - count]) == .success)
        for address in [Self.size - count + 1, Self.size, -count, -1] {
            #expect(guest.trap(name, arguments + [address]) != nil, "\(name) at \(address)")
        }
    }
}

/// A small generator with a seed, so that a failing call can be made again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
