import SystemCalls
import Testing

@testable import ContainerMounts

/// Both ways to mount in a root: mounted nowhere (Linux 6.15 and newer; before, the tree finds its way into a namespace by
/// itself), and in a mount namespace.
@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct VolumeTreeTests {
    private let bundle: Bundle

    init() throws {
        bundle = try Bundle()
        try bundle.makeDirectory("volume")
        try bundle.makeDirectory("rootfs/data")
        try bundle.write("rootfs/data/own", "the image's")
        try bundle.write("volume/file", "the host's")
    }

    private func visit(_ words: String...) throws -> Bundle.Report {
        try Bundle.probe(["volumes", "root=\(bundle.path)/rootfs"] + words)
    }

    @Test(arguments: [[], ["namespace"]])
    func volumesHideWhatTheRootHas(_ way: [String]) throws {
        let report = try Bundle.probe(
            ["volumes", "root=\(bundle.path)/rootfs"] + way + [
                "volume=\(bundle.path)/volume:/data", "volume=\(bundle.path)/outside/canary:/data/file:ro",
                "closed", "read=data/own", "read=data/file", "write=data/file", "write=data/new", "write=new",
            ])
        #expect(report.answer("read data/own")?.contains("ENOENT") == true, "\(report.text)")
        #expect(report.answer("read data/file") == "alive")
        #expect(report.answer("write data/file")?.contains("EROFS") == true)
        #expect(report.answer("write data/new") == "ok")
        #expect(report.answer("write new")?.contains("EROFS") == true)
        #expect(try bundle.names("rootfs/data") == ["own"])
        #expect(try bundle.names("volume") == ["file", "new"])
        try bundle.expectCanary()
    }

    @Test(arguments: ["/way/x", "/way/../way/y"])
    func aLinkAtTheDestinationStaysInside(_ destination: String) throws {
        try bundle.link("rootfs/way", to: "../../../../../../../..\(bundle.path)/outside")
        let report = try visit("volume=\(bundle.path)/volume:\(destination)", "read=\(destination)/file")
        #expect(report.answer("read \(destination)/file") == "the host's", "\(report.text)")
        try bundle.expectCanary()
    }

    @Test func aLinkThatLeadsNowhereForeverIsRefused() throws {
        try bundle.link("rootfs/one", to: "two")
        try bundle.link("rootfs/two", to: "one")
        let report = try visit("volume=\(bundle.path)/volume:/one/x")
        #expect(report.refusal?.contains("ELOOP") == true, "\(report.text)")
    }

    @Test func aSourceThatIsNoFileIsNotOpened() throws {
        // A pipe without a writer would block who opens it.
        let directory = try Files.open(bundle.path, flags: [.path, .directory])
        try DeviceNodes.make(.pipe, "pipe", in: directory.rawValue, permissions: 0o600)
        let report = try visit("volume=\(bundle.path)/pipe:/pipe")
        #expect(report.refusal?.contains("neither a file nor a directory") == true, "\(report.text)")
    }
}
