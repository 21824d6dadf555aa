import JSON
import Testing

@Suite("Decoding JSON")
struct JSONNodeTests {
    private let root = JSONNode([
        "layers": [["size": 1], ["size": "x"]], "big": .unsigned(.max), "none": nil, "odd name": ["k": 1],
        "map": ["a": "b", "n": nil],
    ])

    @Test("an error says the path, what was expected and what was found")
    func path() throws {
        let error = #expect(throws: JSONError.self) {
            let size: Int64 = try root.required("layers").elements()[1].required("size").integer()
            return size
        }
        #expect(error?.description == "$.layers[1].size: expected an integer, found a string")
        let odd = #expect(throws: JSONError.self) { try root.required("odd name").required("k").string() }
        #expect(odd?.description == #"$["odd name"].k: expected a string, found an integer"#)
    }

    @Test("absent and null are the same for what is optional, and missing for what is required")
    func absence() throws {
        #expect(try root.optional("none")?.value == nil)
        #expect(try root.optional("nothing")?.value == nil)
        for key in ["none", "nothing"] {
            let error = #expect(throws: JSONError.self) { try root.required(key) }
            #expect(error?.description == "$.\(key): is missing")
        }
    }

    @Test("an integer out of the range asked for is refused")
    func range() {
        let error = #expect(throws: JSONError.self) {
            let value: Int32 = try root.required("big").integer()
            return value
        }
        #expect(error?.description == "$.big: 18446744073709551615 is out of range, -2147483648 to 2147483647")
        #expect(throws: Never.self) {
            let value: UInt64 = try root.required("big").integer()
            #expect(value == .max)
        }
        #expect(throws: JSONError.self) {
            let value: UInt8 = try JSONNode(-1).integer()
            return value
        }
        #expect(throws: JSONError.self) {
            let value: Int = try JSONNode(1.0).integer()
            return value
        }
    }

    @Test("a map of strings takes null for the empty string and refuses everything else")
    func map() throws {
        #expect(try root.required("map").stringMap() == ["a": "b", "n": ""])
        #expect(throws: JSONError.self) { try JSONNode(["a": 1]).stringMap() }
    }

    @Test("members of what is no object, and elements of what is no array, are refused")
    func shapes() {
        #expect(throws: JSONError.self) { try JSONNode([]).optional("a") }
        #expect(throws: JSONError.self) { try JSONNode([:]).elements() }
        #expect(throws: JSONError.self) { try JSONNode("x").members() }
        #expect(throws: JSONError.self) { try JSONNode(["x", 1]).strings() }
    }
}
