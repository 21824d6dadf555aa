import HostCapabilities
import SystemCalls
import WasmEngine

/// Everything that the functions of one guest share: its descriptors and what it was given. All threads use the same
/// one.
public final class Preview1Context: Sendable {
    public let descriptors: DescriptorTable
    public let arguments: StringArea
    public let environment: StringArea
    public let network: Network
    public let limits: GuestLimits

    /// Sets up descriptors 0, 1 and 2, the preopened directories and the listeners, in this order.
    ///
    /// Errors: `mfile` when they are more than the limit on open descriptors, `notsock` for a listener that is no
    /// socket.
    public init(_ configuration: Preview1Configuration) throws(Preview1Failure) {
        limits = configuration.limits
        network = Network(policy: configuration.network, resolver: configuration.resolver)
        arguments = StringArea(configuration.arguments)
        environment = StringArea(configuration.environment)
        descriptors = DescriptorTable(limit: configuration.limits.openDescriptors)
        // Owned first, so that they are closed even if one of them finds no place.
        let network = network
        let listeners = configuration.listeners.map { network.adopt(listener: OwnedDescriptor(adopting: $0)) }
        try descriptors.insert(stream: StandardStream(lending: configuration.standardInput, .input))
        try descriptors.insert(stream: StandardStream(lending: configuration.standardOutput, .output))
        try descriptors.insert(stream: StandardStream(lending: configuration.standardError, .output))
        for preopen in configuration.preopens {
            _ = try descriptors.insert(
                .init(
                    .directory(DirectoryEntry(preopen.directory, preopenedAs: preopen.guestPath)),
                    base: .directory, inheriting: .directory.union(.file)))
        }
        for listener in listeners {
            guard let listener else { throw .errno(.notsock) }
            _ = try descriptors.insert(.init(.socket(listener), base: .listener, inheriting: .connection))
        }
    }

    /// Offers every function to modules, under the names of both dialects.
    ///
    /// A name that has several forms is offered in the form that the module imports. A module that imports a form which
    /// doesn't exist is refused with the ones that do. With a module given, only what it imports is defined: a hundred
    /// definitions that nobody asks for would cost a tenth of a millisecond at every start.
    public func define(in linker: Linker, for module: Module? = nil) throws(EngineError) {
        let imports = module?.imports ?? []
        for dialect in Preview1Dialect.allCases {
            let call = Preview1Call(context: self, dialect: dialect)
            let wanted = Set(imports.lazy.filter { $0.module == dialect.moduleName }.map(\.name))
            if module != nil, wanted.isEmpty { continue }
            for function in try Preview1Functions.table(of: dialect, importedBy: imports)
            where module == nil || wanted.contains(function.name) {
                try function.define(in: linker, call)
            }
        }
    }
}

extension DescriptorTable {
    /// A standard stream, with the rights that its direction and its kind of file allow.
    fileprivate func insert(stream: StandardStream) throws(Preview1Failure) {
        let isSeekable = !stream.isTerminal && [.regular, .characterDevice, .blockDevice].contains(stream.kind)
        let rights: Preview1Rights = isSeekable ? .file : .stream
        let direction: Preview1Rights =
            switch stream.direction {
            case .input: [.fdWrite, .fdAllocate, .fdFilestatSetSize, .fdFilestatSetTimes]
            case .output: [.fdRead]
            }
        _ = try insert(.init(.stream(stream), base: rights.subtracting(direction)))
    }
}
