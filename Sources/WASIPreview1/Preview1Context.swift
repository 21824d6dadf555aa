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
    /// Where its threads wait.
    public let rests = Rests()
    private let listenerCount: Int
    private let streams: [(number: Int32, direction: StandardStream.Direction)]

    /// Sets up descriptors 0, 1 and 2, the listeners and the preopened directories, in this order.
    ///
    /// Errors: `mfile` when they are more than the limit on open descriptors, `notsock` for a listener that is no
    /// socket.
    public init(_ configuration: Preview1Configuration) throws(Preview1Failure) {
        limits = configuration.limits
        network = Network(policy: configuration.network, resolver: configuration.resolver, rests: rests)
        arguments = StringArea(configuration.arguments)
        environment = StringArea(configuration.environment)
        descriptors = DescriptorTable(limit: configuration.limits.openDescriptors)
        // Owned first, so that they are closed even if one of them finds no place.
        let network = network
        let listeners = configuration.listeners.map { network.adopt(listener: OwnedDescriptor(adopting: $0)) }
        listenerCount = listeners.count
        streams = [
            (configuration.standardInput, .input), (configuration.standardOutput, .output),
            (configuration.standardError, .output),
        ]
        for (number, direction) in streams {
            try descriptors.insert(stream: StandardStream(lending: number, direction))
        }
        // Before the directories: 3 is where programs look for the sockets that LISTEN_FDS counts (sd_listen_fds(3)).
        for listener in listeners {
            guard let listener else { throw .errno(.notsock) }
            _ = try descriptors.insert(.init(.socket(listener), base: .listener, inheriting: .connection))
        }
        for preopen in configuration.preopens {
            _ = try descriptors.insert(
                .init(
                    .directory(DirectoryEntry(preopen.directory, preopenedAs: preopen.guestPath)),
                    base: .directory, inheriting: .directory.union(.file)))
        }
    }

    /// Looks at the standard streams again: a process that was forked after this context was made has others in their place.
    /// To be called before the guest runs.
    public func examineStreams() throws(Preview1Failure) {
        for number in streams.indices { _ = try descriptors.remove(UInt32(number)) }
        for (number, direction) in streams {
            try descriptors.insert(stream: StandardStream(lending: number, direction))
        }
    }

    /// Whether a socket of this number is one that was there at the start.
    func isPreopenedListener(_ number: UInt32) -> Bool {
        (streams.count..<streams.count + listenerCount).contains(Int(number))
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
    /// A standard stream, with the rights that its direction allows.
    ///
    /// Even when it is a file it is a stream: a guest neither sees what stood in it before, nor truncates or overwrites the log
    /// that its output is appended to.
    fileprivate func insert(stream: StandardStream) throws(Preview1Failure) {
        let direction: Preview1Rights =
            switch stream.direction {
            case .input: [.fdWrite, .fdAllocate, .fdFilestatSetSize, .fdFilestatSetTimes]
            case .output: [.fdRead, .fdAllocate, .fdFilestatSetSize, .fdFilestatSetTimes]
            }
        let rights = Preview1Rights.stream
        _ = try insert(.init(.stream(stream), base: rights.subtracting(direction)))
    }
}
