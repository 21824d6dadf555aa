import SystemCalls

/// One end of the connection, on which each message is one packet.
struct InitChannel: ~Copyable {
    private let socket: OwnedDescriptor

    /// The longest message; what a failure says is cut to it.
    static let messageLimit = 16 << 10

    /// Control groups whose files come with one message.
    static let groupLimit = 32

    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    var rawValue: Int32 { socket.rawValue }

    /// For what follows on the same connection.
    consuming func takeSocket() -> OwnedDescriptor { socket }

    /// A peer that is gone is noticed by the next `receive`.
    borrowing func send(_ message: InitMessage, descriptors: [Int32] = []) {
        _ = try? LocalSockets.send(rawValue, message.bytes, descriptors: descriptors)
    }

    /// The next message; nil when the peer is gone, or said what isn't in the protocol.
    borrowing func receive() -> InitMessage? {
        guard let bytes = try? Self.receive(rawValue) else { return nil }
        return InitMessage(bytes)
    }

    /// The next message's bytes; none when the peer is gone.
    ///
    /// When it went without having read what we sent, the kernel tells that once, before it hands out what the peer had sent:
    /// usually why it went.
    static func receive(_ connection: Int32) throws(SystemCallError) -> [UInt8] {
        do throws(SystemCallError) { return try LocalSockets.receive(connection, limit: messageLimit).bytes } catch {
            guard error.errno == .connectionReset else { throw error }
            return try LocalSockets.receive(connection, limit: messageLimit).bytes
        }
    }

    /// The files that come with `groups`; nil when something else came, or nothing.
    borrowing func receiveGroups() -> OwnedDescriptors? {
        guard
            let received = try? LocalSockets.receive(
                rawValue, limit: Self.messageLimit, descriptorLimit: Self.groupLimit),
            InitMessage(received.bytes) == .groups
        else { return nil }
        return received.keepDescriptors()
    }
}
