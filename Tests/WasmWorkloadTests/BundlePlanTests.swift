import ContainerMounts
import HostCapabilities
import OCISpec
import Testing
import WasmWorkload

@Suite struct BundlePlanTests {
    private func plan(_ text: String, _ request: WorkloadRequest = WorkloadRequest()) throws -> WorkloadPlan {
        let configuration = try RuntimeConfiguration(reading: Array(text.utf8))
        return try WorkloadPlan(bundle: configuration, directory: "/b", request: request)
    }

    @Test func aBundleRunsItsProcessInItsRoot() throws {
        let plan = try plan(
            """
            {"ociVersion": "1.0.2", "root": {"path": "fs", "readonly": true},
             "process": {"args": ["/a.wasm", "x"], "env": ["A=1", "B=2"], "cwd": "/", "user": {"uid": 7, "gid": 8}},
             "mounts": [
               {"destination": "/proc", "type": "proc", "source": "proc"},
               {"destination": "/data", "type": "bind", "source": "d", "options": ["rbind", "ro"]}],
             "annotations": {"dev.martlet.ports": "8080:80", "other": "kept"}}
            """)
        #expect(plan.program == .inRoot(["/a.wasm"]))
        #expect(plan.arguments == ["/a.wasm", "x"])
        #expect(plan.environment == ["A=1", "B=2"])
        #expect(plan.user == "7:8")
        #expect(plan.root == .init(path: "/b/fs", isReadOnly: true, isShared: false))
        #expect(plan.mounts == [Volume(source: "/b/d", destination: "/data", isReadOnly: true)])
        #expect(plan.ports.map(\.hostPort) == [8080])
        #expect(plan.annotations["other"] == "kept")
    }

    @Test func aBundleWithoutAProcessIsRefused() {
        #expect(throws: PlanError.self) { try plan(#"{"ociVersion": "1.0.2", "root": {"path": "fs"}}"#) }
    }
}

@Suite struct BundleLimitsTests {
    private func limits(_ resources: String) throws -> WorkloadPlan.Limits {
        let text = """
            {"ociVersion": "1.0.2", "process": {"args": ["/a.wasm"], "cwd": "/"}, "linux": {"resources": \(resources)}}
            """
        let configuration = try RuntimeConfiguration(reading: Array(text.utf8))
        return try WorkloadPlan(bundle: configuration, directory: "/b", request: WorkloadRequest()).limits
    }

    @Test func memoryAndProcessorsOfABundleAreKept() throws {
        let limits = try limits(#"{"memory": {"limit": 1048576}, "cpu": {"quota": 50000, "period": 100000}}"#)
        #expect(limits.memory == 1 << 20)
        #expect(limits.processors == 500)
        #expect(try self.limits(#"{"memory": {"limit": -1}, "cpu": {"quota": -1}}"#) == .init())
        let zeros = #"{"memory": {"limit": 0}, "cpu": {"shares": 0, "quota": 0, "period": 0}}"#
        #expect(try self.limits(zeros) == .init())
        #expect(try self.limits(#"{"cpu": {"quota": 50000, "period": 0}}"#).processors == 500)
    }

    @Test(arguments: [
        (#"{"memory": {"limit": -2}}"#, "memory.limit"), (#"{"memory": {"limit": "1m"}}"#, "memory.limit"),
        (#"{"cpu": {"quota": 9223372036854775807}}"#, "cpu.quota"),
    ])
    func aNumberThatIsNoLimitIsRefused(resources: String, field: String) {
        let error = #expect(throws: (any Error).self) { try limits(resources) }
        #expect(error.map { "\($0)".contains("$.linux.resources.\(field): ") } == true)
    }
}
