import JSON

/// A device node that a container has beside the default ones. config-linux.md, "Devices".
public struct LinuxDevice: Equatable, Sendable {
    /// By the letters that mknod(1) takes; `u` is `c` by another name.
    public enum Kind: String, CaseIterable, Sendable {
        case character = "c"
        case block = "b"
        case unbufferedCharacter = "u"
        case fifo = "p"
    }

    public var kind: Kind
    /// Absolute, inside the container.
    public var path: String
    /// Zero for a FIFO, which has none.
    public var major: UInt32
    public var minor: UInt32
    /// Permission bits only.
    public var fileMode: UInt32?
    public var uid: UInt32?
    public var gid: UInt32?

    /// The largest numbers that the kernel's `dev_t` holds.
    public static let majorLimit: UInt32 = (1 << 12) - 1
    public static let minorLimit: UInt32 = (1 << 20) - 1

    public init(
        kind: Kind, path: String, major: UInt32 = 0, minor: UInt32 = 0, fileMode: UInt32? = nil, uid: UInt32? = nil,
        gid: UInt32? = nil
    ) {
        self.kind = kind
        self.path = path
        self.major = major
        self.minor = minor
        self.fileMode = fileMode
        self.uid = uid
        self.gid = gid
    }

    public init(json node: JSONNode) throws(JSONError) {
        kind = try node.required("type").choice()
        path = try node.requiredAbsolutePath("path")
        // Go leaves a zero out: /dev/sda's minor is absent in what some callers write.
        major = kind == .fifo ? 0 : try node.integer("major", in: 0...Self.majorLimit) ?? 0
        minor = kind == .fifo ? 0 : try node.integer("minor", in: 0...Self.minorLimit) ?? 0
        // Some callers hand over st_mode with the type's bits.
        fileMode = try node.integer("fileMode", in: 0...UInt32(0o177777)).map { $0 & 0o7777 }
        uid = try node.id("uid")
        gid = try node.id("gid")
    }
}

/// A network device of the host that moves into the container. config-linux.md, "Network Devices".
public struct LinuxNetDevice: Equatable, Sendable {
    public var hostName: String
    /// The name inside; may end in `%d`, for which the kernel puts a number.
    public var name: String

    /// The kernel's IFNAMSIZ without the NUL.
    static let nameLimit = 15

    static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [LinuxNetDevice] {
        var devices: [LinuxNetDevice] = []
        for (hostName, entry) in try node.entries(key) {
            let name = entry.isNull ? nil : try entry.text("name")
            let device = LinuxNetDevice(hostName: hostName, name: name ?? hostName)
            guard isName(device.hostName) else { throw entry.invalid("isn't named as a network device can be") }
            guard isName(device.name) else {
                throw entry.invalid("\(shortened(device.name)) is no name of a network device")
            }
            // Only as `%d` does the kernel take the character.
            guard device.name.utf8.contains(UInt8(ascii: "%")) || !devices.contains(where: { $0.name == device.name })
            else {
                throw entry.invalid("\(shortened(device.name)) is the name of two devices")
            }
            devices.append(device)
        }
        return devices
    }

    /// As the kernel checks names of devices.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= nameLimit && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }
}
