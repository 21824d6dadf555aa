import HostCapabilities
import SystemCalls
import WasmEngine

/// `sock_getsockopt` and `sock_setsockopt`: the options of the level SOL_SOCKET, which WasmEdge numbers 0.
///
/// The values are the kernel's: 32-bit numbers, `linger` as two of them, times as two 64-bit numbers. wasi-libc's structs
/// have the same layout. Errors: `inval` for a level or name that doesn't exist, `noprotoopt` for one that can't be had.
enum WasmEdgeOptions {
    private struct Option {
        var name: Sockets.OptionName
        var isSettable = true
    }

    /// The names of the host's interfaces aren't the guest's business: it is told that there is none, and can't set one.
    private static let bindToDevice: UInt32 = 14

    /// Bytes of the largest value, and what a guest's buffer is cut to.
    private static let sizeLimit: UInt32 = 64

    private static func option(_ level: UInt32, _ name: UInt32) throws(Preview1Failure) -> Option {
        guard level == 0 else { throw .errno(.inval) }
        return switch name {
        case 0: Option(name: .reuseAddress)
        case 1: Option(name: .type, isSettable: false)
        case 2: Option(name: .error, isSettable: false)
        case 3: Option(name: .dontRoute)
        case 4: Option(name: .broadcast)
        case 5: Option(name: .sendBuffer)
        case 6: Option(name: .receiveBuffer)
        case 7: Option(name: .keepAlive)
        case 8: Option(name: .outOfBandInline)
        case 9: Option(name: .linger)
        case 10: Option(name: .receiveLowWater)
        case 11: Option(name: .receiveTimeout)
        case 12: Option(name: .sendTimeout)
        case 13: Option(name: .accepting, isSettable: false)
        default: throw .errno(.inval)
        }
    }

    /// `sock_getsockopt`: at most `*size` bytes go to `value`, and their number to `*size`.
    static func get(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, level: UInt32, name: UInt32,
        value: UInt32, size: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: [])
        if level == 0, name == bindToDevice {
            // No socket is bound to a device.
            return try memory.put(0 as UInt32, at: size)
        }
        let option = try option(level, name)
        let room = try memory.read(UInt32.self, at: size)
        let whole = try memory.range(at: value, count: room)
        let target = UnsafeMutableRawBufferPointer(rebasing: whole.prefix(Int(min(room, sizeLimit))))
        let written = try guestSocketErrno { () throws(SocketFailure) in
            try socket.option(option.name, into: target)
        }
        translate(option.name, target, written)
        try memory.put(UInt32(truncatingIfNeeded: written), at: size)
    }

    /// The error and the type have numbers of their own in WASI.
    private static func translate(_ name: Sockets.OptionName, _ target: UnsafeMutableRawBufferPointer, _ written: Int) {
        guard name == .error || name == .type, written == 4, target.count >= 4 else { return }
        let kernel = target.loadUnaligned(as: Int32.self)
        let guest: Int32
        if name == .type {
            guest = kernel == 1 ? 2 : kernel == 2 ? 1 : 0
        } else {
            guest = kernel == 0 ? 0 : Int32(Preview1Errno(Errno(rawValue: kernel)).rawValue)
        }
        target.storeBytes(of: guest.littleEndian, as: Int32.self)
    }

    /// `sock_setsockopt`: `noprotoopt` for what can only be asked for.
    static func set(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, level: UInt32, name: UInt32,
        value: UInt32, size: UInt32
    ) throws(Preview1Failure) {
        let socket = try context.descriptors.socket(number, needing: [])
        guard level != 0 || name != bindToDevice else { throw .errno(.noprotoopt) }
        let option = try option(level, name)
        guard option.isSettable else { throw .errno(.noprotoopt) }
        guard size <= sizeLimit else { throw .errno(.inval) }
        let source = try memory.range(at: value, count: size)
        try guestSocketErrno { () throws(SocketFailure) in
            try socket.setOption(option.name, UnsafeRawBufferPointer(source))
        }
    }
}
