import Glibc

/// A program with its arguments and environment, laid out for execve(2) beforehand: under a filter that may forbid everything
/// but that one call, nothing may be allocated any more.
public struct ProgramImage: ~Copyable {
    public let path: String
    private let file: UnsafeMutablePointer<CChar>
    private let arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    public init(_ path: String, arguments: [String], environment: [String]) {
        self.path = path
        file = Self.copy(path)
        self.arguments = Self.copies(arguments)
        self.environment = Self.copies(environment)
    }

    deinit {
        Self.free(arguments)
        Self.free(environment)
        file.deallocate()
    }

    /// execve(2). Returns only when it failed, and then why.
    public borrowing func execute() -> Errno {
        execve(file, arguments, environment)
        return Errno.last
    }

    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        var index = 0
        for byte in bytes {
            copy[index] = CChar(bitPattern: byte)
            index += 1
        }
        copy[index] = 0
        return copy
    }

    /// SAFETY: as many pointers as there are texts, then a null one, by which `free` and the kernel find the end.
    private static func copies(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { (copies + index).initialize(to: copy(text)) }
        (copies + texts.count).initialize(to: nil)
        return copies
    }

    private static func free(_ copies: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
        var next = copies
        while let copy = next.pointee {
            copy.deallocate()
            next += 1
        }
        copies.deallocate()
    }
}

extension Files {
    /// faccessat2(2) with the effective ids: whether this process may execute the file.
    public static func checkExecutable(_ path: String) throws(SystemCallError) {
        // AT_EACCESS, a name that Swift's view of glibc lacks.
        let byEffectiveUser: Int32 = 0x200
        _ = try checked("access", path) { faccessat(AT_FDCWD, path, X_OK, byEffectiveUser) }
    }
}
