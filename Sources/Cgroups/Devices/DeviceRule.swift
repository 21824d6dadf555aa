import OCISpec

/// What a process does to a device: the letters `r`, `w` and `m` of a rule.
typealias DeviceAccess = LinuxDeviceRule.Access

extension DeviceAccess {
    /// The kernel's BPF_DEVCG_ACC_ constants.
    var kernelBits: Int32 {
        (contains(.mknod) ? 1 : 0) | (contains(.read) ? 2 : 0) | (contains(.write) ? 4 : 0)
    }

    /// Reads letters; nil for anything but `r`, `w` and `m`.
    init?(letters: some Sequence<UInt8>) {
        self = []
        for letter in letters {
            switch letter {
            case UInt8(ascii: "r"): insert(.read)
            case UInt8(ascii: "w"): insert(.write)
            case UInt8(ascii: "m"): insert(.mknod)
            default: return nil
            }
        }
    }
}

/// A set of devices of one kind: nil stands for every number.
struct DeviceSet: Hashable, Sendable {
    enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        // The kernel's BPF_DEVCG_DEV_ constants.
        case block = 1
        case character = 2

        var letter: String { self == .block ? "b" : "c" }
    }

    var kind: Kind
    var major: UInt32?
    var minor: UInt32?

    /// Whether every device of the other set is in this one.
    func contains(_ other: DeviceSet) -> Bool {
        kind == other.kind && (major == nil || major == other.major) && (minor == nil || minor == other.minor)
    }

    /// Whether a device is in both.
    func overlaps(_ other: DeviceSet) -> Bool {
        kind == other.kind && (major == nil || other.major == nil || major == other.major)
            && (minor == nil || other.minor == nil || minor == other.minor)
    }

    /// As the files of version 1 have it: `c 1:3`, `b 8:*`.
    var text: String {
        "\(kind.letter) \(major.map { String($0) } ?? "*"):\(minor.map { String($0) } ?? "*")"
    }
}

/// One rule: these devices may, or may not, be used like this. Rules count in their order, the last one most.
struct DeviceRule: Equatable, Sendable {
    var isAllowed: Bool
    /// nil stands for both kinds.
    var kind: DeviceSet.Kind?
    var major: UInt32?
    var minor: UInt32?
    var access: DeviceAccess

    /// Every device, every access: what was said before no longer counts.
    var isEverything: Bool { kind == nil && major == nil && minor == nil && access == .all }

    var sets: [DeviceSet] {
        (kind.map { [$0] } ?? DeviceSet.Kind.allCases).map { DeviceSet(kind: $0, major: major, minor: minor) }
    }
}
