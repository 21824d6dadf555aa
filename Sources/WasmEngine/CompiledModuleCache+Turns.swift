import SystemCalls

extension CompiledModuleCache {
    /// Sees to it that of those who need one source's code at once, one compiles it: ten containers of a new image that start
    /// together would compile it ten times.
    ///
    /// Returns at once when nobody compiles it; else when who does has ended, however that was. Then it is time to look into the
    /// cache again, and to compile it after all when it isn't there: the others do so as well, none waits for a second one.
    ///
    /// - Returns: what to hold while compiling; others wait for its end. Nil for who has waited, and where locks can't be had.
    public func turn(toCompile digest: String) -> OwnedDescriptor? {
        // Two sources of one byte wait for each other, which costs them time and nothing else.
        var hash = StableHash()
        Array(digest.utf8).withUnsafeBytes { hash.add($0) }
        let byte = UInt32(truncatingIfNeeded: hash.value) >> 1
        guard
            let file = try? Files.open(
                "compiling", in: directory.rawValue, flags: [.readWrite, .create, .noFollow], mode: 0o600),
            let isFirst = try? Files.tryLock(file.rawValue, byte: byte, exclusive: true)
        else { return nil }
        if isFirst { return file }
        try? Files.lock(file.rawValue, byte: byte, exclusive: false)
        return nil
    }
}
