import SystemCalls

/// The table behind `SeccompProfile`: each call, and who makes it.
enum GuestSystemCalls {
    /// Made by every workload. With `mmap`, `mprotect`, `madvise` and `fcntl`, which are allowed in a harmless form: 28.
    static let always: [SystemCallNumber] = [
        // The engine's memory, the C library's heap, thread stacks. (`mmap` and `mprotect`: below.)
        .munmap, .futex,
        // Traps: the engine's signal handlers were set before; each thread that runs wasm sets its signal stack.
        .rtSigreturn, .sigaltstack,
        .exitGroup,
        // CPU clocks, and all clocks where the vDSO can't read them.
        .clockGettime, .getrandom,
        .ppoll,
        // With the offset -1 they are readv and writev too.
        .preadv2, .pwritev2, .lseek, .ftruncate, .fsync, .getdents64, .close,
        // Below the preopened directories.
        .openat2, .newfstatat, .mkdirat, .unlinkat, .linkat, .symlinkat, .renameat, .readlinkat, .utimensat,
    ]

    /// For `mmap` and `mprotect`: code was mapped before the filter; nothing that is written now can become executable.
    static let withoutExecution = Verdict.when(
        [ArgumentCondition(argument: 2, mask: 4, values: [0])], .allow, otherwise: .refuse(.notPermitted))  // PROT_EXEC

    /// For `madvise`: MADV_DONTNEED, by which a guest that waits gives back memory.
    static let givingBack = Verdict.when(
        [ArgumentCondition(argument: 2, values: [4])], .allow, otherwise: .refuse(.invalid))

    /// For `fcntl`: F_GETFL, F_SETFL.
    static let statusFlags = Verdict.when(
        [ArgumentCondition(argument: 1, values: [3, 4])], .allow, otherwise: .refuse(.notPermitted))

    /// For `rt_sigaction`. The engine sets its handlers before; its handler of a crash that isn't the guest's sets the default
    /// one and returns, and would run in a circle if that were refused. The C library's own signal for changes of user
    /// (33), which the first thread sets up, can do without.
    static let setHandler = Verdict.when(
        [ArgumentCondition(argument: 0, values: [33])], .refuse(.notImplemented), otherwise: .kill)

    /// With ports or outbound connections.
    static let network: [SystemCallNumber] = [
        .bind, .listen, .accept4, .connect, .recvmsg, .shutdown, .getsockname, .getpeername, .getsockopt, .setsockopt,
    ]

    /// For `sendmsg`: not with MSG_FASTOPEN, which connects without asking Landlock.
    static let withoutConnecting = Verdict.when(
        [ArgumentCondition(argument: 2, mask: 0x2000_0000, values: [0])], .allow,
        otherwise: .refuse(Errno(rawValue: 95)))  // EOPNOTSUPP

    /// For `socket`: IPv4 and IPv6, streams and where granted datagrams: no raw, local, netlink or packet sockets.
    static func internetSocket(datagrams: Bool) -> Verdict {
        .when(
            [
                ArgumentCondition(argument: 0, values: [2, 10]),
                ArgumentCondition(argument: 1, mask: 0xF, values: datagrams ? [1, 2] : [1]),
                ArgumentCondition(argument: 2, values: datagrams ? [0, 6, 17] : [0, 6]),
            ], .allow, otherwise: .refuse(Errno(rawValue: 97)))  // EAFNOSUPPORT
    }

    /// For `ioctl`: how many bytes can be read (FIONREAD).
    static let readableBytes = Verdict.when(
        [ArgumentCondition(argument: 1, values: [0x541B])], .allow, otherwise: .refuse(.notTerminal))

    /// For `clone`: a thread of this process (CLONE_VM, FS, FILES, SIGHAND, THREAD set; no namespace flag, no VFORK, no
    /// PTRACE); everything else kills. The C library falls back to it, as `clone3`, whose flags can't be seen, isn't there.
    static func startThread(_ outcome: Verdict.Outcome) -> Verdict {
        .when(
            [ArgumentCondition(argument: 0, mask: 0x7E02_0000 | 0x6000 | threadFlags, values: [threadFlags])], outcome,
            otherwise: .kill)
    }
    private static let threadFlags: UInt32 = 0x0001_0F00

    /// They succeed and do nothing: advice that a guest can't see the effect of; what the C library registers for a new thread
    /// and would otherwise end the process over; and brk(2), by which it then knows that it has to do without.
    static let ignored: [SystemCallNumber] = [.fadvise64, .schedYield, .rseq, .brk]

    /// No workload and no library makes them; code that does has left the wasm sandbox.
    static let fatal: [SystemCallNumber] =
        programs + memoryOfOthers + mounts + kernel
        // An abort ends here: raising its signal in vain would let it run into the engine's handlers.
        + [.tgkill]

    private static let programs: [SystemCallNumber] = {
        var calls: [SystemCallNumber] = [.execve, .execveat, .ptrace]
        #if arch(x86_64)
            calls += [.fork, .vfork]
        #endif
        return calls
    }()
    private static let memoryOfOthers: [SystemCallNumber] = [
        .processVmReadv, .processVmWritev, .processMadvise, .pidfdGetfd, .pidfdOpen, .kill, .tkill, .pidfdSendSignal,
        .rtSigqueueinfo, .rtTgsigqueueinfo,
    ]
    private static let mounts: [SystemCallNumber] = [
        .mount, .umount2, .pivotRoot, .chroot, .fsopen, .fsconfig, .fsmount, .fspick, .openTree, .moveMount,
        .mountSetattr,
        .unshare, .setns, .openByHandleAt, .mknodat,
    ]
    private static let kernel: [SystemCallNumber] = {
        var calls: [SystemCallNumber] = [
            .bpf, .perfEventOpen, .userfaultfd, .ioUringSetup, .ioUringEnter, .ioUringRegister, .kexecLoad, .initModule,
            .finitModule, .deleteModule, .keyctl, .addKey, .requestKey, .seccomp, .personality, .reboot, .swapon,
            .swapoff,
            .quotactl, .acct, .settimeofday, .clockSettime, .pkeyMprotect, .shmat, .remapFilePages,
        ]
        #if arch(x86_64)
            calls += [.modifyLdt, .iopl, .ioperm]
        #endif
        return calls
    }()
}
