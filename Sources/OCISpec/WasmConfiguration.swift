import JSON

/// The configuration of a WebAssembly artifact, `application/vnd.wasm.config.v0+json`.
public struct WasmConfiguration: Equatable, Sendable {
    /// `wasm` with os `wasip1` or `wasip2`.
    public var platform: Platform
    public var created: String?
    public var author: String?
    public var layerDigests: [Digest]
    /// What a component needs and offers, by its producer's word; nil for a core module.
    public var component: Component?

    public struct Component: Equatable, Sendable {
        public var imports: [String]
        public var exports: [String]
        public var target: String?

        public init(imports: [String], exports: [String], target: String? = nil) {
            self.imports = imports
            self.exports = exports
            self.target = target
        }
    }

    public init(platform: Platform, layerDigests: [Digest], component: Component? = nil) {
        self.platform = platform
        self.layerDigests = layerDigests
        self.component = component
    }

    public init(json node: JSONNode) throws(JSONError) {
        platform = try Platform(json: node) ?? Platform(os: "wasi", architecture: "wasm")
        created = try node.optionalString("created")
        author = try node.optionalString("author")
        layerDigests = []
        for digest in try node.list("layerDigests", limit: SpecificationLimits.layers) {
            layerDigests.append(try digest.digest())
        }
        if let inner = try node.optional("component") {
            component = Component(
                imports: try inner.strings("imports"), exports: try inner.strings("exports"),
                target: try inner.optionalString("target"))
        }
    }

    public var json: JSONValue {
        var object = JSONObject()
        if let created { object["created"] = .string(created) }
        if let author { object["author"] = .string(author) }
        object["architecture"] = .string(platform.architecture)
        object["os"] = .string(platform.os)
        object["layerDigests"] = .strings(layerDigests.map(\.description))
        if let component {
            object["component"] = [
                "exports": .strings(component.exports), "imports": .strings(component.imports),
                "target": component.target.map { .string($0) } ?? .null,
            ]
        }
        return .object(object)
    }
}
