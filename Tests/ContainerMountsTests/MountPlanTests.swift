import FieldErrors
import OCISpec
import SystemCalls
import Testing

@testable import ContainerMounts

@Suite struct MountPlanTests {
    private func refusal(_ mount: String) -> FieldError? {
        do {
            _ = try Configuration(mounts: [Configuration.procMount, mount]).plan()
            return nil
        } catch let error as FieldError { return error } catch { return FieldError("?", "\(error)") }
    }

    @Test func relativePathsBeginAtTheBundle() throws {
        let plan = try Configuration(
            mounts: [#"{"destination":"/a","type":"bind","source":"data","options":["rbind"]}"#]
        ).plan()
        #expect(plan.root == "/bundle/rootfs")
        #expect(plan.mounts[0].action == .bind(source: "/bundle/data", recursive: true))
    }

    @Test(arguments: [
        ("/a//b/./c/", "/a/b/c"), ("/a/../../b", "/b"), ("a/b", "/a/b"), ("/..", "/"), ("/dev/", "/dev"),
    ])
    func destinationsAreCompared(_ path: String, _ expected: String) {
        #expect(MountPlan.cleaned(path) == expected)
    }

    @Test func aBindOptionOverridesTheType() throws {
        let plan = try Configuration(
            mounts: [#"{"destination":"/a","type":"tmpfs","source":"/x","options":["bind"]}"#]
        ).plan()
        #expect(plan.mounts[0].action == .bind(source: "/x", recursive: false))
    }

    @Test func theTypeBindAloneIsABind() throws {
        let plan = try Configuration(mounts: [#"{"destination":"/a","type":"bind","source":"/x"}"#]).plan()
        #expect(plan.mounts[0].action == .bind(source: "/x", recursive: false))
    }

    @Test(arguments: [
        (#"{"destination":"/a","type":"bind","source":"/x","options":["rbind","wrong"]}"#, "mounts[1].options"),
        (#"{"destination":"/a","type":"bind","options":["rbind"]}"#, "mounts[1].source"),
        (#"{"destination":"/a","source":"/x"}"#, "mounts[1].type"),
        (#"{"destination":"/a/..","type":"tmpfs"}"#, "mounts[1].destination"),
        (#"{"destination":"/a","type":"tmpfs","options":["idmap"]}"#, "mounts[1].options"),
        (#"{"destination":"/a","type":"bind","source":"/x","options":["tmpcopyup"]}"#, "mounts[1].options"),
        (#"{"destination":"/a","type":"tmpfs","options":["copy-symlink"]}"#, "mounts[1].options"),
    ])
    func whatCannotBeIsRefusedByItsField(_ mount: String, _ field: String) {
        #expect(refusal(mount)?.field == field)
    }

    @Test func aReadOnlyDeviceDirectoryIsFilledFirst() throws {
        let plan = try Configuration(
            mounts: [
                #"{"destination":"/dev","type":"tmpfs","options":["ro"]}"#,
                #"{"destination":"/tmp","type":"tmpfs","options":["ro"]}"#,
                #"{"destination":"/sys","type":"sysfs","options":["ro"]}"#,
                #"{"destination":"/x","type":"tmpfs"}"#,
            ]
        ).plan()
        #expect(plan.mounts.map(\.isReadOnlyLate) == [true, true, false, false])
    }

    @Test func aBoundDeviceDirectoryIsLeftAlone() throws {
        let plan = try Configuration(
            mounts: [#"{"destination":"/dev/","type":"bind","source":"/dev","options":["rbind"]}"#],
            linux: [#""devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229}]"#]
        ).plan()
        #expect(!plan.fillsDeviceDirectory)
        #expect(plan.devices.isEmpty)
    }

    @Test func devicesAreMadeOut() throws {
        let plan = try Configuration(
            linux: [
                """
                "devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229,"fileMode":432,"uid":1,"gid":2},
                {"type":"p","path":"/dev/pipe"}]
                """
            ]
        ).plan()
        #expect(plan.devices[0].kind == .characterDevice(DeviceNumber(major: 10, minor: 229)))
        #expect(plan.devices[0].permissions == 0o660 && plan.devices[0].user == 1 && plan.devices[0].group == 2)
        #expect(plan.devices[1].kind == .pipe && plan.devices[1].permissions == 0o666)
    }

    @Test func propagationOfTheRootIsMadeOut() throws {
        #expect(try Configuration().plan().rootPropagation == nil)
        let plan = try Configuration(linux: [#""rootfsPropagation":"rshared""#]).plan()
        #expect(plan.rootPropagation == .init(kind: .shared, isRecursive: true))
    }

    @Test func aBundleWithoutRootIsRefused() throws {
        let configuration = try RuntimeConfiguration(reading: Array(#"{"ociVersion":"1.0.2"}"#.utf8))
        #expect(throws: FieldError("root", "is missing")) {
            try MountPlan(configuration, bundle: "/bundle", workload: .native)
        }
    }
}

@Suite struct WasmViewTests {
    @Test(arguments: [
        (#"{"destination":"/proc","type":"proc"}"#, false), (#"{"destination":"/elsewhere","type":"proc"}"#, false),
        (#"{"destination":"/x","type":"sysfs"}"#, false), (#"{"destination":"/x","type":"devpts"}"#, false),
        (#"{"destination":"/x","type":"mqueue"}"#, false), (#"{"destination":"/x","type":"cgroup"}"#, false),
        (#"{"destination":"/x","type":"cgroup2"}"#, false), (#"{"destination":"/dev","type":"tmpfs"}"#, false),
        (#"{"destination":"/dev/shm","type":"tmpfs"}"#, false),
        (#"{"destination":"/a/../sys/fs","type":"bind","source":"/x"}"#, false),
        (#"{"destination":"/proc/cpuinfo","type":"bind","source":"/x"}"#, false),
        (#"{"destination":"/device","type":"tmpfs"}"#, true), (#"{"destination":"/tmp","type":"tmpfs"}"#, true),
        (#"{"destination":"/data","type":"bind","source":"/x"}"#, true),
        (#"{"destination":"/data/proc","type":"bind","source":"/x"}"#, true),
    ])
    func aGuestSeesNothingOfTheKernel(_ mount: String, _ isShown: Bool) throws {
        let plan = try Configuration(mounts: [mount]).plan(.wasm)
        #expect(plan.mounts.isEmpty == !isShown)
        #expect(try Configuration(mounts: [mount]).plan(.native).mounts.count == 1)
    }

    @Test func aGuestHasNoDevices() throws {
        let plan = try Configuration(
            linux: [#""devices":[{"type":"c","path":"/x","major":1,"minor":3}]"#]
        ).plan(.wasm)
        #expect(plan.devices.isEmpty && !plan.fillsDeviceDirectory)
    }

    @Test func errorsKeepTheIndexOfTheConfiguration() throws {
        let plan = try Configuration(
            mounts: [Configuration.procMount, #"{"destination":"/data","type":"bind","source":"/x"}"#]
        ).plan(.wasm)
        #expect(plan.mounts.map(\.field) == ["mounts[1]"])
    }
}
