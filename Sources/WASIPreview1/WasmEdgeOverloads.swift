import WasmEngine

// Some names have several forms: WasmEdge's sockets came before the standard's `sock_accept`, and a few of its functions
// have two generations under one name.
extension Preview1Functions {
    /// One function for each name: in the form that the module imports, or the standard one when it imports none.
    ///
    /// Errors: `linking` for a form that doesn't exist, which names those that do.
    static func table(
        of dialect: Preview1Dialect, importedBy imports: [ModuleImport]
    ) throws(EngineError) -> [Preview1Function] {
        let offered = table(of: dialect) + (dialect == .snapshot ? WasmEdgeFunctions.table : [])
        var wanted: [String: FunctionType] = [:]
        for item in imports where item.module == dialect.moduleName {
            if case .function(let type) = item.type { wanted[item.name] = type }
        }
        var forms: [String: [Preview1Function]] = [:]
        for function in offered { forms[function.name, default: []].append(function) }
        var chosen: [Preview1Function] = []
        for (name, candidates) in forms {
            guard let type = wanted[name] else {
                chosen += candidates.prefix(1)
                continue
            }
            guard let match = candidates.first(where: { $0.type == type }) else {
                let known = candidates.map(\.type.description).joined(separator: " and as ")
                throw EngineError(
                    .linking, "link \(dialect.moduleName).\(name)",
                    "the module imports it as \(type); martlet has it as \(known)")
            }
            chosen.append(match)
        }
        return chosen
    }
}

extension Preview1Function {
    var type: FunctionType { FunctionType(parameters: parameters, results: returnsErrno ? [.i32] : []) }
}
