import FieldErrors
import OCISpec

/// The text of the option `idmap=`: `uids=0-1-10#10-11-10;gids=0-100-10`, as crun has it.
///
/// Each range is the first id on the file system, the first id it is mapped to, and how many. With `@` in front the second is
/// an id of the container's user namespace.
struct DescribedMapping: Equatable {
    var users: [IDMapping] = []
    var groups: [IDMapping] = []

    init(
        _ text: String, field: String, users container: [IDMapping], groups containerGroups: [IDMapping]
    ) throws(FieldError) {
        for part in text.split(separator: ";") {
            if part.hasPrefix("uids=") {
                users = try Self.ranges(part.dropFirst(5), field: field, container: container)
            } else if part.hasPrefix("gids=") {
                groups = try Self.ranges(part.dropFirst(5), field: field, container: containerGroups)
            } else {
                throw FieldError(field, "idmap=\(printable(text)): expected uids=… and gids=…")
            }
        }
        guard !users.isEmpty, !groups.isEmpty else {
            throw FieldError(field, "idmap=\(printable(text)): needs both uids=… and gids=…")
        }
    }

    private static func ranges(
        _ text: Substring, field: String, container: [IDMapping]
    ) throws(FieldError) -> [IDMapping] {
        let isRelative = text.hasPrefix("@")
        var ranges: [IDMapping] = []
        for part in (isRelative ? text.dropFirst() : text).split(separator: "#") {
            let numbers = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard ranges.count < IDMapping.limit, numbers.count == 3, let first = numbers[0], var outside = numbers[1],
                let size = numbers[2], size > 0
            else { throw FieldError(field, "\"\(printable(String(part)))\" is no range, expected FIRST-FIRST-COUNT") }
            if isRelative {
                guard let host = IDMapping.host(outside, container) else {
                    throw FieldError(field, "the container's user namespace has no id \(outside)")
                }
                outside = host
            }
            guard !first.addingReportingOverflow(size).overflow, !outside.addingReportingOverflow(size).overflow else {
                throw FieldError(field, "\"\(printable(String(part)))\" ends beyond the last id")
            }
            ranges.append(IDMapping(containerID: first, hostID: outside, size: size))
        }
        return ranges
    }
}
