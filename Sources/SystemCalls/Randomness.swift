import CLinuxShims

/// The kernel's random numbers.
public enum Randomness {
    /// Fills the buffer by getrandom(2), however long it is.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            filled += try checked("getrandom") { martlet_getrandom(rest.baseAddress, rest.count) }
        }
    }
}
