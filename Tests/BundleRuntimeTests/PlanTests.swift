import OCISpec
import SystemCalls
import Testing

@testable import BundleRuntime

@Suite("What is known before anything is made")
struct PlanTests {
    private func namespaces(_ list: [(LinuxNamespace.Kind, String?)]) -> NamespacePlan {
        var linux = LinuxConfiguration()
        linux.namespaces = list.map { LinuxNamespace(kind: $0.0, path: $0.1) }
        return NamespacePlan(linux)
    }

    @Test func newNamespacesAreMadeAndOthersJoined() {
        let plan = namespaces([(.pid, nil), (.network, "/n"), (.mount, nil)])
        #expect(plan.new == [.pid, .mount])
        #expect(plan.joined.map(\.path) == ["/n"])
        #expect(plan.joined.map(\.field) == ["linux.namespaces[1].path"])
        #expect(plan.all == [.pid, .mount, .network])
        #expect(plan.needsStep)
        #expect(!plan.hasUser)
    }

    @Test func aRootIsThatOfANamespaceOnlyInANewOne() {
        #expect(namespaces([(.mount, nil)]).rootIsOfNamespace)
        #expect(!namespaces([(.mount, "/m")]).rootIsOfNamespace)
        #expect(!namespaces([]).rootIsOfNamespace)
    }

    @Test func aFileThatIsNoNamespaceIsRefusedByItsField() {
        for path in ["/dev/null", "/proc/self/ns/ipc", "/nonexistent"] {
            let error = #expect(throws: RuntimeFailure.self) {
                _ = try OpenedNamespaces(namespaces([(.pid, nil), (.network, path)]))
            }
            #expect(error?.description.hasPrefix("linux.namespaces[1].path: ") == true)
        }
    }

    @Test func theNamespaceOfTheCallerIsToldFromOthers() {
        var linux = LinuxConfiguration()
        #expect(!NamespacePlan.leaves(.network, linux))
        linux.namespaces = [LinuxNamespace(kind: .network, path: "/proc/self/ns/net")]
        #expect(!NamespacePlan.leaves(.network, linux))
        linux.namespaces = [LinuxNamespace(kind: .network)]
        #expect(NamespacePlan.leaves(.network, linux))
    }

    @Test func aTableOfIdsThatTheKernelCantTakeIsRefused() {
        let ranges = (0..<340).map {
            IDMapping(containerID: UInt32($0) * 10_000_000, hostID: UInt32($0) * 10_000_000, size: 1)
        }
        let mappings = UserMappings(users: ranges, groups: [])
        // Nothing is written for a process that isn't there: the table is looked at first.
        let error = #expect(throws: RuntimeFailure.self) { try mappings.write(for: .max) }
        #expect(error?.description.hasPrefix("linux.uidMappings: ") == true)
    }

    @Test func anotherProcessIsTheContainersButForWhatWasAsked() throws {
        var own = RuntimeProcess(arguments: ["/a"], environment: ["A=1"], workingDirectory: "/w")
        own.hasTerminal = true
        own.noNewPrivileges = true
        var request = ExecRequest(id: "x")
        request.arguments = ["/b", "c"]
        request.environment = ["A=2"]
        request.user = "5:6"
        request.additionalGroups = [7]
        request.capabilities = ["CAP_KILL"]
        let process = try ExecProcess.read(request, container: own)
        #expect(process.arguments == ["/b", "c"])
        #expect(process.environment == ["A=1", "A=2"])
        #expect(process.workingDirectory == "/w")
        #expect(process.user.uid == 5)
        #expect(process.user.gid == 6)
        #expect(process.user.additionalGroups == [7])
        #expect(process.capabilities?.bounding == ["CAP_KILL"])
        #expect(process.capabilities?.ambient == [])
        #expect(process.noNewPrivileges)
        #expect(!process.hasTerminal)
    }

    @Test("users that are none", arguments: ["", "a", "1:", "-1", "4294967296", "1:b"])
    func noUser(text: String) {
        var request = ExecRequest(id: "x")
        request.arguments = ["/b"]
        request.user = text
        #expect(throws: RuntimeFailure.self) {
            try ExecProcess.read(request, container: RuntimeProcess(arguments: ["/a"]))
        }
    }

    @Test func aGuestIsAskedNoPrivileges() {
        var process = RuntimeProcess(arguments: ["/a.wasm"])
        process.capabilities = .init(bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"])
        process.giveUpPrivileges()
        #expect(process.capabilities == nil)
        #expect(process.noNewPrivileges)
    }

    @Test func aPidFileAppearsWhole() throws {
        let path = "/tmp/martlet-pid-\(Processes.current)"
        defer { try? Files.unlink(path) }
        try PidFile.write(123, to: path)
        try PidFile.write(45, to: path)
        #expect(try Files.contents(of: path, limit: 10) == Array("45".utf8))
        let error = #expect(throws: RuntimeFailure.self) { try PidFile.write(1, to: "/nonexistent/x") }
        #expect(error?.description.hasPrefix("--pid-file: ") == true)
    }

    @Test func phasesOfBothSidesAreToldInTheirOrder() {
        let trace = PhaseTrace(isActive: true)
        trace.mark("one")
        let child = PhaseTrace(isActive: true)
        child.beginAnew()
        child.mark("two")
        trace.merge(child.text)
        trace.merge("nonsense\n12\nx y\n")
        trace.mark("three")
        #expect(trace.report().map { $0.drop { $0.isNumber || $0 == " " } } == ["begin", "one", "init: two", "three"])
    }
}
