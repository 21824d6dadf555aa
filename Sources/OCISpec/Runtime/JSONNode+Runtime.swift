import JSON

// Fields as config.json has them. Go writes what is unset as a member that is absent, null or an empty text: all are nil.

extension JSONNode {
    /// A text that the kernel can be given: what C ends at must not be cut short there.
    func text() throws(JSONError) -> String {
        let text = try string()
        guard !text.utf8.contains(0) else { throw invalid("has a NUL character") }
        return text
    }

    func text(_ key: String) throws(JSONError) -> String? {
        guard let text = try optional(key)?.text(), !text.isEmpty else { return nil }
        return text
    }

    func requiredText(_ key: String) throws(JSONError) -> String {
        let node = try required(key)
        let text = try node.text()
        guard !text.isEmpty else { throw node.invalid("is empty") }
        return text
    }

    /// Texts without NUL; absent is empty. Elements get their path only for an error: profiles list hundreds of names.
    func texts(_ key: String, limit: Int = RuntimeLimits.texts) throws(JSONError) -> [String] {
        guard let list = try optional(key) else { return [] }
        guard case .array(let values) = list.value else { return try list.strings() }
        guard values.count <= limit else {
            throw list.invalid("has \(values.count) elements, at most \(limit) are read")
        }
        var texts: [String] = []
        texts.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            if case .string(let text) = value, !text.utf8.contains(0) {
                texts.append(text)
            } else {
                texts.append(try list.elements()[index].text())
            }
        }
        return texts
    }

    func absolutePath(_ key: String) throws(JSONError) -> String? {
        guard let path = try text(key) else { return nil }
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw try required(key).invalid("\(shortened(path)) isn't absolute")
        }
        return path
    }

    func requiredAbsolutePath(_ key: String) throws(JSONError) -> String {
        guard let path = try absolutePath(key) else { throw try required(key).invalid("is empty") }
        return path
    }

    func absolutePaths(_ key: String) throws(JSONError) -> [String] {
        let paths = try texts(key)
        for (index, path) in paths.enumerated() where path.utf8.first != UInt8(ascii: "/") {
            throw try required(key).elements()[index].invalid("\(shortened(path)) isn't absolute")
        }
        return paths
    }

    func integer<Integer: FixedWidthInteger>(_ key: String) throws(JSONError) -> Integer? {
        try optional(key)?.integer(Integer.self)
    }

    func integer<Integer: FixedWidthInteger>(
        _ key: String, in range: ClosedRange<Integer>
    ) throws(JSONError) -> Integer? {
        guard let node = try optional(key) else { return nil }
        let number: Integer = try node.integer()
        guard range.contains(number) else {
            throw node.invalid("\(number) is out of range, \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bool(_ key: String) throws(JSONError) -> Bool? { try optional(key)?.bool() }

    /// One of the names that the specification lists.
    func choice<Choice: RawRepresentable & CaseIterable>() throws(JSONError) -> Choice
    where Choice.RawValue == String {
        let name = try string()
        guard let choice = Choice(rawValue: name) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw invalid("\(shortened(name)) is unknown, expected one of \(known)")
        }
        return choice
    }

    /// Names that the specification lists; absent is empty.
    func choices<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(JSONError) -> [Choice]
    where Choice.RawValue == String {
        try each(key, limit: 64) { node throws(JSONError) in try node.choice() }
    }

    /// The object at `key`, read by `read`; nil when there is none.
    func section<Section>(
        _ key: String, _ read: (JSONNode) throws(JSONError) -> Section
    ) throws(JSONError) -> Section? {
        guard let node = try optional(key) else { return nil }
        return try read(node)
    }

    /// The elements of the list at `key`, read by `read`; absent is empty.
    func each<Element>(
        _ key: String, limit: Int = RuntimeLimits.elements, _ read: (JSONNode) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
        var elements: [Element] = []
        for node in try list(key, limit: limit) { elements.append(try read(node)) }
        return elements
    }

    /// The members of the object at `key` with their values as nodes; absent is empty.
    func entries(_ key: String) throws(JSONError) -> [(key: String, node: JSONNode)] {
        guard let map = try optional(key) else { return [] }
        let entries = try map.members()
        guard entries.count <= RuntimeLimits.elements else {
            throw map.invalid("has \(entries.count) members, at most \(RuntimeLimits.elements) are read")
        }
        for (key, _) in entries where key.isEmpty || key.utf8.contains(0) {
            throw map.invalid(key.isEmpty ? "has a member without a name" : "has a name with a NUL character")
        }
        return entries
    }

    /// An object whose values are texts, with names that aren't empty; absent is empty.
    func textMap(_ key: String) throws(JSONError) -> [String: String] {
        var map: [String: String] = [:]
        for (key, node) in try entries(key) { map[key] = node.isNull ? "" : try node.text() }
        return map
    }

    /// A user or group id.
    func id() throws(JSONError) -> UInt32 {
        let id: UInt32 = try integer()
        guard id != RuntimeProcess.reservedID else { throw invalid("\(id) is no id") }
        return id
    }

    func id(_ key: String) throws(JSONError) -> UInt32? { try optional(key)?.id() }
}

/// Bounds on what a `config.json` may hold, beside those of every JSON document.
public enum RuntimeLimits {
    /// Elements of a list of objects: devices, rules, hooks, limits.
    public static let elements = 4096
    /// Texts of a list: arguments, environment, paths, names.
    public static let texts = 65_536
    /// Processors and memory nodes that a list may name; the kernel's largest configuration.
    public static let processors: UInt32 = 8192
}
