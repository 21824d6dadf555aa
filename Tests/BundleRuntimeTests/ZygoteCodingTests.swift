import Cgroups
import SystemCalls
import Testing
import WasmEngine

@testable import BundleRuntime

@Suite struct ZygoteCodingTests {
    private static let version = "1.2.3"

    private func request() throws -> ZygoteRequest {
        var settings = RuntimeSettings()
        settings.root = "/r"
        settings.cgroupDriver = .systemd
        settings.isRootless = false
        settings.tracesPhases = true
        var create = CreateRequest(id: "a.b-c", bundle: "b\u{fc}ndel")
        create.pidFile = ""
        create.consoleSocket = "/s"
        create.preservedDescriptors = 2
        create.avoidsPivot = true
        return try ZygoteRequest(sample: settings, create, .run(RunMode(detaches: true, keeps: false)), preserved: 3)
    }

    @Test func aRequestArrivesAsItWasSent() throws {
        let sent = try request()
        #expect(try ZygoteRequest(sent.bytes(programVersion: Self.version), programVersion: Self.version) == sent)
    }

    @Test func anotherVersionIsDeclinedAndNotMalformed() throws {
        var bytes = try request().bytes(programVersion: "1.2.4")
        #expect(throws: ZygoteRequest.Refusal.otherVersion) {
            try ZygoteRequest(bytes, programVersion: Self.version)
        }
        // The rest of another version's request can't be read at all.
        bytes.removeLast(20)
        #expect(throws: ZygoteRequest.Refusal.otherVersion) {
            try ZygoteRequest(bytes, programVersion: Self.version)
        }
    }

    @Test func everyCutRequestIsMalformed() throws {
        let bytes = try request().bytes(programVersion: Self.version)
        for count in 0..<bytes.count {
            #expect(throws: ZygoteRequest.Refusal.self) {
                try ZygoteRequest(Array(bytes.prefix(count)), programVersion: Self.version)
            }
        }
        #expect(throws: ZygoteRequest.Refusal.self) {
            try ZygoteRequest(bytes + [0], programVersion: Self.version)
        }
    }

    /// Whatever comes is read within its bounds; what passes is a request like any other.
    @Test func mutatedRequestsAreRefusedOrAreRequests() throws {
        let bytes = try request().bytes(programVersion: Self.version)
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
                let read = try ZygoteRequest(mutant, programVersion: Self.version)
                #expect(BundleID.isValid(read.request.id) && read.preserved <= ZygoteRequest.preservedLimit)
                #expect(read.limits.count == ZygoteRequest.limitCount && read.fileModeMask <= 0o777)
            } catch { refused += 1 }
        }
        #expect(refused > 10_000)
    }

    @Test func whatARequestMustNotSayIsMalformed() throws {
        func expectMalformed(_ change: (inout ZygoteRequest) -> Void) throws {
            var request = try request()
            change(&request)
            let bytes = request.bytes(programVersion: Self.version)
            #expect(throws: ZygoteRequest.Refusal.self) { try ZygoteRequest(bytes, programVersion: Self.version) }
        }
        try expectMalformed { $0.request.id = "../x" }
        try expectMalformed { $0.request.id = "" }
        try expectMalformed { $0.request.bundle = String(repeating: "x", count: 5000) }
        try expectMalformed { $0.request.bundle = "a\0b" }
        try expectMalformed { $0.fileModeMask = 0o1000 }
        try expectMalformed { $0.preserved = 33 }
        try expectMalformed { $0.limits[3] = .init(soft: 2, hard: 1) }
        try expectMalformed { $0.limits.removeLast() }
        try expectMalformed { $0.variables.append("x") }
        try expectMalformed { $0.variables[0] = String(repeating: "x", count: 20_000) }
    }

    @Test(arguments: [
        ZygoteAnswer.accepted, .declined("why"), .ended(-1), .ended(137),
        .failed(RuntimeFailure(.alreadyExists, "container with given ID already exists: x")),
    ])
    func answersArrive(answer: ZygoteAnswer) {
        #expect(ZygoteAnswer(answer.bytes) == answer)
        #expect(ZygoteAnswer(answer.bytes + [0]) == nil)
        #expect(ZygoteAnswer(Array(answer.bytes.dropLast())) == nil)
    }

    @Test func aLongFailureIsCutAndStillText() {
        let text = String(repeating: "\u{20ac}\0", count: 10_000)
        guard case .failed(let failure)? = ZygoteAnswer(ZygoteAnswer.failed(RuntimeFailure(.refused, text)).bytes)
        else {
            Issue.record("not read")
            return
        }
        #expect(!failure.description.isEmpty && failure.description.allSatisfy { $0 == "\u{20ac}" })
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

extension ZygoteRequest {
    fileprivate init(
        sample settings: RuntimeSettings, _ request: CreateRequest, _ operation: Operation, preserved: UInt32
    ) throws {
        self.init(
            settings: settings, request: request, operation: operation, fileModeMask: 0o022,
            limits: (0..<UInt64(Self.limitCount)).map { Limit(soft: $0, hard: .max) },
            variables: Self.variableNames.indices.map { $0 % 2 == 0 ? "value \($0)" : nil }, preserved: preserved)
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
