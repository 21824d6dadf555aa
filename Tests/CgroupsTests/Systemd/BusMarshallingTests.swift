import Testing

@testable import Cgroups

private func marshalled(_ values: [BusValue]) throws -> [UInt8] {
    var writer = BusWriter()
    for value in values { try writer.append(value) }
    return writer.bytes
}

private func read(_ signature: String, _ bytes: [UInt8], isBigEndian: Bool = false) throws -> [BusValue] {
    var reader = BusReader(bytes[...], isBigEndian: isBigEndian)
    return try reader.values(signature)
}

@Suite struct BusMarshallingTests {
    /// The three examples of the D-Bus specification, "Marshalling basic types" and "Marshalling containers".
    @Test func theExamplesOfTheSpecificationHaveItsBytes() throws {
        let strings: [UInt8] = [
            3, 0, 0, 0, 0x66, 0x6f, 0x6f, 0, 1, 0, 0, 0, 0x2b, 0, 0, 0, 3, 0, 0, 0, 0x62, 0x61, 0x72, 0,
        ]
        #expect(try marshalled([.string("foo"), .string("+"), .string("bar")]) == strings)
        #expect(try read("sss", strings) == [.string("foo"), .string("+"), .string("bar")])
        let array: [UInt8] = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]
        #expect(try read("ax", array, isBigEndian: true) == [.array(of: "x", [.int64(5)])])
        let variant: [UInt8] = [1, 0x74, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]
        #expect(try read("v", variant, isBigEndian: true) == [.variant(.uint64(5))])
    }

    private static let values: [BusValue] = [
        .byte(200), .boolean(true), .int16(-2), .uint16(65535), .int32(-5), .uint32(7), .int64(.min), .uint64(.max),
        .double(1.5), .string("é"), .objectPath("/a/b"), .signature("a{sv}"), .bytes([1, 2, 3]), .array(of: "(sv)", []),
        .array(of: "(sv)", [.structure([.string("PIDs"), .variant(.array(of: "u", [.uint32(1)]))])]),
        .array(of: "{sv}", [.entry(.string("k"), .variant(.boolean(false)))]), .structure([.byte(1), .uint64(2)]),
        .variant(.variant(.array(of: "s", [.string("x"), .string("")]))), .array(of: "ay", [.bytes([]), .bytes([9])]),
    ]

    @Test func whatIsWrittenIsReadAgain() throws {
        let bytes = try marshalled(Self.values)
        #expect(try read(Self.values.map(\.signature).joined(), bytes) == Self.values)
        // Behind an odd byte everything has another padding.
        #expect(
            try read("y" + Self.values.map(\.signature).joined(), try marshalled([.byte(1)] + Self.values))
                == [.byte(1)] + Self.values)
    }

    @Test func everyCutOfAMessageIsRefused() throws {
        let bytes = try marshalled(Self.values)
        let signature = Self.values.map(\.signature).joined()
        for count in 0..<bytes.count {
            #expect(throws: BusError.self) { try read(signature, Array(bytes.prefix(count))) }
        }
        #expect(throws: BusError.self) { try read(signature, bytes + [0]) }
    }

    @Test func noByteOfAMessageCanEndTheReader() throws {
        var message = try BusMessage(to: "a.b", "/c", "d.e", "f", Self.values)
        message.serial = 1
        let bytes = try message.encoded()
        var refused = 0
        for place in bytes.indices {
            for value: UInt8 in [0, 1, 0x28, 0x61, 0x76, 0x7f, 0x80, 0xff] {
                var changed = bytes
                changed[place] = value
                do {
                    guard try BusMessage.length(ofPrefix: changed[..<16]) == changed.count else { continue }
                    _ = try BusMessage(decoding: changed[...]).arguments()
                } catch { refused += 1 }
            }
        }
        #expect(refused > 500)
    }

    @Test(arguments: [
        "a", "(", ")", "()", "(s", "a{s}", "a{vs}", "{sv}", "a{sv", "z", "e", "r", "a{(s)v}",
        String(repeating: "a", count: 33) + "s",
        String(repeating: "(", count: 33) + "s" + String(repeating: ")", count: 33),
        String(repeating: "s", count: 256),
    ])
    func aSignatureThatIsntOneIsRefused(_ signature: String) {
        #expect(throws: BusError.self) { try BusType.list(signature) }
    }

    @Test func theDeepestSignatureIsTaken() throws {
        let deepest =
            String(repeating: "a", count: 32) + String(repeating: "(", count: 32) + "s"
            + String(repeating: ")", count: 32)
        #expect(try BusType.one(deepest).signature == deepest)
    }

    @Test func variantsDontNestWithoutEnd() {
        let nested =
            [UInt8](repeating: 0, count: 0) + (0..<100).flatMap { _ in [1, 0x76, 0] as [UInt8] } + [1, 0x79, 0, 5]
        #expect(throws: BusError.self) { try read("v", nested) }
    }

    @Test(
        arguments: [
            ("b", [2, 0, 0, 0]), ("s", [1, 0, 0, 0, 0xff, 0]), ("s", [1, 0, 0, 0, 0x61, 1]), ("s", [1, 0, 0, 0, 0, 0]),
            ("s", [0xff, 0xff, 0xff, 0xff]), ("as", [0xff, 0xff, 0xff, 0x7f]), ("as", [3, 0, 0, 0, 0, 0, 0]),
            ("yu", [1, 9, 0, 0, 0, 0, 0, 0]), ("o", [1, 0, 0, 0, 0x61, 0]), ("v", [0, 0]),
            ("v", [2, 0x79, 0x79, 0, 1, 1]),
        ] as [(String, [UInt8])])
    func bytesAgainstTheRulesAreRefused(_ signature: String, _ bytes: [UInt8]) {
        #expect(throws: BusError.self) { try read(signature, bytes) }
    }

    @Test func whatDoesntFitIsNotSent() {
        #expect(throws: BusError.self) { try marshalled([.string("a\0b")]) }
        #expect(throws: BusError.self) {
            try marshalled([.bytes([UInt8](repeating: 0, count: BusWriter.sizeLimit + 1))])
        }
        #expect(throws: BusError.self) { try marshalled([.array(of: "s", [.uint32(1)])]) }
        #expect(throws: BusError.self) { try marshalled([.signature("(")]) }
    }

    @Test func aHeaderIsReadInBothByteOrders() throws {
        var call = try BusMessage(to: "x.y", "/p", "i.j", "m", [.uint32(5)])
        call.serial = 9
        #expect(try BusMessage(decoding: try call.encoded()[...]) == call)
        let big: [UInt8] =
            [0x42, 2, 1, 1, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 15] + [5, 1, 0x75, 0, 0, 0, 0, 9]
            + [8, 1, 0x67, 0, 1, 0x75, 0, 0] + [0, 0, 0, 42]
        #expect(try BusMessage.length(ofPrefix: big[..<16]) == big.count)
        let answer = try BusMessage(decoding: big[...])
        #expect(answer.replySerial == 9)
        #expect(try answer.arguments() == [.uint32(42)])
    }

    @Test func aMessageLargerThanTheLimitIsRefusedByItsFirstBytes() {
        for (body, fields) in [(UInt32.max, UInt32(0)), (0, .max), (1 << 20, 0), (1 << 19, 1 << 19)] {
            var writer = BusWriter()
            for number: UInt32 in [0x0100_026c, body, 1, fields] { writer.number(number) }
            #expect(throws: BusError.self) { try BusMessage.length(ofPrefix: writer.bytes[...]) }
        }
    }
}
