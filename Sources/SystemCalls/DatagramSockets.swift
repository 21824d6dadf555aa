import CLinuxShims

/// Unix sockets on which each message stands for itself, as sd_notify(3) has them. What moves on them is `LocalSockets`'
/// business.
public enum DatagramSockets {
    /// A socket at a path that every process may send to which gets there; non-blocking. At most 107 bytes of path: go by
    /// `/proc/self/fd/N/name`.
    public static func bind(at path: String) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try checked("bind", path) {
                let kind = martlet_local_datagrams | martlet_local_nonblocking
                return martlet_local_bind(path, path.utf8.count, Int32(kind), 0o777)
            })
    }

    /// A socket that sends to a path, or to the abstract name that follows an `@`. Sending fails with `EAGAIN` when the other
    /// side takes nothing for so long.
    public static func connect(to name: String, milliseconds: UInt32) throws(SystemCallError) -> OwnedDescriptor {
        guard name.hasPrefix("@") else {
            return try LocalSockets.connect(to: name, kind: martlet_local_datagrams, milliseconds: milliseconds)
        }
        return try LocalSockets.connect(
            to: String(name.dropFirst()), kind: martlet_local_datagrams | martlet_local_abstract,
            milliseconds: milliseconds)
    }
}
