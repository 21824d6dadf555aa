public import SystemCalls

/// Which file, and in which state: as long as these are the same, so are its contents, unless it was written to in the very
/// tick of the clock that its times show (`isSettled` rules that out), or lies on a file system whose times somebody else wrote:
/// who asks by it makes sure of that.
public struct FileIdentity: Hashable, Sendable {
    public var device: UInt64
    public var inode: UInt64
    /// Bytes.
    public var size: UInt64
    /// Nanoseconds since the epoch.
    public var modified: Int64
    /// Nanoseconds since the epoch; moved on by every write. Where the kernel keeps it, no program can set it back.
    public var changed: Int64

    public init(device: UInt64, inode: UInt64, size: UInt64, modified: Int64, changed: Int64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    public init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        size = UInt64(max(status.size, 0))
        modified = status.modified
        changed = status.changed
    }

    /// Taken before a file is read, and again after it: only when both are equal does what was read belong to it.
    public init(of descriptor: Int32) throws(SystemCallError) { self.init(try FileStatus.of(descriptor)) }

    /// Whether a write after `moment` would show in the times.
    ///
    /// As git has it for its index: the kernel stamps files with the time of its last tick, a hundredth of a second, and some
    /// file systems with whole seconds. A file changed within that span before the moment could change again without a trace.
    public func isSettled(at moment: UInt64) -> Bool {
        let keepsFractions = modified % 1_000_000_000 != 0 || changed % 1_000_000_000 != 0
        let span: Int64 = keepsFractions ? 50_000_000 : 2_000_000_000
        let latest = max(modified, changed)
        guard let moment = Int64(exactly: moment), latest >= 0 else { return false }
        // A time in the future, of another machine's clock, is never settled.
        return moment > latest && moment - latest >= span
    }

    var numbers: [UInt64] {
        [device, inode, size, UInt64(bitPattern: modified), UInt64(bitPattern: changed)]
    }

    init(numbers: ArraySlice<UInt64>) {
        let first = numbers.startIndex
        device = numbers[first]
        inode = numbers[first + 1]
        size = numbers[first + 2]
        modified = Int64(bitPattern: numbers[first + 3])
        changed = Int64(bitPattern: numbers[first + 4])
    }

    static let numberCount = 5
}
