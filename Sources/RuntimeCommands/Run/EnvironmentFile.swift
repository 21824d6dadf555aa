import SystemCalls

/// A file of `KEY=VALUE` lines, as `docker run --env-file` reads it: blank lines and lines that begin with `#` are
/// skipped, nothing is unquoted, and `KEY` alone passes the host's value on.
enum EnvironmentFile {
    static let sizeLimit = 1 << 20

    static func read(_ path: String) throws(UsageError) -> [String] {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try Files.contents(of: path, limit: sizeLimit)
        } catch { throw UsageError("--env-file: \(error)", verb: "run") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("--env-file \(path): not UTF-8 text", verb: "run")
        }
        return try variables(text, path: path)
    }

    static func variables(_ text: String, path: String) throws(UsageError) -> [String] {
        var variables: [String] = []
        var number = 0
        // A line of Windows ends in one Character too.
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            number += 1
            let content = line.drop { $0 == " " || $0 == "\t" }
            if content.isEmpty || content.hasPrefix("#") { continue }
            let key = content.assignedName
            guard !key.isEmpty, !key.contains(where: { $0 == " " || $0 == "\t" }), !content.contains("\0") else {
                throw UsageError("--env-file \(path), line \(number): write KEY=VALUE", verb: "run")
            }
            if key.endIndex < content.endIndex {
                variables.append(String(content))
            } else if let variable = hostVariable(String(key)) {
                variables.append(variable)
            }
        }
        return variables
    }

    /// `KEY=` and the host's value of it.
    static func hostVariable(_ key: String) -> String? {
        Environment.value(key).map { "\(key)=\($0)" }
    }
}
