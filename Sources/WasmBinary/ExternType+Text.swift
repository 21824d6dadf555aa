// How types are shown to people: near the text format, but read from left to right.

extension FunctionType: CustomStringConvertible {
    /// `(i32, i64) -> i32`, with `()` for nothing and `(i32, i32)` for several results.
    public var description: String {
        let left = "(\(parameters.map(\.description).joined(separator: ", ")))"
        guard results.count != 1 else { return "\(left) -> \(results[0])" }
        return "\(left) -> (\(results.map(\.description).joined(separator: ", ")))"
    }
}

extension Limits: CustomStringConvertible {
    public var description: String {
        guard let maximum else { return "\(minimum)" }
        return "\(minimum)...\(maximum)"
    }
}

extension ExternType: CustomStringConvertible {
    /// `func (i32) -> i32`, `memory 1...16 pages, shared`, `table 3 funcref`, `global mut i32`, `tag (i32)`.
    public var description: String {
        switch self {
        case .function(let type): "func \(type)"
        case .table(let type):
            "table" + (type.limits.map { " \($0)" } ?? "") + " \(type.element)" + (type.is64 ? ", 64-bit" : "")
        case .memory(let type):
            "memory \(type.limits) pages" + (type.isShared ? ", shared" : "") + (type.is64 ? ", 64-bit" : "")
        case .global(let type): "global \(type.isMutable ? "mut " : "")\(type.content)"
        case .tag(let type): "tag \(type)"
        }
    }
}
