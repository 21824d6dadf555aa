import Foundation
import SystemCalls

/// Every sample as an image in a store of its own, made once for all tests.
struct SampleImages: Sendable {
    struct NotBuilt: Error, CustomStringConvertible {
        let description: String
    }

    let martlet: MartletCommand
    /// The store, the state directory and the root file systems that images are made from.
    private let folder: URL

    static let shared = Result { try SampleImages() }

    var root: String { folder.appendingPathComponent("store").path }
    var state: String { folder.appendingPathComponent("state").path }

    private init() throws {
        martlet = try MartletCommand()
        folder = Repository.root.appendingPathComponent(".build/sample-tests", isDirectory: true)
        // The store of an earlier run would hide that building an image is broken.
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let script = try ChildProgram.run(
            Repository.samples.appendingPathComponent("build").path, arguments: ["build"], environment: Environment.all,
            input: .bytes([]), outputLimit: 1 << 20, timeout: .seconds(300))
        guard case .exited(.code(0)) = script.end else {
            throw NotBuilt(description: "oci-samples/build failed: \(String(decoding: script.output, as: UTF8.self))")
        }
    }

    /// Makes the image that the sample's Dockerfile describes and returns its reference.
    func make(_ sample: Sample, in scratch: URL) throws -> String {
        let reference = "samples/\(sample.name):test"
        let rootFileSystem = scratch.appendingPathComponent("rootfs", isDirectory: true)
        try stage(sample, at: rootFileSystem)
        var arguments = ["image", "build", "--root", root, "--tag", reference]
        for word in sample.dockerfile.entrypoint { arguments.append("--entrypoint=\(word)") }
        for word in sample.dockerfile.command { arguments.append("--cmd=\(word)") }
        for variable in sample.dockerfile.environment { arguments.append("--env=\(variable)") }
        for port in sample.dockerfile.exposed { arguments.append("--port=\(port)") }
        let outcome = try martlet.run(arguments + [rootFileSystem.path], in: scratch)
        guard outcome.exitCode == 0 else {
            throw NotBuilt(description: "image build of \(sample.name): \(outcome.standardError)")
        }
        return reference
    }

    /// Does what the COPY instructions say, with the sample's folder below .build/samples as the context.
    private func stage(_ sample: Sample, at rootFileSystem: URL) throws {
        let files = FileManager.default
        let context = Repository.builtSamples.appendingPathComponent(sample.name, isDirectory: true)
        try files.createDirectory(at: rootFileSystem, withIntermediateDirectories: true)
        for copy in sample.dockerfile.copies {
            let source = context.appendingPathComponent(copy.source)
            if copy.source.hasSuffix("/") {
                for name in try files.contentsOfDirectory(atPath: source.path) {
                    try files.copyItem(
                        at: source.appendingPathComponent(name),
                        to: rootFileSystem.appendingPathComponent(copy.destination).appendingPathComponent(name))
                }
            } else {
                try files.copyItem(at: source, to: rootFileSystem.appendingPathComponent(copy.destination))
            }
        }
    }
}
