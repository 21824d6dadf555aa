import SystemCalls

/// What a container may be called: what runc accepts.
enum BundleID {
    static let limit = 1024

    /// `[A-Za-z0-9_+.-]+`, neither `.` nor `..`.
    static func isValid(_ id: String) -> Bool {
        let bytes = id.utf8
        // A leading "." with more behind it is only ours when something is half made.
        guard !bytes.isEmpty, bytes.count <= limit, id != ".", id != "..",
            !id.hasPrefix(BundleStore.unfinishedPrefix)
        else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    static func check(_ id: String) throws(RuntimeFailure) {
        guard isValid(id) else {
            throw RuntimeFailure(
                .refused,
                "invalid character in container ID \"\(String(id.prefix(80)).printable())\": letters, digits, \"_\", \"+\", \"-\" and \".\", at most \(limit)"
            )
        }
        // A file's name holds 255 bytes; the prefix of what is half made is one of them.
        guard id.utf8.count + BundleStore.unfinishedPrefix.utf8.count <= 255 else {
            throw RuntimeFailure(.refused, "container ID \"\(id.prefix(80))…\" is too long for the name of a directory")
        }
    }
}
