import ContainerMounts

extension Volume {
    /// The parts of the destination.
    var depth: Int { destination.utf8.count { $0 == 0x2f } }

    /// Reads `HOST:GUEST[:OPTIONS]`, as `-v` takes it; options are `ro`, `rw`, and the marks of other runtimes that mean
    /// nothing here (`z`, `Z`, `bind`, `rbind`, `private`, `rprivate`). `HOST` alone is seen at the same path.
    public init(volume text: String) throws(PlanError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), !parts[0].isEmpty, !text.contains("\0") else {
            throw PlanError("-v \(text): write HOST:GUEST or HOST:GUEST:ro")
        }
        guard parts[0].hasPrefix("/") || parts[0].hasPrefix(".") else {
            throw PlanError("-v \(text): named volumes don't exist; write a path such as ./\(parts[0])")
        }
        self.init(
            source: String(parts[0]),
            destination: try GuestPath.normalized(String(parts.count > 1 ? parts[1] : parts[0]), what: "-v \(text)"),
            isReadOnly: false)
        for option in parts.count > 2 ? parts[2].split(separator: ",") : [] {
            switch option {
            case "ro": isReadOnly = true
            case "rw": isReadOnly = false
            case "z", "Z", "bind", "rbind", "private", "rprivate": break
            default: throw PlanError("-v \(text): unknown option \(option); write ro or rw")
            }
        }
    }
}
