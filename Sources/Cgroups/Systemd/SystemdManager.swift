/// A property of a unit, as systemd takes it.
struct UnitProperty: Hashable, Sendable {
    var name: String
    var value: BusValue

    init(_ name: String, _ value: BusValue) {
        self.name = name
        self.value = value
    }

    var marshalled: BusValue { .structure([.string(name), .variant(value)]) }
}

/// systemd's manager object, as org.freedesktop.systemd1(5) describes it.
struct SystemdManager: ~Copyable {
    private var connection: BusConnection
    /// Who may tell us about jobs; nil when only systemd is at the other end.
    private let owner: String?

    private static let service = "org.freedesktop.systemd1"
    private static let path = "/org/freedesktop/systemd1"
    private static let interface = "org.freedesktop.systemd1.Manager"

    private init(_ connection: consuming BusConnection, owner: String?) {
        self.connection = connection
        self.owner = owner
    }

    static func open(
        _ addresses: [BusAddress], _ patience: BusConnection.Patience
    ) throws(BusError) -> SystemdManager {
        var connection = try BusConnection.open(addresses, patience)
        let owner = try connection.owner(of: service, until: Deadline(milliseconds: patience.greeting))
        return SystemdManager(connection, owner: owner)
    }

    private mutating func call(
        _ member: String, _ arguments: [BusValue], until deadline: Deadline
    ) throws(BusError) -> [BusValue] {
        try connection.call(
            try BusMessage(to: Self.service, Self.path, Self.interface, member, arguments), until: deadline)
    }

    /// Makes a unit that lives until it is stopped or empty, and waits until it is there.
    mutating func startTransientUnit(
        _ name: String, _ properties: [UnitProperty], until deadline: Deadline
    ) throws(BusError) {
        try subscribe(until: deadline)
        let arguments: [BusValue] = [
            .string(name), .string("replace"), .array(of: "(sv)", properties.map(\.marshalled)),
            .array(of: "(sa(sv))", []),
        ]
        try wait(forJob: try call("StartTransientUnit", arguments, until: deadline), of: name, until: deadline)
    }

    /// Stops a unit, which ends its processes, and waits until it is gone.
    mutating func stopUnit(_ name: String, until deadline: Deadline) throws(BusError) {
        try subscribe(until: deadline)
        let job = try call("StopUnit", [.string(name), .string("replace")], until: deadline)
        try wait(forJob: job, of: name, until: deadline)
    }

    /// Lets systemd forget a unit that failed.
    mutating func resetFailedUnit(_ name: String, until deadline: Deadline) throws(BusError) {
        _ = try call("ResetFailedUnit", [.string(name)], until: deadline)
    }

    /// Changes a unit until the machine is restarted.
    mutating func setUnitProperties(
        _ name: String, _ properties: [UnitProperty], until deadline: Deadline
    ) throws(BusError) {
        let values = BusValue.array(of: "(sv)", properties.map(\.marshalled))
        _ = try call("SetUnitProperties", [.string(name), .boolean(true), values], until: deadline)
    }

    /// Puts a process into the group of a unit, or below it.
    ///
    /// - Parameter group: below the unit's, with a slash in front; empty for the unit's own.
    mutating func attachProcess(
        _ process: UInt32, to unit: String, group: String, until deadline: Deadline
    ) throws(BusError) {
        let arguments: [BusValue] = [.string(unit), .string(group), .array(of: "u", [.uint32(process)])]
        _ = try call("AttachProcessesToUnit", arguments, until: deadline)
    }

    /// A property of the manager whose value is a text.
    mutating func property(_ name: String, until deadline: Deadline) throws(BusError) -> String {
        let message = try BusMessage(
            to: Self.service, Self.path, "org.freedesktop.DBus.Properties", "Get",
            [.string(Self.interface), .string(name)])
        guard case .variant(.string(let text)) = try connection.call(message, until: deadline).first else {
            throw .violation("no text as the property \(name)")
        }
        return text
    }

    // MARK: Jobs

    private mutating func subscribe(until deadline: Deadline) throws(BusError) {
        let rule =
            "type='signal',sender='\(Self.service)',path='\(Self.path)',interface='\(Self.interface)',member='JobRemoved'"
        try connection.subscribe(rule, until: deadline)
    }

    private mutating func wait(
        forJob answer: [BusValue], of unit: String, until deadline: Deadline
    ) throws(BusError) {
        guard case .objectPath(let job) = answer.first else { throw .violation("no job for a unit") }
        while true {
            let signal = try connection.nextSignal(until: deadline, "waiting for the unit \(unit)")
            // Anybody on a bus may send us a signal: only systemd is believed.
            guard signal.member == "JobRemoved", signal.interface == Self.interface,
                owner == nil || signal.sender == owner,
                signal.signature == "uoss"
            else { continue }
            let arguments = try signal.arguments()
            guard arguments[1] == .objectPath(job) else { continue }
            let result = arguments[3].text ?? ""
            guard result == "done" else {
                throw .answered(name: "the job of \(unit) ended as \"\(result)\"", text: "")
            }
            return
        }
    }
}
