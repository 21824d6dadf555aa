import CLinuxShims

/// One instruction of extended BPF: the kernel's `struct bpf_insn`.
@frozen
public struct BPFInstruction: Hashable, Sendable {
    public var code: UInt8
    /// The destination register in the lower four bits, the source in the upper.
    public var registers: UInt8
    public var offset: Int16
    public var immediate: Int32

    public init(
        _ code: UInt8, to destination: UInt8 = 0, from source: UInt8 = 0, offset: Int16 = 0, _ immediate: Int32 = 0
    ) {
        self.code = code
        registers = source << 4 | destination & 0xf
        self.offset = offset
        self.immediate = immediate
    }

    public var destination: UInt8 { registers & 0xf }
    public var source: UInt8 { registers >> 4 }
}

/// Programs that a control group of version 2 asks about each access to a device: bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE.
///
/// A group is an open directory of the unified hierarchy.
public enum DevicePrograms {
    /// Attached programs of one group; the kernel allows 64.
    private static let limit = 64
    /// What the verifier says about a program that it refuses is kept up to here.
    private static let logSize = 4096

    /// Hands a program to the verifier. Refused: the error's subject is what the verifier said.
    public static func load(_ program: [BPFInstruction]) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = load(program, log: nil)
        if descriptor >= 0 { return OwnedDescriptor(adopting: descriptor) }
        let errno = Errno.last
        var said = ""
        if errno == .invalid || errno == .accessDenied {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: logSize) { log in
                log.initialize(repeating: 0)
                let again = load(program, log: log)
                if again >= 0 { _ = OwnedDescriptor(adopting: again) }
                // The last byte stays the zero that ends the text, whatever the kernel wrote before it.
                log[logSize - 1] = 0
                if let base = log.baseAddress { said = String(cString: base) }
            }
        }
        throw SystemCallError("bpf", said.isEmpty ? "BPF_PROG_LOAD" : "BPF_PROG_LOAD: \(said)", errno)
    }

    private static func load(_ program: [BPFInstruction], log: UnsafeMutableBufferPointer<CChar>?) -> Int32 {
        program.withUnsafeBytes { bytes in
            // SAFETY: BPFInstruction has the members of struct bpf_insn in their order: two bytes, a short and an int.
            let instructions = bytes.baseAddress?.assumingMemoryBound(to: martlet_ebpf_instruction.self)
            return martlet_bpf_load_device(
                instructions, UInt32(clamping: program.count), log?.baseAddress, UInt32(clamping: log?.count ?? 0))
        }
    }

    /// The numbers of the programs attached to the group itself.
    public static func attached(to group: Int32) throws(SystemCallError) -> [UInt32] {
        var count = UInt32(limit)
        var numbers = [UInt32](repeating: 0, count: limit)
        _ = try checked("bpf", "BPF_PROG_QUERY") { martlet_bpf_query_device(group, &numbers, &count) }
        return Array(numbers.prefix(Int(count)))
    }

    /// A descriptor of a loaded program; nil when it is gone.
    public static func open(_ number: UInt32) throws(SystemCallError) -> OwnedDescriptor? {
        let descriptor = martlet_bpf_open(number)
        if descriptor >= 0 { return OwnedDescriptor(adopting: descriptor) }
        let errno = Errno.last
        if errno == .noSuchFile { return nil }
        throw SystemCallError("bpf", "BPF_PROG_GET_FD_BY_ID", errno)
    }

    /// Attaches a program beside the others (every one of them must allow), or in the place of one of them.
    public static func attach(
        _ program: Int32, to group: Int32, replacing replaced: Int32? = nil
    ) throws(SystemCallError) {
        _ = try checked("bpf", "BPF_PROG_ATTACH") { martlet_bpf_attach_device(group, program, replaced ?? -1) }
    }

    /// Detaches a program; one that isn't attached any more is fine.
    public static func detach(_ program: Int32, from group: Int32) throws(SystemCallError) {
        do throws(SystemCallError) {
            _ = try checked("bpf", "BPF_PROG_DETACH") { martlet_bpf_detach_device(group, program) }
        } catch { if error.errno != .noSuchFile { throw error } }
    }
}
