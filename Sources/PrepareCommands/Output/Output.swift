import JSON
import SystemCalls

/// What a command prints. A reader that went away ends nothing: there is just nobody to tell.
enum Output {
    /// The command's result, on standard output.
    static func write(_ text: String) { try? Files.writeAll(1, Array(text.utf8)) }

    static func line(_ text: String) { write(text + "\n") }

    static func json(_ value: JSONValue) { write(value.text(.pretty)) }

    /// A line for the person, on standard error.
    static func note(_ text: String) { try? Files.writeAll(2, Array("martlet: \(text)\n".utf8)) }
}
