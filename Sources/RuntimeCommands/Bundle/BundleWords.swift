import SystemCalls

/// Tells the person's `run` and `ps` from those of the OCI runtime.
enum BundleWords {
    /// Options of the OCI `run` that the person's doesn't have.
    private static let runOptions: Set<String> = [
        "-b", "--bundle", "-f", "--config", "--pid-file", "--console-socket", "--pidfd-socket", "--preserve-fds",
        "--no-pivot",
        "--no-new-keyring", "--no-subreaper", "--keep", "--zygote",
    ]

    /// Whether `VERB WORDS…`, without options before it, is the OCI runtime's verb.
    static func arePresent(_ verb: BundleVerb, _ words: [String]) -> Bool {
        switch verb {
        case .run: areRuntimeRun(words)
        case .ps: areRuntimePS(words)
        default: true
        }
    }

    /// Whether `run WORDS…` is the OCI verb: an option that only it has stands before the first operand.
    private static func areRuntimeRun(_ words: [String]) -> Bool {
        RunSettings.table.outline(words).names.contains(where: runOptions.contains)
    }

    /// Whether `ps WORDS…` is the OCI verb: it names a container or a format.
    private static func areRuntimePS(_ words: [String]) -> Bool {
        let outline = ListSettings.table.outline(words)
        return outline.hasOperand || outline.names.contains { $0 == "-f" || $0 == "--format" }
    }
}

extension OptionTable {
    /// The options that stand before the first operand, also those that this table doesn't know, and whether there is an
    /// operand. Nothing is applied.
    func outline(_ words: [String]) -> (names: [String], hasOperand: Bool) {
        var names: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" { return (names, !rest.isEmpty) }
            guard word.hasPrefix("-"), word != "-" else { return (names, true) }
            if word.hasPrefix("--") {
                let name = String(word.assignedName)
                names.append(name)
                if takesValue(name), name == word { rest = rest.dropFirst() }
                continue
            }
            var letters = word.dropFirst()
            while let letter = letters.popFirst() {
                names.append("-\(letter)")
                guard takesValue("-\(letter)") else { continue }
                if letters.isEmpty { rest = rest.dropFirst() }
                break
            }
        }
        return (names, false)
    }

    private func takesValue(_ name: String) -> Bool {
        guard case .value? = options.first(where: { $0.names.contains(name) })?.effect else { return false }
        return true
    }
}
