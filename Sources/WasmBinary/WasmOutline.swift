/// A binary seen from outside, module or component.
public enum WasmOutline: Hashable, Sendable {
    case module(ModuleOutline)
    case component(ComponentOutline)

    public init(_ bytes: [UInt8]) throws(BinaryError) {
        switch BinaryKind(preamble: bytes) {
        case .module: self = .module(try ModuleOutline(bytes))
        case .component: self = .component(try ComponentOutline(bytes))
        case nil: throw BinaryError(.notWebAssembly, at: 0)
        }
    }
}
