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

    public var sections: [Section] {
        switch self {
        case .module(let module): module.sections
        case .component(let component): component.sections
        }
    }

    /// The name that the binary gives itself.
    public var name: String? {
        switch self {
        case .module(let module): module.name
        case .component(let component): component.name
        }
    }
}
