import SystemCalls

/// Where a bus listens. D-Bus specification, "Server Addresses".
struct BusAddress: Hashable, Sendable {
    var name: LocalStreams.Name
    /// systemd's own socket: no bus stands between, nobody has a name, and nothing needs to be subscribed to.
    var isPrivate = false

    private static let textLimit = 4096
    private static let countLimit = 16

    /// The unix sockets of a list such as `unix:path=/run/user/1000/bus,guid=…;unix:abstract=…`; other transports are
    /// left out, as are names that don't fit into a socket address.
    static func list(_ text: String) -> [BusAddress] {
        guard text.utf8.count <= textLimit else { return [] }
        return text.split(separator: ";").prefix(countLimit).compactMap { entry in
            guard entry.hasPrefix("unix:") else { return nil }
            for pair in entry.dropFirst("unix:".count).split(separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, let value = unescaped(parts[1]) else { continue }
                switch parts[0] {
                case "path": return BusAddress(name: .path(value))
                case "abstract": return BusAddress(name: .abstract(value))
                default: continue
                }
            }
            return nil
        }
    }

    /// `%2F` is a slash; nil when a percent sign isn't followed by two digits, or the result is no text.
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), value != 0
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Where the systemd that manages the machine can be asked, the most direct way first.
    static func system(environment: (String) -> String?) -> [BusAddress] {
        if let named = environment("DBUS_SYSTEM_BUS_ADDRESS"), !named.isEmpty { return list(named) }
        return [
            BusAddress(name: .path("/run/systemd/private"), isPrivate: true),
            BusAddress(name: .path("/run/dbus/system_bus_socket")),
        ]
    }

    /// Where the systemd of this user can be asked.
    static func user(environment: (String) -> String?) -> [BusAddress] {
        var addresses: [BusAddress] = []
        if let named = environment("DBUS_SESSION_BUS_ADDRESS"), !named.isEmpty { addresses += list(named) }
        if let directory = environment("XDG_RUNTIME_DIR"), directory.hasPrefix("/") {
            addresses.append(BusAddress(name: .path("\(directory)/bus")))
            addresses.append(BusAddress(name: .path("\(directory)/systemd/private"), isPrivate: true))
        }
        return addresses
    }
}
