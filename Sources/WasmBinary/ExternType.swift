/// The type of something that a module imports or exports (core specification, 2.3.13).
public enum ExternType: Hashable, Sendable {
    case function(FunctionType)
    case table(TableType)
    case memory(MemoryType)
    case global(GlobalType)
    case tag(FunctionType)
}

public struct FunctionType: Hashable, Sendable {
    public var parameters: [ValueType]
    public var results: [ValueType]

    public init(parameters: [ValueType], results: [ValueType]) {
        self.parameters = parameters
        self.results = results
    }
}

/// How small and how large a memory or a table may be.
public struct Limits: Hashable, Sendable {
    public var minimum: UInt64
    /// Nil when nothing but the address type bounds it.
    public var maximum: UInt64?

    public init(minimum: UInt64, maximum: UInt64?) {
        self.minimum = minimum
        self.maximum = maximum
    }
}

public struct TableType: Hashable, Sendable {
    public var element: ReferenceType
    /// In elements. Nil when whoever described the table couldn't tell.
    public var limits: Limits?
    public var is64: Bool

    public init(element: ReferenceType, limits: Limits?, is64: Bool) {
        self.element = element
        self.limits = limits
        self.is64 = is64
    }
}

public struct MemoryType: Hashable, Sendable {
    /// In pages.
    public var limits: Limits
    public var is64: Bool
    public var isShared: Bool

    public init(limits: Limits, is64: Bool, isShared: Bool) {
        self.limits = limits
        self.is64 = is64
        self.isShared = isShared
    }
}

public struct GlobalType: Hashable, Sendable {
    public var content: ValueType
    public var isMutable: Bool

    public init(content: ValueType, isMutable: Bool) {
        self.content = content
        self.isMutable = isMutable
    }
}

/// Something that a module wants from outside.
public struct ModuleImport: Hashable, Sendable {
    public var module: String
    public var name: String
    public var type: ExternType

    public init(module: String, name: String, type: ExternType) {
        self.module = module
        self.name = name
        self.type = type
    }
}

/// Something that a module offers.
public struct ModuleExport: Hashable, Sendable {
    public var name: String
    public var type: ExternType

    public init(name: String, type: ExternType) {
        self.name = name
        self.type = type
    }
}
