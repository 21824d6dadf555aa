import JSON

// Fields that occur all over the specifications, read with the path in the error.

extension JSONNode {
    /// A digest.
    public func digest() throws(JSONError) -> Digest {
        do { return try Digest(parsing: try string()) } catch let error as InvalidDigest {
            throw invalid(error.description)
        } catch let error as JSONError { throw error } catch { throw invalid("\(error)") }
    }

    func optionalString(_ key: String) throws(JSONError) -> String? { try optional(key)?.string() }

    /// Strings; an absent or null list is empty.
    func strings(_ key: String) throws(JSONError) -> [String] { try optional(key)?.strings() ?? [] }

    /// Annotations or labels; absent or null is empty.
    func stringMap(_ key: String) throws(JSONError) -> [String: String] { try optional(key)?.stringMap() ?? [:] }

    /// The names of an object used as a set, as Go writes `map[string]struct{}`; absent or null is empty.
    func names(_ key: String) throws(JSONError) -> [String] { try optional(key)?.members().map(\.key) ?? [] }

    /// The elements of a list that may be absent or null, at most `limit`.
    func list(_ key: String, limit: Int) throws(JSONError) -> [JSONNode] {
        guard let list = try optional(key) else { return [] }
        let elements = try list.elements()
        guard elements.count <= limit else {
            throw list.invalid("has \(elements.count) elements, at most \(limit) are read")
        }
        return elements
    }

    /// Demands `schemaVersion` 2, the only one there is; version 1 is Docker's old format.
    func checkSchemaVersion() throws(JSONError) {
        guard let version = try optional("schemaVersion") else { return }
        switch try version.integer(Int.self) {
        case 2: return
        case 1: throw version.invalid("Docker's schema 1 isn't supported; push the image again with a current tool")
        case let other: throw version.invalid("\(other) isn't supported, expected 2")
        }
    }
}

extension JSONValue {
    /// Annotations and labels in the order of their names: the same map gives the same bytes.
    static func sortedMap(_ map: [String: String]) -> JSONValue {
        .object(JSONObject(map.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }))
    }

    static func strings(_ strings: [String]) -> JSONValue { .array(strings.map { .string($0) }) }

    /// Go's `map[string]struct{}`.
    static func set(_ names: [String]) -> JSONValue {
        .object(JSONObject(Set(names).sorted().map { .init(key: $0, value: [:]) }))
    }
}
