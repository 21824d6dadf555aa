import OCISpec
import SystemCalls
import Testing

@testable import Cgroups

/// A systemd of the test's own: a user's manager in a group and a mount namespace of its own, without any unit.
private final class Manager: Sendable {
    /// Starting a systemd on a machine that has none is for who asks for it: it takes the machine's control groups for its own.
    static let isPossible =
        Environment.value("MARTLET_TEST_SYSTEMD") == "1" && Processes.effectiveUser == 0
        && ["/lib/systemd/systemd", "/usr/bin/unshare", "/bin/sh", "/sys/fs/cgroup/systemd/cgroup.procs"]
            .allSatisfy { (try? FileStatus.of($0)) != nil }

    private let directory: String
    private let group: String
    private let process: Int32

    /// nil when it doesn't come up here.
    init?() throws {
        group = "martlet-test-systemd-\(Processes.current)"
        directory = "/tmp/\(group)"
        try Files.makeDirectory(directory, mode: 0o700)
        let script = """
            for tree in /sys/fs/cgroup/*; do
                mkdir "$tree/\(group)" 2>/dev/null
                for file in cpus mems; do
                    [ -f "$tree/cpuset.$file" ] && cat "$tree/cpuset.$file" > "$tree/\(group)/cpuset.$file"
                done
                echo $$ > "$tree/\(group)/cgroup.procs"
            done 2>/dev/null
            # A manager at the root of a tree would move every process of the machine into a group of its own.
            grep -E ':(name=systemd|pids|memory|cpu|blkio|):' /proc/self/cgroup | grep -v ':/\(group)$' && exit 1
            mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system "$1/units" || exit 1
            printf '[Unit]\\n' > "$1/units/default.target"
            export XDG_RUNTIME_DIR="$1" HOME="$1" SYSTEMD_UNIT_PATH="$1/units"
            exec /lib/systemd/systemd --user --log-level=emerg
            """
        let arguments = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script, "sh", directory]
        switch try Processes.fork() {
        case .child:
            _ = try? Processes.execute(arguments[0], arguments: arguments, environment: ["PATH=/usr/bin:/bin"])
            Processes.exit(127)
        case .parent(let child): process = child
        }
        for _ in 0..<500 where (try? FileStatus.of("\(directory)/systemd/private")) == nil {
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: 10_000_000)
        }
        if (try? FileStatus.of("\(directory)/systemd/private")) == nil { return nil }
    }

    var address: BusAddress { BusAddress(name: .path("\(directory)/systemd/private"), isPrivate: true) }

    deinit {
        try? Processes.kill(process, 9)
        _ = try? Processes.wait(for: process)
        let script = """
            for tree in /sys/fs/cgroup/*; do
                [ -d "$tree/$1" ] && find "$tree/$1" -depth -type d -exec rmdir {} +
            done
            rm -rf "/tmp/$1"
            """
        if case .parent(let child) = try? Processes.fork() {
            _ = try? Processes.wait(for: child)
        } else {
            _ = try? Processes.execute(
                "/bin/sh", arguments: ["/bin/sh", "-c", script, "sh", group], environment: ["PATH=/usr/bin:/bin"])
            Processes.exit(127)
        }
    }
}

/// A process that waits to be ended.
private struct Sleeper: ~Copyable {
    let process: Int32

    init() throws {
        switch try Processes.fork() {
        case .child:
            // A test runner blocks signals, and a stop asks politely first.
            try? SignalSet(rawValue: 0).restore()
            _ = try? Processes.execute("/bin/sleep", arguments: ["sleep", "60"], environment: [])
            Processes.exit(127)
        case .parent(let child): process = child
        }
    }

    var groups: [String] {
        get throws {
            String(decoding: try Files.contents(of: "/proc/\(process)/cgroup", limit: 1 << 16), as: UTF8.self)
                .split(separator: "\n").map { String($0) }
        }
    }

    deinit {
        try? Processes.kill(process, 9)
        _ = try? Processes.wait(for: process)
    }
}

private func allLimits() -> LinuxResources {
    var resources = LinuxResources()
    var memory = LinuxResources.Memory()
    memory.limit = 100 << 20
    memory.swap = 200 << 20
    memory.reservation = 50 << 20
    resources.memory = memory
    var cpu = LinuxResources.CPU()
    cpu.shares = 512
    cpu.quota = 50_000
    cpu.period = 100_000
    cpu.cpus = "0"
    cpu.mems = "0"
    resources.cpu = cpu
    resources.pids = LinuxResources.PIDs(limit: 33)
    var blockIO = LinuxResources.BlockIO()
    blockIO.weight = 200
    resources.blockIO = blockIO
    resources.devices = [LinuxDeviceRule(allow: true, type: .block, major: 8, access: .read)]
    return resources
}

/// systemd takes what we send: the names and types of the properties, the calls, the end of jobs.
@Suite(
    .serialized,
    .enabled(
        if: Manager.isPossible, "a real systemd is started with MARTLET_TEST_SYSTEMD=1, by root, where it is installed")
) struct RealSystemdTests {
    @Test func systemdTakesEveryPropertyAndMakesAndRemovesTheScope() throws {
        guard let manager = try Manager() else { return print("skipped: systemd doesn't come up here") }
        for unified in [true, false] {
            let unit = try SystemdDriver.create(
                path: "a-b.slice:libpod:\(unified)", id: "x", rootless: true, addresses: [manager.address])
            let sleeper = try Sleeper()
            var resources = allLimits()
            if unified { resources.unified = ["memory.high": "max", "memory.oom.group": "1", "memory.min": "0"] }
            try SystemdDriver.start(
                unit, process: sleeper.process, resources: resources, unified: unified,
                annotations: [
                    "org.systemd.property.TimeoutStopSec": "uint64 5",
                    "org.systemd.property.CollectMode": "'inactive-or-failed'",
                    "org.systemd.property.Documentation": "['man:sleep(1)']",
                ], addresses: [manager.address])
            #expect(try sleeper.groups.contains { $0.contains("name=systemd") && $0.hasSuffix(unit.group) })
            resources.pids = LinuxResources.PIDs(limit: -1)
            try SystemdDriver.update(unit, resources: resources, unified: unified, addresses: [manager.address])
            try SystemdDriver.stop(unit, addresses: [manager.address])
            // Stopping ended the process; a second time there is nothing left to stop.
            #expect(try Processes.wait(for: sleeper.process) == .signal(15))
            try SystemdDriver.stop(unit, addresses: [manager.address])
        }
    }

    @Test func systemdsRefusalIsToldAsItSaysIt() throws {
        guard let manager = try Manager() else { return print("skipped: systemd doesn't come up here") }
        let unit = try SystemdDriver.create(path: "a.slice:b:c", id: "x", rootless: true, addresses: [manager.address])
        for (name, value) in [("Nonsense", "true"), ("TimeoutStopSec", "uint64 1"), ("Delegate", "'x'")] {
            let sleeper = try Sleeper()
            let error = #expect(throws: CgroupError.self) {
                try SystemdDriver.start(
                    unit, process: name == "TimeoutStopSec" ? .max : sleeper.process, resources: nil, unified: false,
                    annotations: ["org.systemd.property.\(name)": value], addresses: [manager.address])
            }
            #expect(error?.description.contains("systemd, making b-c.scope") == true, "\(name)")
        }
    }
}
