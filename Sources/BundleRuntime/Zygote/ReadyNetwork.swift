import SystemCalls

/// A network namespace that was made before anybody asked: making one is a good part of what a container's namespaces take.
///
/// It is as new as one made at the last moment, and its loopback interface is up, as in every container's: nobody was ever in
/// it. Only a process of a zygote has one.
enum ReadyNetwork {
    private static let slot = Mutex<Int32?>(nil)
    private static let use = Mutex(false)

    /// Makes one, by going into it and back.
    ///
    /// - Returns: false when the way back is barred; then this process must not go on.
    static func prepare() -> Bool {
        guard let own = try? Files.open("/proc/self/ns/net", flags: .readOnly),
            (try? Namespaces.unshare(.network)) != nil
        else { return true }
        let isUp = (try? Namespaces.raiseLoopback()) != nil
        let made = isUp ? try? Files.open("/proc/self/ns/net", flags: .readOnly) : nil
        guard (try? Namespaces.join(own.rawValue, .network)) != nil else { return false }
        if let made = made?.release() { slot.withLock { $0 = made } }
        return true
    }

    /// Its descriptor; nil when there is none, or none any more.
    static var descriptor: Int32? { slot.withLock { $0 } }

    /// Whether it was taken: then it is this process's container that has it.
    static var isTaken: Bool { use.withLock { $0 } }

    /// The one that there is, for the caller to join and to close.
    static func take() -> OwnedDescriptor? {
        let number = slot.withLock { number in
            defer { number = nil }
            return number
        }
        guard let number else { return nil }
        use.withLock { $0 = true }
        return OwnedDescriptor(adopting: number)
    }
}
