import CLinuxShims
import Glibc

/// Descriptors that become readable when something happened elsewhere.
public enum EventSources {
    /// eventfd(2), non-blocking: 8 bytes with the count of what happened since the last read.
    public static func counter() throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try checked("eventfd2") { martlet_eventfd() })
    }

    /// inotify(7), non-blocking: readable when one of the files was changed.
    ///
    /// - Parameter missing: whether to pass over files that aren't there.
    public static func modifications(of paths: [String], missing: Bool = false) throws(SystemCallError)
        -> OwnedDescriptor
    {
        let inotify = OwnedDescriptor(adopting: try checked("inotify_init1") { martlet_inotify() })
        for path in paths {
            do throws(SystemCallError) {
                _ = try checked("inotify_add_watch", path) { martlet_inotify_modified(inotify.rawValue, path) }
            } catch {
                guard missing, error.errno == .noSuchFile else { throw error }
            }
        }
        return inotify
    }

    /// Takes what a non-blocking source holds; false when there was nothing.
    public static func drain(_ descriptor: Int32) throws(SystemCallError) -> Bool {
        // SAFETY: read(2) writes at most the buffer's size, and nobody looks at what it wrote.
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { (buffer) throws(SystemCallError) in
            do throws(SystemCallError) {
                return try Files.read(descriptor, into: buffer) > 0
            } catch {
                if error.errno == .again { return false }
                throw error
            }
        }
    }
}
