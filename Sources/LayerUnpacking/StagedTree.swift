import SystemCalls

/// A directory that is filled under a name nobody looks at, and moved into place when it is complete.
///
/// A tree that isn't published is removed when its owner ends. Only a process that dies leaves one behind: its name
/// begins with `prefix`, for whoever cleans up.
public struct StagedTree: ~Copyable {
    /// What the names of unfinished trees begin with.
    public static let prefix = ".unfinished-"

    private let parent: OwnedDescriptor
    private let name: String

    /// Makes the directory, open to this user alone, inside of `parent`.
    public init(in parent: borrowing OwnedDescriptor) throws(SystemCallError) {
        let holder = try parent.duplicate()
        let name = try StagedTree.unusedName()
        try Files.makeDirectory(name, in: holder.rawValue, mode: 0o700)
        self.parent = holder
        self.name = name
    }

    deinit { try? TreeRemoval.remove(name, in: parent.rawValue) }

    /// The directory, opened anew.
    public borrowing func open() throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(
            name, in: parent.rawValue, flags: [.readOnly, .directory, .noFollow], resolve: TreeDirectory.confined)
    }

    /// Gives the directory its place, `name` in `directory`, on the same file system.
    ///
    /// Returns false when the name is taken: somebody else was first, this tree is removed, and theirs is as good. With
    /// `isDurable` the tree's content reaches the disk before its name does, so that a power failure can't leave a
    /// complete looking tree of empty files; that costs about as long as the disk needs for the data.
    public consuming func publish(
        as finalName: String, in directory: borrowing OwnedDescriptor, isDurable: Bool = false
    ) throws(SystemCallError) -> Bool {
        do throws(Errno) {
            if isDurable { try TreeCalls.synchronizeFileSystem(of: parent.rawValue) }
            try TreeCalls.renameUnlessTaken(name, in: parent.rawValue, to: finalName, in: directory.rawValue)
        } catch {
            if error == .exists || error == .directoryNotEmpty { return false }
            throw SystemCallError("renameat2", finalName, error)
        }
        // The staged name is free now: there is nothing for `deinit` to remove.
        return true
    }

    private static func unusedName() throws(SystemCallError) -> String {
        var number: UInt64 = 0
        var failure: SystemCallError?
        withUnsafeMutableBytes(of: &number) { bytes in
            do throws(SystemCallError) { try Randomness.fill(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        return prefix + String(number, radix: 16)
    }
}
