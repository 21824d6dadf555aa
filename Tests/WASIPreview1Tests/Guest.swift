import HostCapabilities
import Synchronization
import SystemCalls
import WasmEngine

@testable import WASIPreview1

/// A module that imports every function of preview 1 and lets a test call each, with a memory that the test can see.
///
/// Its memory has one page, filled with a marker, so that a byte written where none belongs is found.
final class Guest {
    static let marker: UInt8 = 0xa5
    static let memorySize = 65536

    let context: Preview1Context
    private let instance: Instance
    private let functions: [String: FunctionType]
    /// What has to live as long as the guest.
    var files: GuestFiles?
    /// Where the next string or buffer goes.
    private var free: UInt32 = 1024

    private static let engine = Result { try Engine() }

    /// The module that imports and exports these functions; made once for guests that are made often.
    static func module(_ table: [Preview1Function], _ dialect: Preview1Dialect = .snapshot) throws -> Module {
        try Module.compile(engine.get(), ModuleText.binary(fromText: text(table, dialect)))
    }

    init(
        _ dialect: Preview1Dialect = .snapshot, functions table: [Preview1Function]? = nil, module: Module? = nil,
        _ configure: (inout Preview1Configuration) throws -> Void = { _ in }
    ) throws {
        var configuration = Preview1Configuration()
        try configure(&configuration)
        let context = try Preview1Context(configuration)
        self.context = context
        let table = table ?? Preview1Functions.table(of: dialect)
        let engine = try Self.engine.get()
        let linker = try Linker(engine)
        let call = Preview1Call(context: context, dialect: dialect)
        for function in table { try function.define(in: linker, call) }
        functions = Dictionary(table.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        instance = try linker.instantiate(module ?? Self.module(table, dialect), in: Store(engine))
        fill()
    }

    /// Each import is called by an exported function of its name: a host function sees only the memory of its caller.
    private static func text(_ table: [Preview1Function], _ dialect: Preview1Dialect) -> String {
        var (imports, bodies) = ("", "")
        for function in table {
            let parameters = function.parameters.map(\.description).joined(separator: " ")
            let result = function.returnsErrno ? "(result i32)" : ""
            let arguments = function.parameters.indices.map { "(local.get \($0))" }.joined()
            imports += """
                (import "\(dialect.moduleName)" "\(function.name)" (func $\(function.name) (param \(parameters)) \(result)))

                """
            bodies += """
                (func (export "\(function.name)") (param \(parameters)) \(result) (call $\(function.name) \(arguments)))

                """
        }
        return "(module \(imports) (memory (export \"memory\") 1) \(bodies))"
    }

    /// Calls a function; a trap and an exit are thrown.
    @discardableResult
    func call(_ name: String, _ arguments: Int...) throws -> Preview1Errno { try call(name, arguments) }

    @discardableResult
    func call(_ name: String, _ arguments: [Int]) throws -> Preview1Errno {
        let parameters = functions[name]?.parameters ?? []
        let values = zip(parameters, arguments).map { type, number -> Value in
            type == .i64 ? .i64(Int64(number)) : .i32(Int32(truncatingIfNeeded: number))
        }
        guard case .i32(let errno)? = try instance.call(name, values).first else { return .success }
        return Preview1Errno(rawValue: UInt16(truncatingIfNeeded: errno))
    }

    /// Calls a function and returns the trap that ended it.
    func trap(_ name: String, _ arguments: [Int]) -> Trap? {
        do {
            try call(name, arguments)
            return nil
        } catch let error as EngineError { return error.trap } catch { return nil }
    }
}

// The guest's memory as the test sees it.
extension Guest {
    private static let markerPage = [UInt8](repeating: marker, count: memorySize)
    private static let zeroPage = [UInt8](repeating: 0, count: memorySize)

    /// Fills the memory with the marker, so that what is written shows.
    func fill() { write(Self.markerPage, 0) }

    /// Fills the memory with zeros.
    func clear() { write(Self.zeroPage, 0) }

    func bytes(_ address: Int, _ count: Int) -> [UInt8] {
        instance.withMemory { try? $0.bytes(at: UInt64(address), count: UInt64(count)) }.flatMap { $0 } ?? []
    }

    func text(_ address: Int, _ count: Int) -> String { String(decoding: bytes(address, count), as: UTF8.self) }

    func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ address: Int) -> T? {
        instance.withMemory { try? $0.load(type, at: UInt64(address)) }.flatMap { $0 }
    }

    func u32(_ address: Int) -> UInt32? { number(UInt32.self, address) }
    func u64(_ address: Int) -> UInt64? { number(UInt64.self, address) }

    func write(_ bytes: [UInt8], _ address: Int) {
        instance.withMemory { try? $0.write(bytes, at: UInt64(address)) }
    }

    func write<T: FixedWidthInteger & BitwiseCopyable>(_ number: T, _ address: Int) {
        instance.withMemory { try? $0.store(number, at: UInt64(address)) }
    }

    /// Whether all bytes of the memory but these are as they were filled.
    func isUntouched(except ranges: Range<Int>...) -> Bool {
        let all = bytes(0, Self.memorySize)
        var expected = Self.markerPage
        for range in ranges { expected.replaceSubrange(range, with: all[range]) }
        return all == expected
    }

    /// Puts a string into free memory: its address and length, as arguments.
    func string(_ text: String) -> [Int] {
        let bytes = Array(text.utf8)
        let address = Int(free)
        write(bytes, address)
        free += UInt32(bytes.count + 16)
        return [address, bytes.count]
    }

    /// Puts an array of vectors at an address.
    func vectors(_ list: [(address: Int, count: Int)], at address: Int) {
        for (index, entry) in list.enumerated() {
            write(UInt32(truncatingIfNeeded: entry.address), address + index * 8)
            write(UInt32(truncatingIfNeeded: entry.count), address + index * 8 + 4)
        }
    }
}

// What most tests do on the way to what they test.
extension Guest {
    /// Every right.
    static let all = Int(Preview1Rights.all.rawValue)

    /// Opens a path below a directory: `oflags` 1 creates, 2 wants a directory, 4 exclusively, 8 truncates.
    func open(
        _ path: String, in directory: Int = 3, follow: Bool = true, oflags: Int = 0, rights: Preview1Rights = .all,
        inheriting: Preview1Rights = .all, flags: Int = 0
    ) throws -> (errno: Preview1Errno, number: Int) {
        let errno = try call(
            "path_open",
            [directory, follow ? 1 : 0] + string(path) + [
                oflags, Int(truncatingIfNeeded: rights.rawValue), Int(truncatingIfNeeded: inheriting.rawValue), flags,
                16,
            ])
        return (errno, Int(u32(16) ?? 0))
    }

    /// Opens a path that has to open.
    func opened(
        _ path: String, in directory: Int = 3, oflags: Int = 0, rights: Preview1Rights = .all,
        inheriting: Preview1Rights = .all, flags: Int = 0
    ) throws -> Int {
        let result = try open(path, in: directory, oflags: oflags, rights: rights, inheriting: inheriting, flags: flags)
        guard result.errno == .success else { throw Preview1Failure.errno(result.errno) }
        return result.number
    }

    /// The flags, base and inheriting rights that `fd_fdstat_get` tells.
    func state(_ number: Int) throws -> (type: UInt8, flags: UInt16, base: Preview1Rights, inheriting: Preview1Rights) {
        let errno = try call("fd_fdstat_get", number, 64)
        guard errno == .success else { throw Preview1Failure.errno(errno) }
        return (
            bytes(64, 1).first ?? 0xff, self.number(UInt16.self, 66) ?? 0, Preview1Rights(rawValue: u64(72) ?? 0),
            Preview1Rights(rawValue: u64(80) ?? 0)
        )
    }

    /// Writes text with one vector.
    func writeText(_ number: Int, _ text: String) throws -> Preview1Errno {
        let place = string(text)
        vectors([(place[0], place[1])], at: 32)
        return try call("fd_write", number, 32, 1, 48)
    }

    /// Reads at most `count` bytes with one vector.
    func readText(_ number: Int, _ count: Int = 100) throws -> String {
        vectors([(40_000, count)], at: 32)
        let errno = try call("fd_read", number, 32, 1, 48)
        guard errno == .success else { throw Preview1Failure.errno(errno) }
        return text(40_000, Int(u32(48) ?? 0))
    }
}

/// A directory of the host for one guest; removed at the end.
final class GuestFiles: Sendable {
    private static let counter = Atomic<Int>(0)
    let path: String

    init() throws {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        path = "/tmp/martlet-preview1-\(Processes.current)-\(number)"
        try Files.makeDirectory(path, mode: 0o755)
    }

    deinit { try? TreeRemoval.remove(path) }

    func preopen(
        _ guestPath: String = "/data", _ access: OpenDirectory.Access = .readWrite,
        _ confinement: OpenDirectory.Confinement = .beneath
    ) throws -> Preopen {
        Preopen(
            guestPath: guestPath,
            directory: OpenDirectory(
                adopting: try Files.open(path, flags: [.directory]), access: access, confinement: confinement))
    }

    func write(_ text: String, _ name: String) throws {
        let file = try Files.open(path + "/" + name, flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    func contents(_ name: String) throws -> String {
        String(decoding: try Files.contents(of: path + "/" + name, limit: 1 << 20), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { (try? FileStatus.of(path + "/" + name)) != nil }

    /// A guest that sees this directory at descriptor 3.
    func guest(
        _ dialect: Preview1Dialect = .snapshot, _ access: OpenDirectory.Access = .readWrite,
        _ configure: (inout Preview1Configuration) throws -> Void = { _ in }
    ) throws -> Guest {
        let guest = try Guest(dialect) { configuration in
            configuration.preopens = [try preopen("/data", access)]
            try configure(&configuration)
        }
        guest.files = self
        return guest
    }
}
