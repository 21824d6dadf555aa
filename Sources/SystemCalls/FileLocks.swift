import CLinuxShims
import Glibc

extension Files {
    /// flock(2), waiting until it is free.
    public static func lock(_ descriptor: Int32, exclusive: Bool) throws(SystemCallError) {
        _ = try checked("flock") { flock(descriptor, exclusive ? LOCK_EX : LOCK_SH) }
    }

    /// flock(2) without waiting: false when another holds it.
    public static func tryLock(_ descriptor: Int32, exclusive: Bool) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            _ = try checked("flock") { flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) }
            return true
        } catch {
            if error.errno == .again { return false }
            throw error
        }
    }

    /// A lock of one byte, which needn't be there: many locks in one file. Held by the open file (F_OFD_SETLKW), until it is closed.
    public static func lock(_ descriptor: Int32, byte: UInt32, exclusive: Bool) throws(SystemCallError) {
        _ = try checked("fcntl", "F_OFD_SETLKW") { martlet_lock_byte(descriptor, Int(byte), exclusive ? 1 : 0, 1) }
    }

    /// The same without waiting: false when another holds it.
    public static func tryLock(_ descriptor: Int32, byte: UInt32, exclusive: Bool) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            _ = try checked("fcntl", "F_OFD_SETLK") { martlet_lock_byte(descriptor, Int(byte), exclusive ? 1 : 0, 0) }
            return true
        } catch {
            if error.errno == .again || error.errno == .accessDenied { return false }
            throw error
        }
    }

    /// flock(2) LOCK_UN: lets go of a lock before its descriptor is closed.
    public static func unlock(_ descriptor: Int32) throws(SystemCallError) {
        _ = try checked("flock", "unlock") { flock(descriptor, LOCK_UN) }
    }
}
