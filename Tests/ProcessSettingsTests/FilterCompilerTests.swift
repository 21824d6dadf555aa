import CSeccomp
import FieldErrors
import FilterMachine
import Glibc
import JSON
import OCISpec
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct FilterCompilerTests {
    private func machine(_ seccomp: LinuxSeccomp) throws -> FilterMachine {
        FilterMachine(bytes: try CompiledSeccomp(seccomp).program)
    }

    private func number(_ name: String, _ token: UInt32 = 0) -> UInt32 {
        UInt32(
            bitPattern: token == 0 ? seccomp_syscall_resolve_name(name) : seccomp_syscall_resolve_name_arch(token, name)
        )
    }

    @Test func everyActionIsTheKernels() throws {
        let values: [(LinuxSeccomp.Action, UInt16?, UInt32)] = [
            (.kill, nil, 0), (.killThread, nil, 0), (.killProcess, nil, 0x8000_0000), (.trap, nil, 0x0003_0000),
            (.errno, nil, 0x0005_0001), (.errno, 77, 0x0005_004D), (.errno, 0, 0x0005_0000), (.trace, nil, 0x7FF0_0001),
            (.trace, 300, 0x7FF0_012C), (.log, nil, 0x7FFC_0000), (.notify, nil, 0x7FC0_0000),
        ]
        for (action, errno, value) in values {
            let seccomp = LinuxSeccomp(
                defaultAction: .allow, listenerPath: "/x",
                syscalls: [.init(names: ["mkdir"], action: action, errno: errno)])
            #expect(try machine(seccomp).run(number("mkdir")) == value, "\(action)")
            #expect(try machine(seccomp).run(number("rmdir")) == FilterMachine.allowed)
            if action == .notify { continue }
            let byDefault = LinuxSeccomp(
                defaultAction: action, defaultErrno: errno, syscalls: [.init(names: ["mkdir"], action: .allow)])
            #expect(try machine(byDefault).run(number("getpid")) == value, "\(action) by default")
            #expect(try machine(byDefault).run(number("mkdir")) == FilterMachine.allowed)
        }
    }

    @Test(arguments: LinuxSeccomp.Operator.allCases) func everyComparisonIsOf64Bits(_ op: LinuxSeccomp.Operator) throws
    {
        let high: UInt64 = 5 << 32
        for value in [0, 7, high, high + 7, .max] as [UInt64] {
            let rule = LinuxSeccomp.Rule(
                names: ["ioctl"], action: .errno, errno: 9,
                args: [.init(index: 1, value: value, valueTwo: value & 3, op: op)])
            let machine = try machine(LinuxSeccomp(defaultAction: .allow, syscalls: [rule]))
            for actual in [0, 1, 6, 7, 8, high, high - 1, high + 6, high + 7, high + 8, .max - 1, .max] as [UInt64] {
                let holds =
                    switch op {
                    case .notEqual: actual != value
                    case .less: actual < value
                    case .lessOrEqual: actual <= value
                    case .equal: actual == value
                    case .greaterOrEqual: actual >= value
                    case .greater: actual > value
                    case .maskedEqual: actual & value == value & 3
                    }
                let expected = holds ? FilterMachine.errno(9) : FilterMachine.allowed
                #expect(try machine.run(number("ioctl"), 0, actual) == expected, "\(op) \(value) \(actual)")
            }
        }
    }

    @Test func comparisonsOfSeveralArgumentsMustAllHold() throws {
        let rule = LinuxSeccomp.Rule(
            names: ["socket"], action: .allow,
            args: [.init(index: 0, value: 1, op: .equal), .init(index: 2, value: 4, op: .less)])
        let machine = try machine(LinuxSeccomp(defaultAction: .errno, syscalls: [rule]))
        #expect(try machine.run(number("socket"), 1, 0, 3) == FilterMachine.allowed)
        #expect(try machine.run(number("socket"), 1, 0, 4) == FilterMachine.errno(1))
        #expect(try machine.run(number("socket"), 2, 0, 3) == FilterMachine.errno(1))
    }

    @Test func comparisonsOfOneArgumentAreAlternatives() throws {
        let rule = LinuxSeccomp.Rule(
            names: ["personality"], action: .allow,
            args: [0, 8, 0x20000].map { .init(index: 0, value: $0, op: .equal) } + [
                .init(index: 1, value: 7, op: .equal)
            ])
        let machine = try machine(LinuxSeccomp(defaultAction: .errno, syscalls: [rule]))
        for value in [0, 8, 0x20000] as [UInt64] {
            #expect(try machine.run(number("personality"), value) == FilterMachine.allowed)
        }
        #expect(try machine.run(number("personality"), 9, 7) == FilterMachine.allowed)
        #expect(try machine.run(number("personality"), 9) == FilterMachine.errno(1))
    }

    @Test func unknownCallsAndRulesThatChangeNothingArePassedOver() throws {
        let machine = try machine(
            LinuxSeccomp(
                defaultAction: .errno,
                syscalls: [
                    .init(names: ["no_such_call", "mkdir"], action: .allow),
                    .init(names: ["rmdir"], action: .errno, errno: 1),
                    .init(names: ["mkdir"], action: .allow),
                ]))
        #expect(try machine.run(number("mkdir")) == FilterMachine.allowed)
        #expect(try machine.run(number("rmdir")) == FilterMachine.errno(1))
    }

    @Test func architecturesHaveTheirOwnNumbersAndOthersAreKilled() throws {
        guard seccomp_arch_native() == FilterMachine.x86 else { return }
        let seccomp = LinuxSeccomp(
            defaultAction: .errno, architectures: [.amd64, .x86, .x32],
            syscalls: [.init(names: ["mkdir"], action: .allow)])
        let machine = try machine(seccomp)
        #expect(try machine.run(83) == FilterMachine.allowed)
        #expect(try machine.run(39, architecture: FilterMachine.i386) == FilterMachine.allowed)
        #expect(try machine.run(83 | 1 << 30) == FilterMachine.allowed)
        #expect(try machine.run(39) == FilterMachine.errno(1))
        #expect(try machine.run(38, architecture: FilterMachine.i386) == FilterMachine.errno(1))
        #expect(try machine.run(82 | 1 << 30) == FilterMachine.errno(1))
        #expect(try machine.run(83, architecture: FilterMachine.arm64) == FilterMachine.killed)
        let own = try self.machine(
            LinuxSeccomp(defaultAction: .errno, syscalls: [.init(names: ["mkdir"], action: .allow)]))
        #expect(try own.run(39, architecture: FilterMachine.i386) == FilterMachine.killed)
        #expect(try own.run(83) == FilterMachine.allowed)
    }

    @Test func anArchitectureOfAnotherByteOrderIsRefused() throws {
        let error = #expect(throws: FieldError.self) {
            try CompiledSeccomp(LinuxSeccomp(defaultAction: .allow, architectures: [.amd64, .ppc64]))
        }
        #expect(error?.field == "linux.seccomp.architectures[1]")
    }

    @Test func namesOfNoCallArePassedOverUnlessTheyAreToBeRefused() throws {
        let rules: [LinuxSeccomp.Rule] = [
            .init(names: ["mkdir"], action: .errno), .init(names: ["rmdir", "no_such_call"], action: .errno),
        ]
        let seccomp = LinuxSeccomp(defaultAction: .allow, syscalls: rules)
        #expect(try machine(seccomp).run(number("rmdir")) == FilterMachine.errno(1))
        let error = #expect(throws: FieldError.self) { try CompiledSeccomp(seccomp, refusesUnknown: true) }
        #expect(error?.field == "linux.seccomp.syscalls[1].names[1]")
        // One that another architecture has is known.
        let known = LinuxSeccomp(defaultAction: .allow, syscalls: [.init(names: ["_newselect"], action: .errno)])
        #expect(try !CompiledSeccomp(known, refusesUnknown: true).program.isEmpty)
    }

    @Test func callsNewerThanTheProfileAreUnknownInsteadOfForbidden() throws {
        guard seccomp_arch_native() == FilterMachine.x86 else { return }
        let rules: [LinuxSeccomp.Rule] = [.init(names: ["read", "openat2"], action: .allow)]
        let newest = number("openat2")
        for action in [.errno, .kill, .trap] as [LinuxSeccomp.Action] {
            let machine = try machine(
                LinuxSeccomp(defaultAction: action, architectures: [.amd64, .x86, .x32], syscalls: rules))
            let refused = action.value(nil)
            #expect(try machine.run(newest) == FilterMachine.allowed)
            #expect(try machine.run(newest - 1) == refused)
            for number in [newest + 1, 600, 1 << 29] { #expect(try machine.run(number) == FilterMachine.errno(38)) }
            #expect(try machine.run(newest + 1, architecture: FilterMachine.i386) == FilterMachine.errno(38))
            #expect(try machine.run((newest + 1) | 1 << 30) == FilterMachine.errno(38))
            #expect(try machine.run(newest | 1 << 30) == FilterMachine.allowed)
            #expect(try machine.run(newest + 1, architecture: FilterMachine.arm64) == FilterMachine.killed)
        }
        // x32 isn't in the filter: none of its calls is merely unknown.
        let machine = try machine(LinuxSeccomp(defaultAction: .errno, syscalls: rules))
        #expect(try machine.run((newest + 1) | 1 << 30) != FilterMachine.errno(38))
        #expect(try machine.run(newest + 1) == FilterMachine.errno(38))
        // Who allows everything by default, or says ENOSYS anyway, gets the filter as it is.
        for seccomp in [
            LinuxSeccomp(defaultAction: .allow, syscalls: [.init(names: ["mkdir"], action: .kill)]),
            LinuxSeccomp(defaultAction: .errno, defaultErrno: 38, syscalls: rules),
        ] {
            let first = try CompiledSeccomp(seccomp).program.prefix(8)
            var compiler = try FilterCompiler(seccomp)
            #expect(try Array(compiler.compile().prefix(8)) == Array(first))
        }
    }

    @Test func aListenerNeedsItsSocketAndNeverDecidesByDefault() throws {
        let rules: [LinuxSeccomp.Rule] = [.init(names: ["mkdir"], action: .notify)]
        let lonely = #expect(throws: FieldError.self) {
            try CompiledSeccomp(LinuxSeccomp(defaultAction: .allow, syscalls: rules))
        }
        #expect(lonely?.field == "linux.seccomp.listenerPath")
        let all = #expect(throws: FieldError.self) {
            try CompiledSeccomp(LinuxSeccomp(defaultAction: .notify, listenerPath: "/x"))
        }
        #expect(all?.field == "linux.seccomp.defaultAction")
        #expect(
            try CompiledSeccomp(LinuxSeccomp(defaultAction: .allow, listenerPath: "/x", syscalls: rules)).hasListener)
        // Who names a socket is told even if no rule asks anything.
        #expect(try CompiledSeccomp(LinuxSeccomp(defaultAction: .allow, listenerPath: "/x")).hasListener)
        #expect(try !CompiledSeccomp(LinuxSeccomp(defaultAction: .allow)).hasListener)
    }

    @Test func aLargeProfileGivesEveryCallItsAction() throws {
        let machine = try machine(LargeProfile.seccomp)
        let allowed = LargeProfile.names.indices.filter { LargeProfile.isAllowed($0) }
        let newest = allowed.map { seccomp_syscall_resolve_name(LargeProfile.names[$0]) }.max() ?? 0
        for (index, name) in LargeProfile.names.enumerated() {
            let number = seccomp_syscall_resolve_name(name)
            guard number >= 0 else { continue }
            let refused = FilterMachine.errno(number > newest ? 38 : 1)
            let expected = LargeProfile.isAllowed(index) ? FilterMachine.allowed : refused
            #expect(try machine.run(UInt32(number)) == expected, "\(name)")
        }
    }
}

/// A profile of the size that engines use by default, made of every call that this machine's library has.
enum LargeProfile {
    static let names: [String] = (0..<470).compactMap { number in
        guard let name = seccomp_syscall_resolve_num_arch(0, Int32(number)) else { return nil }
        defer { free(name) }
        return String(cString: name)
    }

    static func isAllowed(_ index: Int) -> Bool { index % 7 != 3 }

    static let seccomp = LinuxSeccomp(
        defaultAction: .errno, defaultErrno: 1,
        architectures: seccomp_arch_native() == FilterMachine.x86 ? [.amd64, .x86, .x32] : [.aarch64, .arm],
        syscalls: [
            .init(
                names: names.indices.filter { isAllowed($0) && names[$0] != "personality" }.map { names[$0] },
                action: .allow)
        ]
            + [0, 8, 0x20000, 0x20008, .max].map {
                .init(names: ["personality"], action: .allow, args: [.init(index: 0, value: $0, op: .equal)])
            }
            + [
                .init(
                    names: ["socket"], action: .errno, errno: 22,
                    args: [.init(index: 0, value: 16, op: .equal), .init(index: 2, value: 9, op: .equal)]),
                .init(
                    names: ["clone"], action: .allow, args: [.init(index: 0, value: 2_114_060_288, op: .maskedEqual)]),
            ])
}
