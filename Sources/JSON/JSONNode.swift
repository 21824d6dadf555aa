/// A value together with the path at which it stands, so that a reader's error says where.
///
/// Absent and null are the same for `optional`, as the image specification demands ("any OPTIONAL field MAY also be set to
/// null"); `required` refuses both.
public struct JSONNode: Sendable {
    public let value: JSONValue
    private let trail: Trail

    /// The way from the root; joined to text only when an error needs it.
    private indirect enum Trail: Sendable {
        case root
        case member(Trail, String)
        case element(Trail, Int)

        var text: String {
            switch self {
            case .root: "$"
            case .member(let parent, let key):
                parent.text
                    + (key.utf8.allSatisfy(Self.isPlain) && !key.isEmpty
                        ? ".\(key)" : "[\(JSONValue.string(key).text())]")
            case .element(let parent, let index): "\(parent.text)[\(index)]"
            }
        }

        private static func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    private init(_ value: JSONValue, _ trail: Trail) {
        self.value = value
        self.trail = trail
    }

    /// The root of a document.
    public init(_ value: JSONValue) { self.init(value, .root) }

    /// Reads a document and stands at its root.
    public init(reading bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        self.init(try JSONValue(reading: bytes, limits: limits))
    }

    /// The path of this value, like `$.layers[2].size`.
    public var path: String { trail.text }

    public var isNull: Bool { value == .null }

    /// An error at this place.
    public func invalid(_ problem: String) -> JSONError { JSONError(place: .path(path), problem: problem) }

    private func expected(_ what: String) -> JSONError { invalid("expected \(what), found \(value.kind)") }

    // MARK: Members and elements

    /// The member `key` of this object; nil when it is absent or null.
    public func optional(_ key: String) throws(JSONError) -> JSONNode? {
        guard case .object(let object) = value else { throw expected("an object") }
        guard let member = object[key], member != .null else { return nil }
        return JSONNode(member, .member(trail, key))
    }

    /// The member `key` of this object, which must be there.
    public func required(_ key: String) throws(JSONError) -> JSONNode {
        guard let node = try optional(key) else {
            throw JSONNode(.null, .member(trail, key)).invalid("is missing")
        }
        return node
    }

    /// The elements of an array, in order; anything else is an error at this place.
    public func elements() throws(JSONError) -> [JSONNode] {
        guard case .array(let elements) = value else { throw expected("an array") }
        return elements.enumerated().map { JSONNode($1, .element(trail, $0)) }
    }

    /// The members of an object, in order; anything else is an error at this place.
    public func members() throws(JSONError) -> [(key: String, node: JSONNode)] {
        guard case .object(let object) = value else { throw expected("an object") }
        return object.members.map { ($0.key, JSONNode($0.value, .member(trail, $0.key))) }
    }

    // MARK: Scalars

    /// A string; anything else is an error at this place.
    public func string() throws(JSONError) -> String {
        guard case .string(let text) = value else { throw expected("a string") }
        return text
    }

    /// True or false; anything else is an error at this place.
    public func bool() throws(JSONError) -> Bool {
        guard case .bool(let flag) = value else { throw expected("a boolean") }
        return flag
    }

    /// An integer of the type that the caller needs; out of its range is an error, never a wrapped value.
    public func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) throws(JSONError) -> Integer {
        let exact: Integer?
        switch value {
        case .integer(let number): exact = Integer(exactly: number)
        case .unsigned(let number): exact = Integer(exactly: number)
        default: throw expected("an integer")
        }
        guard let exact else { throw invalid("\(value.text()) is out of range, \(Integer.min) to \(Integer.max)") }
        return exact
    }

    // MARK: Common shapes

    /// An array of strings; anything else is an error at its place.
    public func strings() throws(JSONError) -> [String] {
        var strings: [String] = []
        for element in try elements() { strings.append(try element.string()) }
        return strings
    }

    /// An object whose values are all strings; annotations and labels have this shape. A null value counts as empty.
    public func stringMap() throws(JSONError) -> [String: String] {
        var map: [String: String] = [:]
        for (key, node) in try members() { map[key] = node.isNull ? "" : try node.string() }
        return map
    }
}
