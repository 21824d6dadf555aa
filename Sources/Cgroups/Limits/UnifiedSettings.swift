/// `linux.resources.unified`: values for files of version 2, by the files' names.
enum UnifiedSettings {
    static let field = "linux.resources.unified"
    static let lineLimit = 1024

    /// The files of `cgroup.` that only limit. The others move processes, hand controllers down, freeze or kill: with
    /// them a configuration could reach beyond the container, or take the group out of our hands.
    private static let harmless: Set<String> = ["cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure"]

    /// Each line of a value is written by itself. In the order of the names, so that the same configuration has the
    /// same effect each time.
    static func settings(_ unified: [String: String]) throws(CgroupError) -> [GroupSetting] {
        var settings: [GroupSetting] = []
        for name in unified.keys.sorted() {
            try check(name)
            let lines = (unified[name] ?? "").split(separator: "\n")
            guard lines.count <= lineLimit else {
                throw CgroupError(field: "\(field).\(name)", "more than \(lineLimit) lines")
            }
            for line in lines {
                settings.append(GroupSetting(file: name, value: String(line), field: "\(field).\(name)"))
            }
        }
        return settings
    }

    private static func check(_ name: String) throws(CgroupError) {
        let field = "\(field).\(name)"
        guard !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 < 0x20 }) else {
            throw CgroupError(field: field, "isn't the name of a file")
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw CgroupError(field: field, "isn't of the form CONTROLLER.SETTING")
        }
        guard parts[0] != "cgroup" || harmless.contains(name) else {
            throw CgroupError(field: field, "isn't for a configuration to write: it rules processes, not resources")
        }
    }

    /// The controllers that the names are of.
    static func controllers(_ unified: [String: String]) -> [String] {
        var controllers: [String] = []
        for name in unified.keys.sorted() {
            let controller = String(name.prefix { $0 != "." })
            if controller != "cgroup", !controllers.contains(controller) { controllers.append(controller) }
        }
        return controllers
    }
}
