import Glibc

/// A thread with one owner: when the owner ends, it waits for the thread's end.
public struct JoinableThread: ~Copyable {
    private let thread: pthread_t

    /// Starts a thread that runs the closure.
    public init(_ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        // SAFETY: the thread takes over the one reference that `box` holds.
        let result = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            throw SystemCallError("pthread_create", nil, Errno(rawValue: result))
        }
        self.thread = thread
    }

    deinit { pthread_join(thread, nil) }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
