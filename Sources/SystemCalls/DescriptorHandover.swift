import CLinuxShims
import Glibc

/// Hands a descriptor that this process is going to have to a socket, by a helper that shares its descriptors: what comes
/// after may leave this process no system call to do it with.
public struct DescriptorHandover: ~Copyable {
    private let word: UnsafeMutablePointer<UInt32>
    private let number: Int32

    private enum Word {
        static let waiting: UInt32 = 0
        static let opened: UInt32 = 1
        static let sent: UInt32 = 2
        /// An errno is added to it.
        static let failed: UInt32 = 0x1_0000
    }

    /// How long either side waits for the other.
    public static let patience: UInt64 = 5_000_000_000

    /// Starts the helper. The process must have one thread; its children are no longer waited for after this, until an
    /// execve(2).
    ///
    /// - Parameters:
    ///   - socket: connected; the message goes there with the descriptor in its first bytes.
    ///   - message: at most 1 MiB.
    public init(to socket: Int32, message: [UInt8]) throws(SystemCallError) {
        guard let word = martlet_process_shared_word() else { throw SystemCallError("mmap") }
        // The kernel gives the lowest number that is free, and nothing else opens anything in between.
        let probe: Int32
        do throws(SystemCallError) { probe = try Descriptors.duplicate(socket).rawValue } catch {
            martlet_process_shared_word_free(word)
            throw error
        }
        let helper = martlet_process_helper()
        if helper == 0 { Self.help(word, probe, socket, message) }
        if helper < 0 {
            let error = SystemCallError("clone")
            martlet_process_shared_word_free(word)
            throw error
        }
        self.word = word
        number = probe
    }

    deinit { martlet_process_shared_word_free(word) }

    /// Says that the descriptor is open now, and waits until the helper has sent it. Makes no system call, not even to give
    /// back the memory: the process is about to become another.
    ///
    /// - Returns: nil when it was sent, else why not.
    public consuming func finish(_ descriptor: Int32) -> Errno? {
        let word = word
        let number = number
        discard self
        guard descriptor == number else {
            martlet_process_store(word, Word.failed)
            return .badDescriptor
        }
        martlet_process_store(word, Word.opened)
        guard martlet_process_spin(word, Word.opened, Self.patience) == 1 else { return .timedOut }
        let outcome = martlet_process_load(word)
        return outcome == Word.sent ? nil : Errno(rawValue: Int32(bitPattern: outcome & 0xFFFF))
    }

    /// The helper's whole life.
    private static func help(
        _ word: UnsafeMutablePointer<UInt32>, _ descriptor: Int32, _ socket: Int32, _ message: [UInt8]
    ) -> Never {
        _ = martlet_prctl(1, UInt(SIGKILL), 0, 0, 0)
        var waited: UInt64 = 0
        while martlet_process_load(word) == Word.waiting {
            guard waited < patience else { _exit(1) }
            var pause = timespec(tv_sec: 0, tv_nsec: 20_000)
            nanosleep(&pause, nil)
            waited += 20_000
        }
        guard martlet_process_load(word) == Word.opened else { _exit(1) }
        do throws(SystemCallError) {
            let sent = try LocalSockets.send(socket, message, descriptors: [descriptor])
            if sent < message.count { try Files.writeAll(socket, Array(message[sent...])) }
            // The descriptors are shared: closing the socket would be closing it for the other, who does it by execve.
            _ = shutdown(socket, Int32(SHUT_WR))
            martlet_process_store(word, Word.sent)
        } catch { martlet_process_store(word, Word.failed | UInt32(bitPattern: error.errno.rawValue)) }
        _exit(0)
    }
}
