/// The names of a container's unit and its slice, from `linux.cgroupsPath`: `slice:prefix:name`.
struct UnitName: Equatable {
    var unit: String
    var slice: String

    static let field = "linux.cgroupsPath"
    /// systemd's UNIT_NAME_MAX counts the zero at the end.
    private static let limit = 255
    private static let sliceSuffix = ".slice"

    /// - Parameter path: nil or empty for a scope of ours in the slice that is usual.
    init(path: String?, id: String, isUser: Bool) throws(CgroupError) {
        let usualSlice = isUser ? "user.slice" : "system.slice"
        guard let path, !path.isEmpty else {
            try self.init(slice: usualSlice, prefix: "martlet", name: id)
            return
        }
        let parts = path.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 3 else {
            throw CgroupError(field: Self.field, "\"\(path)\" isn't of the form slice:prefix:name, which systemd needs")
        }
        try self.init(slice: parts[0].isEmpty ? usualSlice : parts[0], prefix: parts[1], name: parts[2])
    }

    private init(slice: String, prefix: String, name: String) throws(CgroupError) {
        // A pod's slice is made by who names it so, as kubelet does.
        unit = name.hasSuffix(Self.sliceSuffix) ? name : "\(prefix)-\(name).scope"
        self.slice = slice
        guard Self.isValid(unit), !name.isEmpty else {
            throw CgroupError(
                field: Self.field, "\"\(unit)\" is no name for a unit: letters, digits and :-_.\\@, at most 254 of them"
            )
        }
        guard Self.path(ofSlice: slice) != nil, !isSlice || Self.path(ofSlice: unit) != nil else {
            throw CgroupError(field: Self.field, "\"\(slice)\" is no slice, such as machine.slice")
        }
    }

    var isSlice: Bool { unit.hasSuffix(Self.sliceSuffix) }

    /// Where systemd puts the unit, below the root of what it manages.
    var group: String { "\(Self.path(ofSlice: slice) ?? "")/\(unit)" }

    private static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count < limit
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ":-_.\\@".utf8.contains(byte)
                }
            }
    }

    /// `a-b.slice` stands in `a.slice`, which stands at the root: `/a.slice/a-b.slice`. `-.slice` is the root, here "".
    ///
    /// systemd.slice(5). nil for what is no slice.
    static func path(ofSlice slice: String) -> String? {
        guard slice.hasSuffix(sliceSuffix), isValid(slice) else { return nil }
        let name = slice.dropLast(sliceSuffix.count)
        if name == "-" { return "" }
        var path = ""
        var prefix = ""
        for part in name.split(separator: "-", omittingEmptySubsequences: false) {
            if part.isEmpty { return nil }
            prefix += prefix.isEmpty ? "\(part)" : "-\(part)"
            path += "/\(prefix)\(sliceSuffix)"
        }
        return path
    }
}
