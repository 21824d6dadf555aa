import OCISpec
import Testing

@testable import Cgroups

/// What the rules mean, said a third time and in the slowest way: each letter by the last rule that names it.
private func decision(_ rules: [DeviceRule], _ request: ProgramInterpreter.Request) -> Bool {
    let asked = [(1, DeviceAccess.mknod), (2, .read), (4, .write)].filter { request.access & UInt32($0.0) != 0 }
    return asked.allSatisfy { _, letter in
        let last = rules.last { rule in
            rule.sets.contains { $0.contains(device(request)) } && rule.access.contains(letter)
        }
        return last?.isAllowed ?? false
    }
}

private func device(_ request: ProgramInterpreter.Request) -> DeviceSet {
    DeviceSet(kind: request.kind == 1 ? .block : .character, major: request.major, minor: request.minor)
}

private let denyAll = LinuxDeviceRule(allow: false)

private func allows(
    _ rules: [LinuxDeviceRule], _ kind: Character, _ major: UInt32, _ minor: UInt32, _ letters: String
) throws -> Bool {
    let program = DeviceProgram(try DeviceRules(rules)).instructions
    let interpreter = ProgramInterpreter(program: program)
    try interpreter.check()
    let access = try #require(DeviceAccess(letters: letters.utf8))
    return try interpreter.answer(
        .init(kind: kind == "b" ? 1 : 2, major: major, minor: minor, access: UInt32(access.kernelBits))) == 1
}

@Suite struct DeviceProgramTests {
    @Test func withoutRulesOnlyTheDevicesOfEveryContainerAreLeft() throws {
        for (major, minor) in [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, 44), (10, 200)] {
            #expect(try allows([], "c", UInt32(major), UInt32(minor), "rwm"))
        }
        #expect(try !allows([], "c", 1, 1, "r"))
        #expect(try !allows([], "b", 8, 0, "r"))
        #expect(try !allows([], "b", 1, 3, "w"))
        #expect(try !allows([], "c", 10, 229, "rw"))
    }

    @Test func nodesOfAllKindsCanBeMadeButNotOpened() throws {
        #expect(try allows([denyAll], "b", 8, 0, "m"))
        #expect(try allows([denyAll], "c", 1, 1, "m"))
        #expect(try !allows([denyAll], "b", 8, 0, "rm"))
    }

    @Test func theLastRuleThatNamesADeviceCounts() throws {
        let rules = [
            denyAll, LinuxDeviceRule(allow: true, type: .character, major: 10),
            LinuxDeviceRule(allow: false, type: .character, major: 10, minor: 229),
        ]
        #expect(try allows(rules, "c", 10, 228, "rw"))
        #expect(try !allows(rules, "c", 10, 229, "r"))
        #expect(try allows(rules.reversed().filter { $0 != denyAll }, "c", 10, 229, "r"))
    }

    @Test func aRefusedLetterRefusesARequestThatAlsoAsksForOthers() throws {
        let rules = [
            LinuxDeviceRule(allow: true), LinuxDeviceRule(allow: false, type: .block, major: 8, access: .write),
        ]
        #expect(try allows(rules, "b", 8, 1, "r"))
        #expect(try !allows(rules, "b", 8, 1, "w"))
        #expect(try !allows(rules, "b", 8, 1, "rw"))
    }

    @Test func lettersAllowedByDifferentRulesAddUp() throws {
        let rules = [
            denyAll, LinuxDeviceRule(allow: true, type: .block, major: 8, minor: 1, access: .read),
            LinuxDeviceRule(allow: true, type: .block, major: 8, access: .write),
        ]
        #expect(try allows(rules, "b", 8, 1, "rw"))
        #expect(try !allows(rules, "b", 8, 2, "rw"))
    }

    @Test func everythingIsAllowedByTheRuleForEverything() throws {
        let rules = [denyAll, LinuxDeviceRule(allow: true)]
        #expect(try allows(rules, "b", 259, 7, "rwm"))
        // The rules before it can't be reached any more, and the verifier refuses what can't.
        let everything = DeviceProgram(try DeviceRules(rules)).instructions.count
        let longer = DeviceProgram(try DeviceRules([denyAll, denyAll, denyAll] + rules)).instructions.count
        #expect(everything == longer)
    }

    @Test func theTypeForAllWithNumbersMeansBothKinds() throws {
        let rules = [denyAll, LinuxDeviceRule(allow: true, major: 7, minor: 1, access: .read)]
        #expect(try allows(rules, "b", 7, 1, "r"))
        #expect(try allows(rules, "c", 7, 1, "r"))
        #expect(try !allows(rules, "c", 7, 2, "r"))
        #expect(try !allows(rules, "c", 7, 1, "w"))
    }

    @Test func noLettersAreRefusedByName() {
        let error = #expect(throws: CgroupError.self) {
            try DeviceRules([denyAll, LinuxDeviceRule(allow: true, type: .block, access: [])])
        }
        #expect(error?.field == "linux.resources.devices[1].access")
    }

    @Test func aNumberThatNoDeviceHasIsRefusedByName() {
        let error = #expect(throws: CgroupError.self) {
            try DeviceRules([LinuxDeviceRule(allow: true, type: .block, major: 1, minor: 0x8000_0000)])
        }
        #expect(error?.field == "linux.resources.devices[0].minor")
    }

    @Test func moreRulesThanTheLimitAreRefused() throws {
        let rule = LinuxDeviceRule(allow: true, type: .block, major: 1)
        _ = try DeviceRules(Array(repeating: rule, count: DeviceRules.limit))
        let error = #expect(throws: CgroupError.self) {
            try DeviceRules(Array(repeating: rule, count: DeviceRules.limit + 1))
        }
        #expect(error?.field == "linux.resources.devices")
    }

    /// 400 lists of rules drawn by a generator with a fixed seed, each asked about every device of a small world.
    @Test func theProgramDecidesAsTheRulesSay() throws {
        var random = Generator(state: 0x6d61_7274)
        for _ in 0..<400 {
            let rules = DeviceRules.drawn(&random)
            let interpreter = ProgramInterpreter(program: DeviceProgram(rules).instructions)
            try interpreter.check()
            for request in World.requests {
                let expected = decision(rules.rules, request)
                let answer = try interpreter.answer(request)
                if (answer == 1) != expected {
                    Issue.record("\(request) answered \(answer) by \(rules.rules)")
                    return
                }
            }
        }
    }

    @Test func theExceptionsOfVersionOneDecideTheSameWhereTheyCan() throws {
        var random = Generator(state: 0x6c65_7431)
        var compared = 0
        for _ in 0..<400 {
            let rules = DeviceRules.drawn(&random)
            guard let exceptions = try? DeviceExceptions(rules) else { continue }
            compared += 1
            for request in World.requests where exceptions.allows(request) != decision(rules.rules, request) {
                // A request for several letters, allowed by several exceptions: the kernel wants one that allows all.
                if request.access.nonzeroBitCount > 1, !exceptions.allows(request) { continue }
                Issue.record("\(request) by \(rules.rules)")
                return
            }
        }
        #expect(compared > 40)
    }
}

extension DeviceExceptions {
    /// The kernel's `match_exception` and `match_exception_partial` of security/device_cgroup.c.
    fileprivate func allows(_ request: ProgramInterpreter.Request) -> Bool {
        let matching = exceptions.filter { $0.devices.contains(device(request)) }
        if allowsOthers { return matching.allSatisfy { UInt32($0.access.kernelBits) & request.access == 0 } }
        return matching.contains { request.access & ~UInt32($0.access.kernelBits) == 0 }
    }
}

/// Devices enough to tell wildcards, numbers and kinds apart.
private enum World {
    static let requests: [ProgramInterpreter.Request] = (1...2).flatMap { kind in
        [UInt32(1), 8, 10].flatMap { major in
            [UInt32(0), 3, 200].flatMap { minor in
                (1...7).map { .init(kind: UInt32(kind), major: major, minor: minor, access: UInt32($0)) }
            }
        }
    }
}

private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}

extension DeviceRules {
    fileprivate static func drawn(_ random: inout Generator) -> DeviceRules {
        var rules = (0..<Int.random(in: 0...7, using: &random)).map { _ in
            DeviceRule(
                isAllowed: .random(using: &random),
                kind: [nil, .block, .character].randomElement(using: &random) ?? nil,
                major: [nil, 1, 8, 10].randomElement(using: &random) ?? nil,
                minor: [nil, 0, 3, 200].randomElement(using: &random) ?? nil,
                access: DeviceAccess(rawValue: .random(in: 1...7, using: &random)))
        }
        if Bool.random(using: &random) { rules += DeviceRules.always }
        return DeviceRules(unchecked: rules)
    }
}
