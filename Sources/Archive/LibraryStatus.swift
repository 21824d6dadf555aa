import CArchive

/// What libarchive says of its last call on an archive.
struct LibraryStatus {
    let code: Int32
    let message: String

    init(_ code: Int32, of archive: OpaquePointer) {
        self.code = code
        message = archive_error_string(archive).map { String(cString: $0) } ?? "status \(code)"
    }

    /// The call did what it should. A warning counts only where the caller says so.
    var succeeded: Bool { code == ARCHIVE_OK }

    /// Only some name isn't UTF-8, and was taken as the bytes that it is.
    var isUnconvertedName: Bool {
        code == ARCHIVE_WARN && (message.hasSuffix("to current locale.") || message.hasSuffix("to UTF-8"))
    }
}

/// The character set that names are read and written in; see CArchive.h.
final class NameLocale {
    let handle: UnsafeMutableRawPointer

    init() throws(ArchiveError) {
        guard let handle = martlet_archive_locale() else { throw .library("no locale C.UTF-8") }
        self.handle = handle
    }

    deinit { martlet_archive_free_locale(handle) }
}
