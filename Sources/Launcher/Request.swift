import CLauncher
import CZygoteProtocol

/// The packet that a zygote gets (zygote_protocol.h), and what goes beside it.
struct Request {
    private let packet = launcher_packet()
    private(set) var count = 0
    let preserved: Int
    private var isWhole = true

    /// nil for what a request doesn't carry.
    init?(_ command: ZygoteCommand, _ words: Words, proof: Word) {
        // A terminal is bound to its session.
        guard Kernel.isInherited(0), Kernel.isInherited(1), Kernel.isInherited(2), !Kernel.isTerminal(0) else {
            return nil
        }
        let activated = Self.activated(words)
        preserved = command.preserved + activated
        guard preserved <= Int(MARTLET_ZYGOTE_PRESERVED) else { return nil }
        for number in 0..<preserved where !Kernel.isInherited(3 + number) { return nil }
        add(UInt32(MARTLET_ZYGOTE_MAGIC))
        add(UInt32(MARTLET_ZYGOTE_PROTOCOL))
        add(Word(bytes: launcher_version()))
        add(proof)
        add(Kernel.fileModeMask)
        for number in 0..<Int32(MARTLET_ZYGOTE_LIMITS) {
            var (soft, hard): (UInt64, UInt64) = (0, 0)
            guard launcher_limit(number, &soft, &hard) >= 0 else { return nil }
            add(soft)
            add(hard)
        }
        add(UInt32(truncatingIfNeeded: preserved))
        addVariables(words, hasSockets: activated > 0)
        add(UInt32(truncatingIfNeeded: words.count - 1))
        var index = 1
        while let word = words[index] {
            add(word)
            index += 1
        }
        guard isWhole else { return nil }
    }

    /// Sockets of a service manager that are meant for this very process.
    private static func activated(_ words: Words) -> Int {
        guard words.variable("LISTEN_PID")?.number == Kernel.process else { return 0 }
        return words.variable("LISTEN_FDS")?.number ?? 0
    }

    private mutating func addVariables(_ words: Words, hasSockets: Bool) {
        var name = launcher_variables()
        while name[0] != 0 {
            var length = 0
            while name[length] != CChar(bitPattern: UInt8(ascii: " ")) { length += 1 }
            let isSockets = Word(bytes: name).begins(with: "LISTEN_FDS ")
            if !isSockets || hasSockets, let value = Self.value(of: name, length, words) {
                add(UInt8(1))
                add(value)
            } else {
                add(UInt8(0))
            }
            name += length + 1
        }
    }

    private static func value(of name: UnsafePointer<CChar>, _ length: Int, _ words: Words) -> Word? {
        var index = 0
        while let entry = words.environment[index] {
            var same = 0
            while same < length, entry[same] == name[same] { same += 1 }
            if same == length, entry[length] == CChar(bitPattern: UInt8(ascii: "=")) {
                return Word(bytes: entry + length + 1)
            }
            index += 1
        }
        return nil
    }

    private mutating func add<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) {
        guard reserve(MemoryLayout<Number>.size) else { return }
        for index in 0..<MemoryLayout<Number>.size {
            packet[count + index] = UInt8(truncatingIfNeeded: number >> Number(8 * index))
        }
        count += MemoryLayout<Number>.size
    }

    private mutating func add(_ word: Word) {
        let length = word.count
        guard length <= Int(MARTLET_ZYGOTE_PACKET) else { return isWhole = false }
        add(UInt32(truncatingIfNeeded: length))
        guard reserve(length) else { return }
        for index in 0..<length { packet[count + index] = UInt8(bitPattern: word.bytes[index]) }
        count += length
    }

    private mutating func reserve(_ size: Int) -> Bool {
        if count + size > Int(MARTLET_ZYGOTE_PACKET) { isWhole = false }
        return isWhole
    }

    /// Sends it with the working directory, the streams, and what is the container's.
    func send(to socket: Int32) -> Bool {
        let folder = Kernel.open(folder: ".")
        guard folder >= 0 else { return false }
        return launcher_send_with(socket, packet, UInt(count), folder, UInt32(3 + preserved)) >= 0
    }
}
