import JSON
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
    @Test("every kind of value is read")
    func kinds() throws {
        let value = try JSONValue(reading: #" {"a":[null,true,false,0,-1,1.5,"x"],"b":{}} "#)
        #expect(value == ["a": [nil, true, false, 0, -1, 1.5, "x"], "b": [:]])
    }

    @Test(
        "integers are exact over the whole range of 64 bits",
        arguments: [
            ("9223372036854775807", JSONValue.integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
            ("18446744073709551616", .double(0x1p64)),
            ("-9223372036854775809", .double(-9_223_372_036_854_775_808)), ("0", .integer(0)), ("-0", .double(-0.0)),
            ("1e2", .double(100)), ("1.0", .double(1)),
            ("123456789012345678901234567890", .double(1.2345678901234568e29)),
        ])
    func numbers(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(reading: text) == expected)
    }

    @Test(
        "what RFC 8259 doesn't allow is refused",
        arguments: [
            "", " ", "nul", "nulls", "tru", "01", "-", "-01", "1.", ".5", "+1", "1e", "1e+", "0x10", "NaN", "Infinity",
            "[1,]", "[,1]",
            "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "{1:2}", "'a'", "\"a", "\"\\x\"", "\"\\u12\"",
            "\"a\nb\"",
            "\"\u{0}\"", "[", "{", "]", "1 2", "{}{}", "// c\n1", "\u{FEFF}1", "1e999", "-1e999", "\"\t\"", "\"\\",
        ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(reading: text) }
    }

    @Test(
        "escapes become characters",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"),
            (#""a\u0000b""#, "a\u{0}b"), ("\"é😀\"", "é😀"),
        ])
    func escapes(text: String, expected: String) throws {
        #expect(try JSONValue(reading: text) == .string(expected))
    }

    @Test(
        "a lone surrogate is refused, since it is no character",
        arguments: [#""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\ud800""#, #""\ude00\ud83d""#])
    func surrogates(text: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(reading: text) }
        #expect(error?.description.contains("surrogate") == true)
    }

    @Test(
        "bytes that aren't UTF-8 are refused",
        arguments: [
            [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80], [0xC3], [0xF4, 0x90, 0x80, 0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(reading: [0x22] + bytes + [0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(reading: [0x22, 0x5C, 0x6E] + bytes + [0x22]) }
    }

    @Test("a name that occurs twice is refused, in small objects and in large ones, escaped or not")
    func duplicates() {
        #expect(throws: JSONError.self) { try JSONValue(reading: #"{"a":1,"a":2}"#) }
        #expect(throws: JSONError.self) { try JSONValue(reading: #"{"a":1,"\u0061":2}"#) }
        let many = (0..<50).map { "\"k\($0)\":1" }.joined(separator: ",")
        #expect(throws: Never.self) { try JSONValue(reading: "{\(many)}") }
        for repeated in ["k0", "k11", "k12", "k49"] {
            #expect(throws: JSONError.self) { try JSONValue(reading: "{\(many),\"\(repeated)\":2}") }
        }
    }

    @Test("each limit is an error that names it")
    func limits() {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let depth = #expect(throws: JSONError.self) { try JSONValue(reading: deep) }
        #expect(depth?.problem == "nested deeper than 64 levels")
        let length = #expect(throws: JSONError.self) { try JSONValue(reading: "[1,2]", limits: JSONLimits(bytes: 4)) }
        #expect(length?.problem == "the document has 5 bytes, at most 4 are read")
        let count = #expect(throws: JSONError.self) { try JSONValue(reading: "[1,2]", limits: JSONLimits(values: 2)) }
        #expect(count?.problem == "more than 2 values")
    }

    @Test("a hundred thousand open brackets are an error and not a crash")
    func depthBomb() {
        #expect(throws: JSONError.self) { try JSONValue(reading: String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONError.self) { try JSONValue(reading: String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test("an object with very many names is read without quadratic cost")
    func manyMembers() throws {
        let text = "{" + (0..<100_000).map { "\"n\($0)\":0" }.joined(separator: ",") + "}"
        guard case .object(let object) = try JSONValue(reading: text) else {
            throw JSONError(place: .byte(0), problem: "")
        }
        #expect(object.count == 100_000)
    }

    @Test("the error says at which byte and what stands there")
    func errorPlace() {
        let error = #expect(throws: JSONError.self) { try JSONValue(reading: "[1, ]") }
        #expect(error?.description == "byte 4: expected a value, found \"]\"")
        let ended = #expect(throws: JSONError.self) { try JSONValue(reading: "[1") }
        #expect(ended?.description == "byte 2: expected \",\" or \"]\", found the end of the document")
    }

    @Test("2,000 mutants of a good document are read or refused, never more")
    func mutants() {
        let good = Array(
            #"{"schemaVersion":2,"config":{"digest":"sha256:\u00e9","size":123},"layers":[{"a":-1.5e3},null,true]}"#
                .utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var mutant = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<mutant.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: mutant[place] = .random(in: .min ... .max, using: &generator)
                case 1: mutant.remove(at: place)
                default: mutant.insert(.random(in: .min ... .max, using: &generator), at: place)
                }
            }
            guard let value = try? JSONValue(reading: mutant) else { continue }
            #expect((try? JSONValue(reading: value.bytes())) == value)
        }
    }
}
