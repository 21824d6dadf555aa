import JSON
import OCISpec
import Testing

/// A config.json comes from whoever may create containers: nothing in it may end the process that reads it.
@Suite("Damaged config.json documents")
struct MutatedConfigurationTests {
    /// Numbers that are the same in each run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 32) ^ (state << 21)
        }
    }

    private static let strangers: [JSONValue] = [
        nil, true, 0, -1, 65536, .integer(.max), .integer(.min), .unsigned(.max), 1.5, .double(1e300), "", "/", "\u{0}",
        "../..", .string(String(repeating: "x", count: 5000)), [], [[]], [nil],
        {
            var object = JSONObject()
            object[""] = nil
            return .object(object)
        }(),
        ["path": 7], .array(Array(repeating: "a", count: 100)), "0-8191,0-8191", "4294967296",
    ]

    /// Puts a stranger in the place of one value, anywhere in the document.
    private func replaceOne(in value: JSONValue, _ numbers: inout Numbers) -> JSONValue {
        let stop = Int.random(in: 0..<5, using: &numbers) == 0
        switch value {
        case .object(var object) where !object.isEmpty && !stop:
            let member = object.members[Int.random(in: 0..<object.count, using: &numbers)]
            object[member.key] = replaceOne(in: member.value, &numbers)
            return .object(object)
        case .array(var elements) where !elements.isEmpty && !stop:
            let index = Int.random(in: 0..<elements.count, using: &numbers)
            elements[index] = replaceOne(in: elements[index], &numbers)
            return .array(elements)
        default: return Self.strangers[Int.random(in: 0..<Self.strangers.count, using: &numbers)]
        }
    }

    private func read(_ bytes: [UInt8]) -> String? {
        do throws(JSONError) {
            _ = try RuntimeConfiguration(reading: bytes)
            return nil
        } catch { return error.description }
    }

    @Test("1,000 documents with a strange value are read or refused with the field's name")
    func strangeValues() throws {
        let document = try JSONValue(reading: Array(wholeConfiguration.utf8))
        var numbers = Numbers(state: 3)
        var refused = 0
        for _ in 0..<1000 {
            var changed = document
            for _ in 0..<Int.random(in: 1...3, using: &numbers) { changed = replaceOne(in: changed, &numbers) }
            guard let message = read(changed.bytes()) else { continue }
            refused += 1
            #expect(message.hasPrefix("$"))
        }
        #expect((300..<1000).contains(refused))
    }

    @Test("1,000 documents with damaged bytes are read or refused with the place")
    func damagedBytes() {
        let document = Array(wholeConfiguration.utf8)
        var numbers = Numbers(state: 4)
        var refused = 0
        for _ in 0..<1000 {
            var bytes = document
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                let index = Int.random(in: 0..<bytes.count, using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &numbers)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &numbers), at: index)
                default: bytes.removeLast(Int.random(in: 0..<(bytes.count / 8), using: &numbers))
                }
            }
            guard let message = read(bytes) else { continue }
            refused += 1
            #expect(message.hasPrefix("$") || message.hasPrefix("byte "))
        }
        #expect((300..<1000).contains(refused))
    }
}
