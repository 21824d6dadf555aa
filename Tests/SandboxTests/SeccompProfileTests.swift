import CSeccomp
import FilterMachine
import Glibc
import SystemCalls
import Testing

@testable import Sandbox

@Suite struct SeccompProfileTests {
    static let profiles = [
        SeccompProfile(), SeccompProfile(threads: true), SeccompProfile(network: true),
        SeccompProfile(network: true, threads: true),
    ]

    /// libseccomp's name of a call on this machine.
    static func name(_ call: SystemCallNumber) -> String {
        guard let name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), Int32(call.rawValue)) else {
            return "?"
        }
        defer { free(name) }
        return String(cString: name)
    }

    @Test func noMoreThan30CallsAreAllowedWithoutNetworkAnd45WithIt() {
        #expect(Self.profiles.map(\.allowed.count) == [30, 30, 43, 45])
    }

    @Test func theAllowedCallsAreTheseByName() {
        let always = [
            "clock_gettime", "close", "exit_group", "fcntl", "fsync", "ftruncate", "futex", "getdents64", "getrandom",
            "linkat", "lseek", "madvise", "mkdirat", "mmap", "mprotect", "munmap", "newfstatat", "openat2", "ppoll",
            "preadv2", "pwritev2", "read", "readlinkat", "renameat", "rt_sigreturn", "sigaltstack", "symlinkat",
            "unlinkat", "utimensat", "write",
        ]
        let network = [
            "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "ioctl", "listen", "recvmsg",
            "sendmsg", "setsockopt", "shutdown", "socket",
        ]
        let threads = ["clone", "exit"]
        let withoutRoom = Set(always).subtracting(["read", "write"])
        let expected = [
            Set(always), withoutRoom.union(threads), Set(always + network), Set(always + network + threads),
        ]
        for (profile, names) in zip(Self.profiles, expected) { #expect(Set(profile.allowed.map(Self.name)) == names) }
    }

    @Test func noCallIsBothAllowedAndFatal() {
        for profile in Self.profiles { #expect(Set(profile.allowed).isDisjoint(with: profile.fatal)) }
    }

    @Test(arguments: profiles)
    func theUnconditionalCallsAreDecidedAsByLibseccomp(_ profile: SeccompProfile) throws {
        let ours = FilterMachine(profile.program)
        let theirs = FilterMachine(try Reference.program(profile))
        for number in UInt32(0)..<600 {
            if case .when = profile.table[SystemCallNumber(rawValue: number)] { continue }
            let mine = try ours.run(number)
            let reference = try theirs.run(number)
            #expect(mine == reference, "call \(number)")
        }
    }

    @Test(
        arguments: [
            (SystemCallNumber.mmap, [0, 4096, 3, 0x22, 0, 0], 0), (.mmap, [0, 4096, 7, 0x22, 0, 0], EPERM),
            (.mmap, [0, 4096, 4, 0x22, 0, 0], EPERM), (.mprotect, [0, 4096, 1, 0, 0, 0], 0),
            (.mprotect, [0, 4096, 5, 0, 0, 0], EPERM), (.mprotect, [0, 4096, 0x1_0000_0004, 0, 0, 0], EPERM),
            (.madvise, [0, 4096, 4, 0, 0, 0], 0), (.madvise, [0, 4096, 8, 0, 0, 0], EINVAL),
            (.madvise, [0, 4096, 100, 0, 0, 0], EINVAL), (.fcntl, [5, 3, 0, 0, 0, 0], 0),
            (.fcntl, [5, 4, 0, 0, 0, 0], 0), (.fcntl, [5, 0, 0, 0, 0, 0], EPERM),
            (.fcntl, [5, 8, 1, 0, 0, 0], EPERM), (.socket, [2, 1, 0, 0, 0, 0], 0), (.socket, [10, 2, 17, 0, 0, 0], 0),
            (.socket, [2, 0x80801, 6, 0, 0, 0], 0), (.socket, [1, 1, 0, 0, 0, 0], EAFNOSUPPORT),
            (.socket, [2, 3, 1, 0, 0, 0], EAFNOSUPPORT), (.socket, [2, 1, 262, 0, 0, 0], EAFNOSUPPORT),
            (.ioctl, [0, 0x541B, 0, 0, 0, 0], 0), (.ioctl, [0, 0x5412, 0, 0, 0, 0], ENOTTY),
            (.ioctl, [0, 0x5401, 0, 0, 0, 0], ENOTTY), (.clone, [0x3D0F00, 0, 0, 0, 0, 0], 0),
            (.clone, [17, 0, 0, 0, 0, 0], -1),
            (.clone, [0x403D_0F00, 0, 0, 0, 0, 0], -1), (.clone, [0x003D_4F00, 0, 0, 0, 0, 0], -1),
            (.sendmsg, [5, 4096, 0x4000, 0, 0, 0], 0), (.sendmsg, [5, 4096, 0x2000_4000, 0, 0, 0], EOPNOTSUPP),
            (.rtSigaction, [33, 0, 0, 8, 0, 0], ENOSYS), (.rtSigaction, [11, 0, 0, 8, 0, 0], -1),
        ] as [(SystemCallNumber, [UInt64], Int32)])
    func anArgumentDecides(_ call: SystemCallNumber, _ arguments: [UInt64], _ errno: Int32) throws {
        let machine = FilterMachine(SeccompProfile(network: true, threads: true).program)
        let result = try machine.run(call.rawValue, arguments: arguments)
        let expected = errno < 0 ? 0x8000_0000 : errno == 0 ? 0x7FFF_0000 : 0x0005_0000 | UInt32(errno)
        #expect(result == expected)
    }

    @Test func anotherArchitecturesCallKills() throws {
        let machine = FilterMachine(SeccompProfile().program)
        #expect(try machine.run(1, architecture: FilterMachine.i386) == FilterMachine.processKilled)
    }

    @Test func aWorkerHasNoCallsThatOnlyAnAttackerMakes() throws {
        let machine = FilterMachine(WorkerFilter.program)
        for call: SystemCallNumber in [.mount, .bpf, .ptrace, .initModule, .openByHandleAt, .execve, .unshare] {
            #expect(try machine.run(call.rawValue) == 0x8000_0000)
        }
        #expect(try machine.run(SystemCallNumber.socket.rawValue) == 0x0005_0001)
        #expect(try machine.run(0x4000_0000 | 520) == 0x0005_0026)
        for call: SystemCallNumber in [.openat2, .mknodat, .clone, .mmap, .renameat] {
            #expect(try machine.run(call.rawValue) == 0x7FFF_0000)
        }
    }

    @Test func aFilterLongerThanAShortJumpReachesItsEnd() throws {
        // Every other number allowed: no two neighbours share a verdict.
        var table = VerdictTable(otherwise: .kill)
        let calls = stride(from: 0, to: UInt32(VerdictTable.size), by: 2).map { SystemCallNumber(rawValue: $0) }
        table.set(.allow, for: calls)
        let machine = FilterMachine(FilterProgram(table).instructions)
        for number in UInt32(0)..<600 {
            let allowed = number < VerdictTable.size && number.isMultiple(of: 2)
            let result = try machine.run(number)
            #expect(result == (allowed ? 0x7FFF_0000 : 0x8000_0000))
        }
    }
}
