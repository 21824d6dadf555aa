import CLinuxShims
import Glibc

/// Threads that nobody waits for.
public enum Threads {
    /// Starts a thread with a stack of at least so many bytes. It ends when the closure returns, or with the process.
    public static func startDetached(
        stackSize: Int, _ body: @escaping @Sendable () -> Void
    ) throws(SystemCallError) {
        var attributes = pthread_attr_t()
        try check("pthread_attr_init", pthread_attr_init(&attributes))
        defer { pthread_attr_destroy(&attributes) }
        try check("pthread_attr_setstacksize", pthread_attr_setstacksize(&attributes, max(stackSize, 1 << 16)))
        let detached = Int32(PTHREAD_CREATE_DETACHED)
        try check("pthread_attr_setdetachstate", pthread_attr_setdetachstate(&attributes, detached))
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        // SAFETY: the thread takes over the one reference that `box` holds.
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if result != 0 { box.release() }
        try check("pthread_create", result)
    }

    /// The pthread calls return their error instead of setting it.
    private static func check(_ call: String, _ result: Int32) throws(SystemCallError) {
        guard result == 0 else { throw SystemCallError(call, nil, Errno(rawValue: result)) }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
