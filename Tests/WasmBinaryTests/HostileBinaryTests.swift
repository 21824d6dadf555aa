import Testing
import WasmBinary
import WasmEngine

/// Binaries that lie: an error with a place, never the end of this process, and never much work.
@Suite struct HostileBinaryTests {
    static let head: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

    static func refused(_ bytes: [UInt8]) -> BinaryError.Reason? {
        do throws(BinaryError) {
            _ = try WasmOutline(bytes)
            return nil
        } catch { return error.reason }
    }

    @Test func whatDoesNotBeginLikeWebAssemblyIsRefused() {
        for bytes in [[], [0], [0, 0x61, 0x73, 0x6d], Array(Self.head.prefix(7)), [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]]
            as [[UInt8]]
        {
            #expect(BinaryKind(preamble: bytes) == nil)
            #expect(Self.refused(bytes) == .notWebAssembly)
        }
        #expect(Self.refused(Array("(module)".utf8)) == .notWebAssembly)
        #expect(BinaryKind(preamble: Self.head) == .module)
        #expect(Self.refused(Self.head) == nil)
    }

    @Test func sizesThatReachTooFarAreRefused() {
        // A section larger than the file, with every length of number.
        #expect(Self.refused(Self.head + [1, 5]) == .wrongSize)
        #expect(Self.refused(Self.head + [1, 0xff, 0xff, 0xff, 0xff, 0x0f]) == .wrongSize)
        // A section that its contents don't fill.
        #expect(Self.refused(Self.head + [1, 3, 0, 0, 0]) == .wrongSize)
        // A name that leaves its section.
        #expect(Self.refused(Self.head + [0, 2, 9, 0x61]) == .ended)
    }

    @Test func countsThatPromiseMoreThanThereIsAreRefusedAtOnce() {
        for id in [1, 2, 3, 4, 5, 6, 7, 13] as [UInt8] {
            let reason = Self.refused(Self.head + [id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f])
            #expect(reason == .wrongSize || reason.map { if case .tooMany = $0 { true } else { false } } == true)
        }
    }

    @Test func numbersTooLargeForTheirTypeAreRefused() {
        #expect(Self.refused(Self.head + [1, 0xff, 0xff, 0xff, 0xff, 0x1f]) == .numberTooLarge)
        #expect(Self.refused(Self.head + [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]) == .numberTooLarge)
    }

    @Test func unknownCodesAndIndicesAreRefused() {
        #expect(Self.refused(Self.head + [14, 0]) == .unknownCode(14))
        // Type section with one type of an unknown form.
        #expect(Self.refused(Self.head + [1, 2, 1, 0x33]) == .unknownCode(0x33))
        // An export of function 0, which isn't there.
        #expect(Self.refused(Self.head + [7, 4, 1, 0, 0, 0]) == .unknownIndex)
        // An import of a function of type 7.
        #expect(Self.refused(Self.head + [2, 5, 1, 0, 0, 0, 7]) == .unknownIndex)
    }

    @Test func namesThatAreNotTextAreRefused() {
        #expect(Self.refused(Self.head + [7, 6, 1, 2, 0xff, 0xfe, 0, 0]) == .notUTF8)
    }

    @Test func aConstantExpressionWithoutEndIsRefused() {
        var global: [UInt8] = [1, 0x7f, 0]
        for _ in 0..<200_000 { global += [0x6a] }
        let size = global.count
        let leb = [UInt8(size & 0x7f | 0x80), UInt8(size >> 7 & 0x7f | 0x80), UInt8(size >> 14)]
        #expect(Self.refused(Self.head + [6] + leb + global) == .tooMany("instructions in a constant expression"))
    }

    @Test func manyEmptySectionsAreBounded() {
        var bytes = Self.head
        for _ in 0...BinaryLimits.sections { bytes += [9, 0] }
        #expect(Self.refused(bytes) == .tooMany("sections"))
    }

    @Test(arguments: [ModuleOutlineTests.text, ComponentOutlineTests.text])
    func twoThousandMutantsAreReadOrRefused(_ text: String) throws {
        let good = try ModuleText.binary(fromText: text)
        #expect(Self.refused(good) == nil)
        var random = Generator(state: 88_172_645_463_325_252)
        var accepted = 0
        for _ in 0..<2_000 {
            var mutant = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 8..<mutant.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: mutant[place] = .random(in: 0...255, using: &random)
                case 1: mutant[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: mutant.insert(.random(in: 0...255, using: &random), at: place)
                default: mutant.removeSubrange(place..<min(place + 3, mutant.count))
                }
                if mutant.count < 16 { break }
            }
            if Self.refused(mutant) == nil { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < 2_000)
        // Every beginning of it, too.
        for count in good.indices { _ = Self.refused(Array(good.prefix(count))) }
    }
}

private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
