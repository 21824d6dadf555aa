import SystemCalls

/// A connection to a bus, or to systemd itself: calls, one after the other, and the signals that come in between.
struct BusConnection: ~Copyable {
    private var socket: BusSocket
    /// systemd itself is at the other end.
    private let isPrivate: Bool
    private var lastSerial: UInt32 = 0
    private var signals: [BusMessage] = []

    private var signalBytes = 0
    private var lastLength = 0

    /// Signals that wait to be looked at, in bytes: more than a bus would send of those that we ask for.
    private static let signalLimit = 1 << 20

    static let bus = "org.freedesktop.DBus"

    private init(_ socket: consuming BusSocket, isPrivate: Bool) {
        self.socket = socket
        self.isPrivate = isPrivate
    }

    /// How long each address may keep us, in milliseconds.
    struct Patience {
        /// Until somebody accepts the connection: nobody waits for long to learn that nobody is there.
        var reaching: UInt64
        /// From then on until we are let in. A bus that has accepted is there, however slow: a machine that is just starting, or
        /// has too much to do, takes its time.
        var greeting: UInt64
    }

    /// Connects to the first address where somebody answers, authenticates and, at a bus, asks for a name.
    ///
    /// One that accepts and says nothing takes nothing of the next one's time.
    static func open(_ addresses: [BusAddress], _ patience: Patience) throws(BusError) -> BusConnection {
        var failure = BusError.unreachable("no address of a bus is known")
        for address in addresses {
            do throws(BusError) { return try open(address, patience) } catch { failure = error }
        }
        throw failure
    }

    private static func open(_ address: BusAddress, _ patience: Patience) throws(BusError) -> BusConnection {
        let socket = try BusSocket.connect(to: address.name, until: Deadline(milliseconds: patience.reaching))
        var connection = BusConnection(socket, isPrivate: address.isPrivate)
        try connection.authenticate(until: Deadline(milliseconds: patience.greeting))
        return connection
    }

    private mutating func authenticate(until deadline: Deadline) throws(BusError) {
        try socket.send(BusAuthentication.opening, until: deadline)
        var authentication = BusAuthentication()
        while !authentication.isDone {
            try authentication.take(try socket.line(limit: BusAuthentication.lineLimit, until: deadline))
        }
        if !isPrivate { try callBus("Hello", until: deadline) }
    }

    /// Calls a method of the bus itself.
    @discardableResult
    mutating func callBus(
        _ member: String, _ arguments: [BusValue] = [], until deadline: Deadline
    ) throws(BusError) -> [BusValue] {
        let message = try BusMessage(to: Self.bus, "/org/freedesktop/DBus", Self.bus, member, arguments)
        return try call(message, until: deadline)
    }

    /// Who holds a name now, by the name that can't be taken over; nil where nobody has names.
    mutating func owner(of name: String, until deadline: Deadline) throws(BusError) -> String? {
        if isPrivate { return nil }
        guard let owner = try callBus("GetNameOwner", [.string(name)], until: deadline).first?.text else {
            throw .violation("no owner of a name")
        }
        return owner
    }

    /// Asks the bus for signals; who talks to systemd itself gets all of them.
    mutating func subscribe(_ rule: String, until deadline: Deadline) throws(BusError) {
        if !isPrivate { try callBus("AddMatch", [.string(rule)], until: deadline) }
    }

    /// Sends a call and waits for its answer. Signals that come before it are kept.
    @discardableResult
    mutating func call(_ message: BusMessage, until deadline: Deadline) throws(BusError) -> [BusValue] {
        lastSerial = lastSerial == .max ? 1 : lastSerial + 1
        var message = message
        message.serial = lastSerial
        let what = message.member ?? ""
        try socket.send(try message.encoded(), until: deadline)
        while true {
            let answer = try next(until: deadline, what)
            switch answer.kind {
            case .answer where answer.replySerial == lastSerial: return try answer.arguments()
            case .error where answer.replySerial == lastSerial:
                // The text is an error's first argument by custom, not by rule.
                let text = (try? answer.arguments())?.first?.text
                throw .answered(name: answer.errorName ?? "", text: text ?? "")
            case .signal:
                signalBytes += lastLength
                guard signalBytes <= Self.signalLimit else { throw .violation("signals without end") }
                signals.append(answer)
            // Calls to us, late answers, and kinds that don't exist yet.
            default: continue
            }
        }
    }

    /// The next signal: one that was kept, or one that comes now.
    mutating func nextSignal(until deadline: Deadline, _ what: String) throws(BusError) -> BusMessage {
        if !signals.isEmpty { return signals.removeFirst() }
        while true {
            let message = try next(until: deadline, what)
            if message.kind == .signal { return message }
        }
    }

    private mutating func next(until deadline: Deadline, _ what: String) throws(BusError) -> BusMessage {
        let prefix = try socket.peek(BusMessage.prefixLength, until: deadline, what)
        lastLength = try BusMessage.length(ofPrefix: prefix)
        return try BusMessage(decoding: try socket.take(lastLength, until: deadline, what))
    }
}
