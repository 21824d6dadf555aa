/// A name out of a layer, taken apart and checked: the only form in which one reaches the file system.
///
/// `.` and empty components are left out, so `./a//b/` is `a`, `b`, and `./` is the root itself: no components.
struct EntryPath {
    /// Each a C string of 1 to 255 bytes without a slash: never `.` or `..`.
    let components: [[CChar]]

    /// Checks a name by the rules for entries, or for the target of a hard link, which may begin with a slash and means
    /// the root that is unpacked into then.
    init(_ bytes: [UInt8], limits: UnpackLimits, allowingAbsolute: Bool = false) throws(Refusal) {
        guard !bytes.isEmpty else { throw .refused("an empty name") }
        guard UInt64(bytes.count) <= limits[.pathBytes] else { throw .limit(.pathBytes) }
        guard allowingAbsolute || bytes[0] != slash else {
            throw .refused("an absolute name; a layer's names are relative to its root")
        }
        var components: [[CChar]] = []
        for component in bytes.split(separator: slash) {
            if component.elementsEqual([dot]) { continue }
            if component.elementsEqual([dot, dot]) { throw .refused("\"..\" leads out of the root") }
            guard component.count <= 255 else { throw .refused("a component of more than 255 bytes") }
            guard !component.contains(0) else { throw .refused("a zero byte in a name") }
            components.append(component.map { CChar(bitPattern: $0) } + [0])
        }
        guard UInt64(components.count) <= limits[.pathDepth] else { throw .limit(.pathDepth) }
        self.components = components
    }
}

/// Why a name isn't taken; the unpacker adds which entry of which layer.
enum Refusal: Error {
    case refused(String)
    case limit(UnpackLimit)
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

/// What the name of an entry asks for (image-spec, "Whiteouts").
enum EntryPurpose {
    /// To be unpacked.
    case content
    /// `.wh.NAME`: remove what lower layers have under that name.
    case whiteout([CChar])
    /// `.wh..wh..opq`: remove what lower layers have in this directory.
    case opaqueDirectory
    /// Other names that begin with `.wh..wh.`: AUFS kept its books there.
    case auxiliary

    init(_ path: EntryPath) throws(Refusal) {
        for component in path.components.dropLast() where component.starts(with: whiteoutPrefix) {
            guard component.starts(with: auxiliaryPrefix) else { throw .refused("a whiteout can't hold files") }
            self = .auxiliary
            return
        }
        guard let name = path.components.last, name.starts(with: whiteoutPrefix) else {
            self = .content
            return
        }
        if name == opaqueName {
            self = .opaqueDirectory
        } else if name.starts(with: auxiliaryPrefix) {
            self = .auxiliary
        } else {
            let hidden = Array(name.dropFirst(whiteoutPrefix.count))
            guard hidden != [0], hidden != [46, 0], hidden != [46, 46, 0] else {
                throw .refused("a whiteout of no name, or of the directory it stands in or the one above")
            }
            self = .whiteout(hidden)
        }
    }
}

private let whiteoutPrefix = ".wh.".utf8CString.dropLast()
private let auxiliaryPrefix = ".wh..wh.".utf8CString.dropLast()
private let opaqueName = Array(".wh..wh..opq".utf8CString)
