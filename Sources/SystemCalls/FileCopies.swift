import CLinuxShims

/// Copies inside the kernel.
public enum FileCopies {
    /// Shares the source's blocks (FICLONE); false where the file systems can't.
    public static func clone(_ source: Int32, to target: Int32) -> Bool {
        martlet_clone_file(source, target) == 0
    }

    /// sendfile(2) between two files at their current offsets, on whatever file systems: how many bytes, 0 at the end.
    public static func copy(_ source: Int32, to target: Int32, count: Int) throws(Errno) -> Int {
        try FileCalls.count { martlet_send_file(source, target, count) }
    }
}
