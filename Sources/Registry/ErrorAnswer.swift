import JSON

/// The body of a registry's error answer: `{"errors":[{"code":"…","message":"…"}]}` (distribution spec, error codes).
enum ErrorAnswer {
    /// How many of its errors are quoted.
    static let quotedErrors = 3

    /// One line that a person can read, or nil when the body says nothing.
    static func summary(_ body: [UInt8]) -> String? {
        guard let root = try? JSONNode(reading: body), let entries = try? root.optional("errors")?.elements() else {
            return nil
        }
        let lines = entries.prefix(quotedErrors).compactMap { entry -> String? in
            let code = (try? entry.optional("code")?.string())?.lowercased().map { $0 == "_" ? " " : $0 }
            let message = try? entry.optional("message")?.string()
            let text = [code.map { String($0) }, message].compactMap { $0 }.filter { !$0.isEmpty }
            return text.isEmpty ? nil : printable(text.joined(separator: ": "))
        }
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    /// What a server sent, fit for one line on a terminal: no control characters, at most `limit` of the rest.
    static func printable(_ text: String, limit: Int = 200) -> String {
        let clean = text.unicodeScalars.prefix(limit).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(clean))
    }
}
