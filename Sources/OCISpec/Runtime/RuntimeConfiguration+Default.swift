import JSON

extension RuntimeConfiguration {
    /// Whose ids become root's in a rootless container.
    public struct Invoker: Sendable {
        public var uid: UInt32
        public var gid: UInt32

        public init(uid: UInt32, gid: UInt32) {
            self.uid = uid
            self.gid = gid
        }
    }

    /// The `config.json` that `spec` writes: with the same content as runc's, for a shell in `rootfs`.
    ///
    /// - Parameters:
    ///   - rootless: the caller that isn't root; gets a user namespace, shares the host's network and has no resources.
    ///   - cgroupNamespace: as runc has it where all of the control groups are v2.
    public static func defaultSpecification(rootless: Invoker? = nil, cgroupNamespace: Bool = false) -> JSONValue {
        var document = JSONObject()
        document["ociVersion"] = .string(RuntimeSpecification.version)
        document["process"] = defaultProcess
        document["root"] = ["path": "rootfs", "readonly": true]
        document["hostname"] = "martlet"
        document["mounts"] = .array(defaultMounts(rootless: rootless != nil))
        document["linux"] = defaultLinux(rootless: rootless, cgroupNamespace: cgroupNamespace)
        return .object(document)
    }

    private static var defaultProcess: JSONValue {
        let capabilities: JSONValue = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return [
            "terminal": true, "user": ["uid": 0, "gid": 0], "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": ["bounding": capabilities, "effective": capabilities, "permitted": capabilities],
            "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]],
            "noNewPrivileges": true,
        ]
    }

    private static func defaultMounts(rootless: Bool) -> [JSONValue] {
        func mount(_ destination: String, _ type: String, _ source: String, _ options: [String] = []) -> JSONValue {
            var mount = JSONObject()
            mount["destination"] = .string(destination)
            mount["type"] = .string(type)
            mount["source"] = .string(source)
            if !options.isEmpty { mount["options"] = .strings(options) }
            return .object(mount)
        }
        let quiet = ["nosuid", "noexec", "nodev"]
        // A group that isn't mapped can't own the terminals.
        let terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        return [
            mount("/proc", "proc", "proc"),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", "devpts", terminals + (rootless ? [] : ["gid=5"])),
            mount("/dev/shm", "tmpfs", "shm", quiet + ["mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", quiet),
            rootless
                ? mount("/sys", "none", "/sys", ["rbind"] + quiet + ["ro"])
                : mount("/sys", "sysfs", "sysfs", quiet + ["ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", quiet + ["relatime", "ro"]),
        ]
    }

    private static func defaultLinux(rootless: Invoker?, cgroupNamespace: Bool) -> JSONValue {
        func mapping(_ id: UInt32) -> JSONValue {
            [["containerID": 0, "hostID": .integer(Int64(id)), "size": 1]]
        }
        var namespaces: [LinuxNamespace.Kind] = [.pid, .network, .ipc, .uts, .mount]
        if cgroupNamespace { namespaces.append(.cgroup) }
        var linux = JSONObject()
        if let rootless {
            namespaces.removeAll { $0 == .network }
            namespaces.append(.user)
            linux["uidMappings"] = mapping(rootless.uid)
            linux["gidMappings"] = mapping(rootless.gid)
        } else {
            linux["resources"] = ["devices": [["allow": false, "access": "rwm"]]]
        }
        linux["namespaces"] = .array(namespaces.map { ["type": .string($0.rawValue)] })
        linux["maskedPaths"] = [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
            "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
        ]
        linux["readonlyPaths"] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        return .object(linux)
    }
}
