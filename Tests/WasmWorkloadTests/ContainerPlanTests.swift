import ContainerMounts
import HostCapabilities
import OCISpec
import Testing
import WasmWorkload

@Suite struct ContainerPlanTests {
    private func plan(
        _ annotations: String = "{}", ownNetwork: Bool = true, groups: Bool = true
    ) throws -> WorkloadPlan {
        let text = """
            {"ociVersion": "1.0.2", "process": {"args": ["/a.wasm"], "cwd": "/"}, "annotations": \(annotations),
             "mounts": [{"destination": "/etc/hosts", "type": "bind", "source": "/engine/hosts", "options": ["bind"]}],
             "linux": {"resources": {"memory": {"limit": 1048576}}}}
            """
        return try WorkloadPlan(
            container: RuntimeConfiguration(reading: Array(text.utf8)), bundle: "/b", root: "/r",
            hasOwnNetwork: ownNetwork, hasGroups: groups)
    }

    @Test func aGroupThatKeepsTheLimitIsItsOnlyKeeper() throws {
        #expect(try plan().limits.memory == nil)
        #expect(try plan(groups: false).limits.memory == 1 << 20)
        #expect(try plan(#"{"dev.martlet.memory-max": "64k"}"#).limits.memory == 1 << 16)
    }

    @Test func namesThatDecideComeFromNoImage() throws {
        let rule = #"{"dev.martlet.outbound": "db:80"}"#
        #expect(try plan().names == .ofProcess)
        #expect(try plan(rule).names == .files(hosts: "/engine/hosts", resolver: nil, isHosts: false))
        #expect(
            try plan(rule, ownNetwork: false).names
                == .files(hosts: "/etc/hosts", resolver: "/etc/resolv.conf", isHosts: true))
    }
}
