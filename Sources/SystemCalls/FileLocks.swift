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

    /// flock(2) LOCK_UN: lets go of a lock before its descriptor is closed.
    public static func unlock(_ descriptor: Int32) throws(SystemCallError) {
        _ = try checked("flock", "unlock") { flock(descriptor, LOCK_UN) }
    }
}
