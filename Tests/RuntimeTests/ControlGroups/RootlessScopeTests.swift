import Foundation
import JSON
import SystemCalls
import Testing

/// A user without privileges, whose systemd has a part of the tree.
@Suite(
    "containers of a user with a systemd of his own",
    .enabled(
        if: Systemd.isHere && UnifiedGroup.has("memory", "pids") && Machine.program("loginctl") != nil
            && Machine.text(of: "/etc/passwd").contains("\nguest:x:1000:"),
        "a machine that systemd started, with a user \"guest\", is needed"),
    .serialized, .timeLimit(.minutes(5)))
struct RootlessScopeTests {
    let runtime: Runtime
    private let home: [String]

    init() throws {
        runtime = try Runtime()
        let environment = [
            "HOME=/home/guest", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "XDG_RUNTIME_DIR=/run/user/1000",
            "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus",
        ]
        home = ["/usr/sbin/runuser", "-u", "guest", "--", "/usr/bin/env", "-i", "-C", "/home/guest"] + environment
        guard try runtime.other("/usr/bin/loginctl", "enable-linger", "guest").code == 0,
            Machine.wait(seconds: 60, until: { Systemd(unit: "user@1000.service")("ActiveState") == "active" })
        else { throw Running.TookTooLong(description: "the user's systemd doesn't come up") }
    }

    /// What the user does.
    private func guest(_ words: String...) throws -> Outcome {
        try Running.start(home + words, in: runtime.folder).wait(seconds: 120)
    }

    private func bundle(_ guest: Guest) throws -> Container {
        let container = try runtime.bundle(guest, "rest") {
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount", "ipc", "uts", "user", "network"])
            $0.linux["uidMappings"] = [["containerID": 0, "hostID": 1000, "size": 1]]
            $0.linux["gidMappings"] = [["containerID": 0, "hostID": 1000, "size": 1]]
            $0.mounts.removeLast()  // devpts gives terminals to a group that isn't mapped
            $0.linux["resources"] = ["memory": ["limit": 67_108_864], "pids": ["limit": 40]]
        }
        _ = try runtime.other("/bin/chown", "-R", "guest", runtime.folder.path)
        return container
    }

    @Test(arguments: Guest.allCases) func theUsersSystemdMakesAScope(guest kind: Guest) throws {
        let container = try bundle(kind)
        let martlet = [runtime.martlet, "--systemd-cgroup"]
        let created = try guest(martlet[0], martlet[1], "create", "--bundle", container.bundle, container.id)
        try #require(created.code == 0, "\(created)")
        #expect(try guest(martlet[0], martlet[1], "start", container.id).code == 0)
        let state = try JSONNode(reading: Array(guest(martlet[0], "state", container.id).output.utf8))
        let group = UnifiedGroup(of: try state.required("pid").integer())
        #expect(group.path.hasPrefix("/user.slice/user-1000.slice/user@1000.service/"), "\(group.path)")
        #expect(group.path.hasSuffix("/martlet-\(container.id).scope"))
        #expect(group("memory.max") == "67108864" && group("pids.max") == "40")
        let changed = try guest(martlet[0], martlet[1], "update", "--pids-limit", "30", container.id)
        #expect(changed.code == 0 && group("pids.max") == "30", "\(changed)")
        for program in kind == .wasm ? ["/guest", Guest.wasm.path] : ["/guest"] {
            // From outside of the user's part of the tree: the machine's systemd lends a hand.
            let outside = try guest(martlet[0], martlet[1], "exec", container.id, program, "exit", "3")
            #expect(outside.code == 3, "\(outside)")
            // From within.
            let entered = try guest(
                "systemd-run", "--user", "--scope", "--quiet", martlet[0], "exec", container.id, program, "exit", "4")
            #expect(entered.code == 4, "\(entered)")
        }
        let second = try Running.start(
            home + [martlet[0], "exec", container.id, "/guest", "rest"], in: runtime.folder)
        #expect(second.wrote("ready"))
        #expect(group("cgroup.procs").split(separator: "\n").count == 2)
        #expect(try guest(martlet[0], martlet[1], "pause", container.id).code == 0)
        #expect(group("cgroup.freeze") == "1")
        let deleted = try guest(martlet[0], martlet[1], "delete", "--force", container.id)
        #expect(deleted.code == 0 && !Machine.exists(group.directory), "\(deleted)")
    }

    @Test func withoutAPartOfTheTreeALimitIsRefused() throws {
        let container = try bundle(.native)
        let created = try guest(runtime.martlet, "create", "--bundle", container.bundle, container.id)
        #expect(created.code != 0 && created.error.contains("linux.resources.memory.limit"), "\(created)")
    }

    @Test(.enabled(if: Machine.program("podman") != nil, "no podman")) func podmanRunsContainersOfTheUser() throws {
        let folder = try runtime.directory("image")
        try FileManager.default.copyItem(atPath: Guest.wasm.file().path, toPath: "\(folder)/guest.wasm")
        try FileManager.default.copyItem(atPath: Guest.native.file().path, toPath: "\(folder)/guest")
        try runtime.file(
            "image/Dockerfile",
            "FROM scratch\nCOPY guest.wasm guest /\nENTRYPOINT [\"/guest.wasm\"]\n")
        _ = try runtime.other("/bin/chown", "-R", "guest", runtime.folder.path)
        let built = try guest("podman", "build", "--quiet", "--tag", "mr-guest", folder)
        try #require(built.code == 0, "\(built)")
        let run = try guest(
            "podman", "--runtime", runtime.martlet, "run", "--rm", "--network", "none", "--memory", "64m", "mr-guest",
            "exit", "7")
        #expect(run.code == 7, "\(run)")
        let started = try guest(
            "podman", "--runtime", runtime.martlet, "run", "--detach", "--name", "mr-entered", "--network", "none",
            "mr-guest", "rest")
        #expect(started.code == 0, "\(started)")
        for (program, status) in [("/guest", "5"), ("/guest.wasm", "6")] {
            let entered = try guest(
                "podman", "--runtime", runtime.martlet, "exec", "mr-entered", program, "exit", status)
            #expect(entered.code == Int32(status), "\(entered)")
        }
        _ = try guest("podman", "--runtime", runtime.martlet, "rm", "--force", "--time", "0", "mr-entered")
    }
}
