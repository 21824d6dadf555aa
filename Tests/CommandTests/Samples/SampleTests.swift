import Foundation
import Testing

@Suite("Samples")
struct SampleTests {
    static let names = (try? Sample.allNames(in: Repository.samples)) ?? []

    @Test("every folder below oci-samples is complete and in the table", arguments: names)
    func isComplete(name: String) throws {
        let sample = try Sample(name, in: Repository.samples)
        let files = try FileManager.default.contentsOfDirectory(atPath: sample.folder.path)
        #expect(files.count { $0.hasPrefix("\(name).") } == 1, "exactly one of \(name).wat, \(name).c, \(name).swift")
        #expect(!sample.runs.isEmpty)
        let named = Set(sample.runs.map(\.standardOutput))
        #expect(named == Set(files.filter { $0.hasPrefix("expected") }), "each expectation is a run's")
        #expect(Set(sample.runs.map(\.name)).count == sample.runs.count, "two runs have the same name")
        let table = try String(contentsOf: Repository.samples.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(table.contains("| [\(name)](\(name)) |"), "README.md has no row for it")
    }

    @Test("a Dockerfile starts the file that it copies", arguments: names)
    func entryPointIsCopied(name: String) throws {
        let sample = try Sample(name, in: Repository.samples)
        let copied = sample.dockerfile.copies.map(\.destination)
        #expect(sample.dockerfile.entrypoint.count == 1)
        #expect(sample.dockerfile.entrypoint.allSatisfy(copied.contains))
        let hasText = FileManager.default.fileExists(atPath: sample.folder.appendingPathComponent("\(name).wat").path)
        #expect(sample.dockerfile.entrypoint == ["/\(name).\(hasText ? "wat" : "wasm")"])
    }

    @Test("every sample does what its manifest says", .timeLimit(.minutes(5)), arguments: names)
    func behaves(name: String) throws {
        let sample = try Sample(name, in: Repository.samples)
        let images = try SampleImages.shared.get()
        let image = try Repository.withScratch { try images.make(sample, in: $0) }
        for run in sample.runs {
            try Repository.withScratch { scratch in
                try SampleRun(sample: sample, run: run, images: images, scratch: scratch).check(image: image)
            }
        }
    }

    @Test("there are samples, and the ones that the project promises")
    func promisedSamplesExist() {
        let promised = [
            "c", "embedded-swift", "environment-and-arguments", "exit-code", "filesystem-stress", "hello", "mounts",
            "tcp-echo", "threads", "trap", "tty",
        ]
        #expect(Set(promised).isSubset(of: Self.names))
    }
}
