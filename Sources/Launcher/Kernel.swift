import CLauncher

/// What the launcher asks of the kernel.
enum Kernel {
    static func exit(_ status: Int32) -> Never {
        while true { _ = call(__NR_exit_group, Int(status)) }
    }

    static func call(_ number: Int32, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0, _ fourth: Int = 0) -> Int {
        launcher_call(Int(number), first, second, third, fourth, 0, 0)
    }

    static func say(_ text: Text) { _ = call(__NR_write, 2, Int(bitPattern: text.utf8Start), text.utf8CodeUnitCount) }

    static func say(_ word: Word) { _ = call(__NR_write, 2, Int(bitPattern: word.bytes), word.count) }

    /// - Returns: how many bytes it has; 0 when it can't be read or is longer.
    static func readLink(_ link: Text, into place: UnsafeMutablePointer<CChar>, limit: Int) -> Int {
        let count = call(
            __NR_readlinkat, Int(AT_FDCWD), Int(bitPattern: link.utf8Start), Int(bitPattern: place), limit)
        return count > 0 && count < limit ? count : 0
    }

    typealias List = UnsafeMutablePointer<UnsafePointer<CChar>?>

    /// - Returns: why it couldn't be executed.
    static func execute(_ path: UnsafePointer<CChar>, _ words: List, _ environment: List) -> Int32 {
        Int32(-call(__NR_execve, Int(bitPattern: path), Int(bitPattern: words), Int(bitPattern: environment)))
    }

    /// The inode of what a path leads to; 0 when there is none.
    static func inode(_ path: Text) -> UInt {
        launcher_inode(UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self))
    }

    /// The user's number.
    static var user: Int { call(__NR_geteuid) }
    static var process: Int { call(__NR_getpid) }

    static func open(folder path: Text) -> Int32 {
        Int32(call(__NR_openat, Int(AT_FDCWD), Int(bitPattern: path.utf8Start), Int(O_PATH | O_DIRECTORY | O_CLOEXEC)))
    }

    /// Whether a descriptor is there, and stays across execve(2).
    static func isInherited(_ descriptor: Int) -> Bool {
        let flags = call(__NR_fcntl, descriptor, Int(F_GETFD))
        return flags >= 0 && flags & Int(FD_CLOEXEC) == 0
    }

    static func isTerminal(_ descriptor: Int) -> Bool { launcher_is_terminal(Int32(descriptor)) != 0 }

    /// The file mode mask, which can only be read by setting it.
    static var fileModeMask: UInt32 {
        let mask = call(__NR_umask, 0)
        _ = call(__NR_umask, mask)
        return UInt32(truncatingIfNeeded: mask)
    }
}
