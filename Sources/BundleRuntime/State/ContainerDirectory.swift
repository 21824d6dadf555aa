import JSON
import SystemCalls

/// One container's directory: its record, the copy of its configuration, the socket that its first process listens on.
struct ContainerDirectory: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let isLocked: Bool

    static let stateFile = "state.json"
    static let configurationFile = "config.json"
    static let socket = "init.sock"
    /// A record or a configuration is small; a larger file isn't ours.
    static let sizeLimit = 8 << 20

    init(_ descriptor: consuming OwnedDescriptor, isLocked: Bool) {
        self.descriptor = descriptor
        self.isLocked = isLocked
    }

    var rawValue: Int32 { descriptor.rawValue }

    /// A short path to a file here, whatever the directory's own path is: the name of a socket holds 107 bytes.
    func path(of name: String) -> String { "/proc/self/fd/\(descriptor.rawValue)/\(name)" }

    /// The container's record; nil when there is none yet, or none any more.
    func state() throws(RuntimeFailure) -> BundleState? {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try Files.contents(of: Self.stateFile, in: descriptor.rawValue, limit: Self.sizeLimit)
        } catch {
            if error.errno == .noSuchFile { return nil }
            throw RuntimeFailure(.system, "reading the record of a container: \(error)")
        }
        do throws(JSONError) { return try BundleState(reading: bytes) } catch {
            throw RuntimeFailure(.system, "the record of a container is damaged: \(error)")
        }
    }

    /// Puts the record in the place of the one before.
    func write(_ state: BundleState) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            // One writer at a time has the lock; what a crash left of the last one is overwritten.
            try write(state.json.bytes(.compact), to: Self.stateFile + ".new")
            try Files.rename(
                Self.stateFile + ".new", in: descriptor.rawValue, to: Self.stateFile, in: descriptor.rawValue)
        } catch { throw RuntimeFailure(.system, "writing the record of \(state.id): \(error)") }
    }

    /// Keeps what the configuration was when the container was made: later changes of the bundle mean nothing to it.
    func keep(configuration bytes: [UInt8]) throws(RuntimeFailure) {
        do throws(SystemCallError) { try write(bytes, to: Self.configurationFile) } catch {
            throw RuntimeFailure(.system, "keeping the configuration of a container: \(error)")
        }
    }

    func configuration() throws(RuntimeFailure) -> [UInt8] {
        do throws(SystemCallError) {
            return try Files.contents(of: Self.configurationFile, in: descriptor.rawValue, limit: Self.sizeLimit)
        } catch { throw RuntimeFailure(.system, "reading the configuration of a container: \(error)") }
    }

    private func write(_ bytes: [UInt8], to name: String) throws(SystemCallError) {
        let file = try Files.open(
            name, in: descriptor.rawValue, flags: [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
        try Files.writeAll(file.rawValue, bytes)
        try file.close()
    }

    /// The socket on which the first process waits for `start`.
    func listen() throws(SystemCallError) -> OwnedDescriptor {
        try LocalSockets.listen(at: path(of: Self.socket), keepsBounds: true)
    }

    func connect() throws(SystemCallError) -> OwnedDescriptor {
        try LocalSockets.connect(to: path(of: Self.socket), keepsBounds: true)
    }
}
