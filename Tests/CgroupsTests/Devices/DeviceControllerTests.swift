import OCISpec
import SystemCalls
import Testing

@testable import Cgroups

/// A group of the machine's own, removed at the end of the test.
struct ScratchGroup: ~Copyable {
    let path: String

    /// nil when the machine doesn't have such groups, or doesn't let this user make any.
    init?(below parents: [String], with file: String) {
        for parent in parents where (try? FileStatus.of("\(parent)/\(file)")) != nil {
            let path = "\(parent)/martlet-test-\(Processes.current)"
            guard (try? Files.makeDirectory(path, mode: 0o755)) != nil else { continue }
            self.path = path
            return
        }
        return nil
    }

    /// Opens a device in a process inside the group: nil when it worked.
    func open(_ device: String, _ flags: OpenFlags) throws -> Errno? {
        switch try Processes.fork() {
        case .child:
            do throws(SystemCallError) {
                let procs = try Files.open("\(path)/cgroup.procs", flags: .writeOnly)
                try Files.writeAll(procs.rawValue, Array("0".utf8))
                _ = try Files.open(device, flags: flags)
                Processes.exit(0)
            } catch { Processes.exit(error.call == "openat2" ? error.errno.rawValue : 255) }
        case .parent(let child):
            guard case .code(let code) = try Processes.wait(for: child) else { return .noSuchProcess }
            return code == 0 ? nil : Errno(rawValue: code)
        }
    }

    deinit {
        // The kernel lets go of a process that ended a moment after it was waited for.
        for _ in 0..<100 {
            if (try? Files.removeDirectory(path)) != nil { return }
            Processes.yield()
        }
    }
}

private let unified = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
private let legacy = ["/sys/fs/cgroup/devices"]

private let mem = LinuxDeviceRule(allow: true, type: .character, major: 1, minor: 11, access: .read)

@Suite(.serialized, .enabled(if: Processes.effectiveUser == 0, "control groups need root")) struct DeviceControllerTests
{
    @Test func theVerifierTakesTheProgramsOfAllKindsOfRules() throws {
        let lists: [[LinuxDeviceRule]] = [
            [], [LinuxDeviceRule(allow: false)], [LinuxDeviceRule(allow: true)],
            [LinuxDeviceRule(allow: true, access: .read), LinuxDeviceRule(allow: false, type: .block)],
            [LinuxDeviceRule(allow: false, major: 8, access: .write), LinuxDeviceRule(allow: true, minor: 3)],
            Array(repeating: mem, count: DeviceRules.limit),
            (0..<DeviceRules.limit).map { number in
                LinuxDeviceRule(
                    allow: number % 3 == 0, type: .block, major: UInt32(number), minor: UInt32(number), access: .write)
            },
        ]
        for rules in lists {
            let program = try DevicePrograms.load(DeviceProgram(DeviceRules(rules)).instructions)
            #expect(program.rawValue >= 0)
        }
    }

    @Test func aProgramThatTheVerifierRefusesIsAnErrorWithItsWords() {
        let error = #expect(throws: SystemCallError.self) {
            _ = try DevicePrograms.load([BPFInstruction(0x95)]).release()
        }
        #expect(error?.call == "bpf")
        #expect(error?.subject?.contains("R0") == true, "\(String(describing: error))")
    }

    @Test func aProcessInAGroupOfVersion2OpensOnlyWhatTheRulesLeave() throws {
        guard let group = ScratchGroup(below: unified, with: "cgroup.procs") else { return skip("version 2") }
        #expect(try group.open("/dev/kmsg", .readOnly) == nil)
        #expect(try DeviceController.apply([], directory: group.path, unified: true) == .enforced)
        #expect(try group.open("/dev/kmsg", .readOnly) == .notPermitted)
        #expect(try group.open("/dev/null", .readWrite) == nil)
        try DeviceController.apply([mem], directory: group.path, unified: true)
        #expect(try group.open("/dev/kmsg", .readOnly) == nil)
        #expect(try group.open("/dev/kmsg", .readWrite) == .notPermitted)
    }

    @Test func anUpdateExchangesTheProgramAndLeavesOne() throws {
        guard let group = ScratchGroup(below: unified, with: "cgroup.procs") else { return skip("version 2") }
        for rules in [[], [mem], [LinuxDeviceRule(allow: true)]] {
            try DeviceController.apply(rules, directory: group.path, unified: true)
            #expect(try attached(group.path).count == 1)
        }
        #expect(try group.open("/dev/kmsg", .readWrite) == nil)
    }

    @Test func strangersProgramsMakeRoomForTheNewOne() throws {
        guard let group = ScratchGroup(below: unified, with: "cgroup.procs") else { return skip("version 2") }
        let directory = try Files.open(group.path, flags: [.readOnly, .directory])
        for _ in 0..<2 {
            let program = try DevicePrograms.load(DeviceProgram(DeviceRules([])).instructions)
            try DevicePrograms.attach(program.rawValue, to: directory.rawValue)
        }
        #expect(try attached(group.path).count == 2)
        try DeviceController.apply([mem], directory: group.path, unified: true)
        #expect(try attached(group.path).count == 1)
        #expect(try group.open("/dev/kmsg", .readOnly) == nil)
    }

    @Test func aProcessInAGroupOfVersion1OpensOnlyWhatTheRulesLeave() throws {
        guard let group = ScratchGroup(below: legacy, with: "devices.list") else { return skip("devices of version 1") }
        #expect(try DeviceController.apply([], directory: group.path, unified: false) == .enforced)
        #expect(try group.open("/dev/kmsg", .readOnly) == .notPermitted)
        #expect(try group.open("/dev/null", .readWrite) == nil)
        try DeviceController.apply([mem], directory: group.path, unified: false)
        #expect(try group.open("/dev/kmsg", .readOnly) == nil)
        #expect(try group.open("/dev/kmsg", .readWrite) == .notPermitted)
        try DeviceController.apply([LinuxDeviceRule(allow: true)], directory: group.path, unified: false)
        #expect(try group.open("/dev/kmsg", .readWrite) == nil)
    }

    @Test func theKernelListsExactlyTheExceptions() throws {
        guard let group = ScratchGroup(below: legacy, with: "devices.list") else { return skip("devices of version 1") }
        let controller = try DeviceController([mem], isInUserNamespace: false)
        try controller.apply(toLegacy: group.path, isNew: true)
        let list = String(decoding: try Files.contents(of: "\(group.path)/devices.list", limit: 1 << 16), as: UTF8.self)
        let kernels = try #require(DeviceExceptions(list: list))
        let ours = try DeviceExceptions(controller.rules)
        #expect(kernels.changes(from: ours).isEmpty)
        #expect(ours.changes(from: kernels).isEmpty)
    }

    @Test func aGroupThatIsntThereIsAnErrorThatNamesTheField() {
        for isUnified in [true, false] {
            let error = #expect(throws: CgroupError.self) {
                try DeviceController.apply([], directory: "/sys/fs/cgroup/no-such-group", unified: isUnified)
            }
            #expect(error?.field == "linux.resources.devices")
            #expect(error?.errno == .noSuchFile)
        }
    }

    @Test func inAUserNamespaceTheRulesAreLeftToIt() throws {
        let controller = try DeviceController([mem], isInUserNamespace: true)
        #expect(try controller.apply(toLegacy: "/nonexistent", isNew: true) == .leftToUserNamespace)
        #expect(try controller.apply(toUnified: "/nonexistent") == .leftToUserNamespace)
    }

    private func attached(_ path: String) throws -> [UInt32] {
        let group = try Files.open(path, flags: [.readOnly, .directory])
        return try DevicePrograms.attached(to: group.rawValue)
    }

    private func skip(_ what: String) { print("skipped: no writable control groups of \(what) here") }
}
