import Glibc

/// A value that one thread at a time touches, in a process that forks and then has few system calls left.
///
/// Not the standard library's: that one remembers the thread's number and hands it to the kernel (FUTEX_UNLOCK_PI). After a
/// fork the remembered number is the parent's, and a contended unlock ends the process; and it needs gettid(2), for which
/// a sandbox of 30 calls has no room. This one needs futex(2) alone.
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // SAFETY: `value` is touched only between pthread_mutex_lock and unlock of `lock`; both live on the heap at one address
    // from init to deinit, as POSIX asks, and are freed by the one owner.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    public init(_ initial: consuming sending Value) {
        lock = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        pthread_mutex_init(lock, nil)
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
        value.deinitialize(count: 1)
        value.deallocate()
    }

    /// Runs the body while nobody else can see the value. Not to be nested.
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value.pointee)
    }
}
