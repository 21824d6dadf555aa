import CZygoteProtocol
import SystemCalls
import Testing
import WasmEngine

@testable import BundleRuntime

@Suite struct ZygoteCodingTests {
    /// A packet as zygote_protocol.h has it.
    private struct Packet {
        var version = MARTLET_VERSION
        var proof = "/memfd:martlet-zygote-1-2 (deleted)"
        var mask: UInt32 = 0o022
        var limits = (0..<UInt64(ZygoteRequest.limitCount)).map { ZygoteRequest.Limit(soft: $0, hard: .max) }
        var preserved: UInt32 = 3
        var variables = ZygoteRequest.variableNames.indices.map { $0 % 2 == 0 ? "value \($0)" : nil }
        var words = ["--root", "/r", "run", "--bundle", "b\u{fc}ndel", "", "a.b-c"]

        var bytes: [UInt8] {
            var writer = PacketWriter()
            writer.add(MARTLET_ZYGOTE_MAGIC)
            writer.add(MARTLET_ZYGOTE_PROTOCOL)
            writer.add(version)
            writer.add(proof)
            writer.add(mask)
            for limit in limits {
                writer.add(limit.soft)
                writer.add(limit.hard)
            }
            writer.add(preserved)
            for variable in variables {
                writer.add(variable != nil)
                if let variable { writer.add(variable) }
            }
            writer.add(UInt32(words.count))
            for word in words { writer.add(word) }
            return writer.bytes
        }
    }

    @Test func aRequestArrivesAsItWasSent() throws {
        let packet = Packet()
        let read = try ZygoteRequest(packet.bytes)
        #expect(read.proof == packet.proof)
        #expect(read.fileModeMask == packet.mask && read.limits == packet.limits && read.preserved == packet.preserved)
        #expect(read.variables == packet.variables && read.words == packet.words)
    }

    @Test func anotherVersionIsDeclinedAndNotMalformed() throws {
        var bytes = Packet(version: "0.0.9").bytes
        #expect(throws: ZygoteRequest.Refusal.otherVersion) { try ZygoteRequest(bytes) }
        // The rest of another version's request can't be read at all.
        bytes.removeLast(20)
        #expect(throws: ZygoteRequest.Refusal.otherVersion) { try ZygoteRequest(bytes) }
    }

    @Test func everyCutRequestIsMalformed() throws {
        let bytes = Packet().bytes
        for count in 0..<bytes.count {
            #expect(throws: ZygoteRequest.Refusal.self) { try ZygoteRequest(Array(bytes.prefix(count))) }
        }
        #expect(throws: ZygoteRequest.Refusal.self) { try ZygoteRequest(bytes + [0]) }
    }

    /// Whatever comes is read within its bounds; what passes is a request like any other.
    @Test func mutatedRequestsAreRefusedOrAreRequests() throws {
        let bytes = Packet().bytes
        var random = Numbers(state: 20_261_122)
        var refused = 0
        for _ in 0..<20_000 {
            var mutant = bytes
            for _ in 0...random.below(4) {
                switch random.below(4) {
                case 0: mutant[random.below(mutant.count)] = UInt8(random.below(256))
                case 1: mutant[random.below(mutant.count)] ^= 1 << UInt8(random.below(8))
                case 2: mutant.remove(at: random.below(mutant.count))
                default: mutant.insert(UInt8(random.below(256)), at: random.below(mutant.count))
                }
            }
            do throws(ZygoteRequest.Refusal) {
                let read = try ZygoteRequest(mutant)
                #expect(read.preserved <= ZygoteRequest.preservedLimit && read.words.count <= bytes.count)
                #expect(read.limits.count == ZygoteRequest.limitCount && read.fileModeMask <= 0o777)
            } catch { refused += 1 }
        }
        #expect(refused > 8_000)
    }

    @Test func whatARequestMustNotSayIsMalformed() throws {
        func expectMalformed(_ change: (inout Packet) -> Void) throws {
            var packet = Packet()
            change(&packet)
            let bytes = packet.bytes
            #expect(throws: ZygoteRequest.Refusal.self) { try ZygoteRequest(bytes) }
        }
        try expectMalformed { $0.words[0] = "a\0b" }
        try expectMalformed { $0.words = Array(repeating: "", count: 1025) }
        try expectMalformed { $0.mask = 0o1000 }
        try expectMalformed { $0.preserved = 33 }
        try expectMalformed { $0.limits[3] = .init(soft: 2, hard: 1) }
        try expectMalformed { $0.limits.removeLast() }
        try expectMalformed { $0.variables.append("x") }
    }

    @Test func answersAreWhatAClientReads() {
        #expect(ZygoteAnswer.accepted.bytes == [1])
        #expect(ZygoteAnswer.ended(-2).bytes == [3, 0xFE, 0xFF, 0xFF, 0xFF])
        #expect(ZygoteAnswer.declined("why").bytes == [2, 3, 0, 0, 0] + Array("why".utf8))
        let longest = ZygoteAnswer.declined(String(repeating: "\u{20ac}", count: 10_000)).bytes
        #expect(longest.count < Int(MARTLET_ZYGOTE_ANSWER))
    }

    @Test func reportsArriveAndMutantsAreHarmless() {
        let file = FileIdentity(device: 1, inode: 2, size: .max, modified: -3, changed: .min)
        var random = Numbers(state: 7)
        for report in [ZygoteReport.module(store: "/s", file), .container(process: 17, root: "/r", id: "x")] {
            #expect(ZygoteReport(report.bytes) == report)
            for _ in 0..<2000 {
                var mutant = report.bytes
                mutant[random.below(mutant.count)] = UInt8(random.below(256))
                if random.below(3) == 0 { mutant.remove(at: random.below(mutant.count)) }
                _ = ZygoteReport(mutant)
            }
        }
    }

    @Test func theZygoteServesItsOwnKind() throws {
        let own = try ZygotePeer("self")
        #expect(own.difference(to: own) == nil)
    }
}

/// The same numbers at every run.
private struct Numbers {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
