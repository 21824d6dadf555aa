import CLinuxShims
import Glibc

/// Descriptors 0, 1 and 2 of this process.
public enum StandardStreams {
    /// Puts /dev/null in the place of each that is closed: otherwise the next file that is opened gets its number, and what
    /// was meant for the person goes there. To be called before anything else.
    public static func ensureOpen() {
        for number in Int32(0)...2 where !Descriptors.isOpen(number) {
            // The lowest free number is this one, as those below are open.
            _ = martlet_open("/dev/null", O_RDWR, 0)
        }
    }
}
