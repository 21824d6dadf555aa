import WasmEngine

/// One subscription of `poll_oneoff`, as it lies in the guest's memory.
struct PollSubscription {
    enum Event {
        /// `timeout` in nanoseconds: from now, or a moment on the clock.
        case clock(id: UInt32, timeout: UInt64, isAbsolute: Bool)
        case read(UInt32)
        case write(UInt32)
    }

    /// `eventtype` of the witx file.
    enum Tag: UInt8 {
        case clock = 0
        case read, write
    }

    var userData: UInt64
    var event: Event

    var tag: Tag {
        switch event {
        case .clock: .clock
        case .read: .read
        case .write: .write
        }
    }

    /// Bytes of one subscription: in `wasi_unstable` the clock carries an identifier of its own.
    static func size(_ dialect: Preview1Dialect) -> UInt32 { dialect == .snapshot ? 48 : 56 }

    /// Reads one: `inval` for a tag or a flag that doesn't exist.
    init(
        _ memory: borrowing GuestMemory, at address: UInt32, _ dialect: Preview1Dialect
    ) throws(Preview1Failure) {
        userData = try memory.read(UInt64.self, at: address)
        guard let tag = Tag(rawValue: try memory.read(UInt8.self, at: address, offset: 8)) else { throw .errno(.inval) }
        switch tag {
        case .read: event = .read(try memory.read(UInt32.self, at: address, offset: 16))
        case .write: event = .write(try memory.read(UInt32.self, at: address, offset: 16))
        case .clock:
            let shift: UInt32 = dialect == .snapshot ? 0 : 8
            let flags = try memory.read(UInt16.self, at: address, offset: 40 + shift)
            guard flags <= 1 else { throw .errno(.inval) }
            event = .clock(
                id: try memory.read(UInt32.self, at: address, offset: 16 + shift),
                timeout: try memory.read(UInt64.self, at: address, offset: 24 + shift), isAbsolute: flags == 1)
        }
    }
}

/// One event that `poll_oneoff` reports: 32 bytes in both dialects.
struct PollEvent {
    static let size: UInt32 = 32

    var userData: UInt64
    var error = Preview1Errno.success
    var tag: PollSubscription.Tag
    /// For a descriptor: bytes that can be moved, at least.
    var byteCount: UInt64 = 0
    /// For a descriptor: the other side closed.
    var isHangUp = false

    func write(_ memory: borrowing GuestMemory, at address: UInt32) throws(Preview1Failure) {
        let target = try memory.range(at: address, count: Self.size)
        target.storeBytes(of: userData.littleEndian, as: UInt64.self)
        // The error and the tag are followed by padding.
        let head = UInt64(error.rawValue) | UInt64(tag.rawValue) << 16
        target.storeBytes(of: head.littleEndian, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: byteCount.littleEndian, toByteOffset: 16, as: UInt64.self)
        target.storeBytes(of: UInt64(isHangUp ? 1 : 0).littleEndian, toByteOffset: 24, as: UInt64.self)
    }
}
