import SystemCalls
import Testing

@testable import WasmWorkload

@Suite struct FileStampTests {
    private func layers(_ options: String, point: String = "/a/b/merged") throws -> OverlayLayers? {
        let line = "191 227 0:39 / \(point) rw,relatime shared:1 - overlay overlay \(options)"
        return OverlayLayers(try #require(MountTable(text: line).lines.first))
    }

    @Test func theLayersOfAnOverlayAreFound() throws {
        #expect(try layers("rw,lowerdir=/l/1:/l/2,upperdir=/u,workdir=/w")?.paths == ["/l/1", "/l/2", "/u"])
        #expect(try layers("ro,lowerdir+=/l/1,lowerdir+=/l/2,datadir+=/d")?.paths == ["/l/1", "/l/2", "/d"])
        #expect(try layers(#"ro,lowerdir=/with\040blank::/data"#)?.paths == ["/with blank", "/data"])
    }

    @Test(arguments: [
        "rw,upperdir=/u,workdir=/w", #"ro,lowerdir=/a\134:b:/c"#, "ro,lowerdir=/proc/self/fd/5:/c", "rw",
    ])
    func layersThatCannotBeToldAreNone(options: String) throws { #expect(try layers(options) == nil) }

    @Test func aFileOfMemoryIsStampedByTheKernelAndOneOfProcIsNot() throws {
        let memory = try Files.open("/dev/shm", flags: [.path, .directory])
        #expect(FileStamps.areKernels(memory.rawValue))
        let procfs = try Files.open("/proc/version", flags: .readOnly)
        #expect(!FileStamps.areKernels(procfs.rawValue))
        #expect(!FileStamps.mayBeKernels(procfs.rawValue, try FileStatus.of(procfs.rawValue)))
    }

    @Test func numbersOfDevicesAreTakenApartAsTheKernelPutsThemTogether() throws {
        let root = try Files.open("/", flags: [.path, .directory])
        #expect(try FileStatus.of(root.rawValue).deviceNumber == MountedFile.of(root.rawValue).device)
    }
}
