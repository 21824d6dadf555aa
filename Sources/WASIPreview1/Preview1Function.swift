import WasmEngine

/// The two versions of preview 1 that modules import from.
public enum Preview1Dialect: Sendable, CaseIterable {
    /// `wasi_snapshot_preview1`.
    case snapshot
    /// `wasi_unstable`: the order of `whence`, the width of `nlink` and the layout of a subscription differ.
    case unstable

    /// The name of the import module.
    public var moduleName: String {
        switch self {
        case .snapshot: "wasi_snapshot_preview1"
        case .unstable: "wasi_unstable"
        }
    }
}

/// What every function is called with beside the guest's memory and the raw arguments.
public struct Preview1Call: Sendable {
    public let context: Preview1Context
    public let dialect: Preview1Dialect
}

/// One function that a guest can import: an entry of the registration table.
///
/// Each group of functions is an enum with `static let table: [Preview1Function]`; `Preview1Functions.all` joins
/// them. An entry takes the raw arguments apart and calls a static function with typed ones.
public struct Preview1Function: Sendable {
    /// Returns for success; the error number, the trap and the exit are thrown.
    typealias Body =
        @Sendable (Preview1Call, borrowing GuestMemory, borrowing RawValues) throws(Preview1Failure) -> Void

    public let name: String
    public let parameters: [ValueType]

    /// Whether it returns an error number; `proc_exit` alone returns nothing.
    public let returnsErrno: Bool

    /// Whether `wasi_unstable` has it too.
    public let isInUnstable: Bool

    let body: Body

    init(
        _ name: String, _ parameters: [ValueType], returnsErrno: Bool = true, isInUnstable: Bool = true,
        _ body: @escaping Body
    ) {
        self.name = name
        self.parameters = parameters
        self.returnsErrno = returnsErrno
        self.isInUnstable = isInUnstable
        self.body = body
    }
}

/// All functions of preview 1, by group.
public enum Preview1Functions {
    public static let all: [Preview1Function] =
        ArgumentFunctions.table + DescriptorFunctions.table + DescriptorStateFunctions.table + TransferFunctions.table
        + DirectoryFunctions.table
        + PathFunctions.table + PathOpenFunction.table + ProcessFunctions.table + ClockFunctions.table
        + RandomFunctions.table
        + PollFunctions.table + SockFunctions.table

    /// What a module of a dialect can import.
    public static func table(of dialect: Preview1Dialect) -> [Preview1Function] {
        all.filter { dialect == .snapshot || $0.isInUnstable }
    }
}
