import ContentHashing
import ImageTransfer
import JSON
import OCISpec
import SystemCalls

/// Changes an image layout as an attacker could: every digest above the change fits again.
struct Tampering {
    let layout: String

    init(_ layout: String) { self.layout = layout }

    /// Gives the configuration a diff id that its layer doesn't have.
    func replaceDiffID() throws {
        var index = try ImageIndex(json: try read("index.json"))
        var manifest = try ImageManifest(json: try read(ImageLayout.path(of: index.manifests[0].digest)))
        var configuration = try ImageConfiguration(json: try read(ImageLayout.path(of: manifest.configuration.digest)))
        configuration.diffIDs = [.of(Array("something else".utf8))]
        manifest.configuration = try store(configuration.json, like: manifest.configuration)
        index.manifests[0] = try store(manifest.json, like: index.manifests[0])
        try write("index.json", index.json.bytes())
    }

    /// Puts one more layer on top of an image whose layers aren't compressed.
    func addLayer(_ archive: [UInt8]) throws {
        var index = try ImageIndex(json: try read("index.json"))
        var manifest = try ImageManifest(json: try read(ImageLayout.path(of: index.manifests[0].digest)))
        var configuration = try ImageConfiguration(json: try read(ImageLayout.path(of: manifest.configuration.digest)))
        var layer = manifest.layers[0]
        layer.digest = .of(archive)
        layer.size = Int64(archive.count)
        try write(ImageLayout.path(of: layer.digest), archive)
        manifest.layers.append(layer)
        configuration.diffIDs.append(layer.digest)
        manifest.configuration = try store(configuration.json, like: manifest.configuration)
        index.manifests[0] = try store(manifest.json, like: index.manifests[0])
        try write("index.json", index.json.bytes())
    }

    private func read(_ name: String) throws -> JSONNode {
        try JSONNode(reading: try Files.contents(of: "\(layout)/\(name)", limit: 1 << 20))
    }

    private func store(_ document: JSONValue, like old: Descriptor) throws -> Descriptor {
        let bytes = document.bytes()
        var descriptor = old
        descriptor.digest = .of(bytes)
        descriptor.size = Int64(bytes.count)
        try write(ImageLayout.path(of: descriptor.digest), bytes)
        return descriptor
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = try Files.open("\(layout)/\(name)", flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try Files.writeAll(file.rawValue, bytes)
    }
}
