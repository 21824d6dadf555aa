import Archive
import ArchiveFixtures
import Glibc
import LayerUnpacking
import SystemCalls
import Testing

/// Nothing here may depend on the umask, so every test runs under a strict one. It is the whole process's: the tests of other
/// layers have a process of their own (Makefile).
let strictUmask: Void = { umask(0o077) }()

/// An image made of archives, unpacked beside a canary.
struct Unpacking {
    let cage: CanaryCage
    var limits = UnpackLimits.standard
    var privileges = UnpackPrivileges.ofThisProcess

    init() throws {
        _ = strictUmask
        cage = try CanaryCage()
    }

    @discardableResult
    func apply(_ layers: [TarBuilder]) throws -> UnpackSummary { try apply(bytes: layers.map { $0.ended() }) }

    @discardableResult
    func apply(bytes layers: [[UInt8]]) throws -> UnpackSummary {
        let unpacker = try LayerUnpacker(root: try cage.directory.open("root"), limits: limits, privileges: privileges)
        for (number, layer) in layers.enumerated() {
            // Both ways of reading are used.
            try unpacker.apply(MemorySource(layer), readAhead: number % 2 == 1)
        }
        return unpacker.summary
    }

    /// The error's text when the layers are refused; nothing outside may have changed.
    func refusal(_ layers: [TarBuilder], at location: SourceLocation = #_sourceLocation) -> String? {
        defer { expectUnharmed(at: location) }
        do {
            try apply(layers)
            return nil
        } catch { return "\(error)" }
    }

    func expectUnharmed(at location: SourceLocation = #_sourceLocation) {
        #expect((try? cage.isUnharmed()) == true, sourceLocation: location)
    }

    func exists(_ name: String) -> Bool { cage.directory.exists("root/\(name)") }
    func text(_ name: String) throws -> String { try cage.directory.text("root/\(name)") }
    func status(_ name: String) throws -> FileStatus { try cage.directory.status("root/\(name)") }

    func names(_ name: String = ".") throws -> [String] {
        try TreeListing.names("\(cage.root)/\(name)")
    }
}

/// A layer, made in place.
func layer(_ build: (inout TarBuilder) -> Void) -> TarBuilder {
    var tar = TarBuilder()
    build(&tar)
    return tar
}

let isRoot = Processes.effectiveUser == 0
