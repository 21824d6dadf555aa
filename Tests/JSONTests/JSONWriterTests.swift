import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    private let value: JSONValue = ["b": [1, -2, 1.5], "a": ["empty": [], "none": nil, "set": [:]], "c": "x"]

    @Test("the compact form has no space and keeps the order of members")
    func compact() {
        #expect(value.text() == #"{"b":[1,-2,1.5],"a":{"empty":[],"none":null,"set":{}},"c":"x"}"#)
    }

    @Test("the pretty form is indented and ends with a newline")
    func pretty() {
        let expected = """
            {
              "b": [
                1,
                -2,
                1.5
              ],
              "a": {
                "empty": [],
                "none": null,
                "set": {}
              },
              "c": "x"
            }

            """
        #expect(value.text(.pretty) == expected)
    }

    @Test("what is written is read back as the same value")
    func roundTrip() throws {
        let texts = ["", "é😀", "\u{0}\u{1F}\u{7F}\u{85}\u{9F}", "\"\\/", "a\nb"]
        let all: JSONValue = [
            "numbers": [
                .integer(.min), .integer(.max), .unsigned(.max), 0.1, 1e300, -0.0, .double(.leastNonzeroMagnitude),
            ],
            "texts": .array(texts.map { .string($0) }), "value": value,
        ]
        for form in [JSONValue.Form.compact, .pretty] { #expect(try JSONValue(reading: all.bytes(form)) == all) }
    }

    @Test("control characters are escaped, those that a terminal obeys too")
    func controls() {
        #expect(JSONValue.string("\u{1B}[31m\u{7F}\u{9B}").text() == #""\u001b[31m\u007f\u009b""#)
        #expect(quoted("a\u{1B}") == #""a\u001b""#)
    }

    @Test("a number that JSON can't say is null")
    func notFinite() {
        #expect(JSONValue.double(.infinity).text() == "null")
        #expect(JSONValue.double(.nan).text() == "null")
    }
}
