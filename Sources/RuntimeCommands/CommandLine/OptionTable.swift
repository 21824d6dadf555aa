import SystemCalls

/// One option of a verb: its names, the value that it takes, and what it does to the verb's settings.
struct Option<Settings>: Sendable {
    enum Effect: Sendable {
        case flag(@Sendable (inout Settings) -> Void)
        /// A flag that also takes `=true` and `=false`, as Go's flags do.
        case boolean(@Sendable (inout Settings, Bool) -> Void)
        /// `argument` stands for the value in the help, such as `KEY=VALUE`.
        case value(argument: String, @Sendable (inout Settings, String) throws(UsageError) -> Void)
    }

    /// Short and long, with their dashes: `-e`, `--env`.
    let names: [String]
    let help: String
    let effect: Effect

    static func flag(_ names: String..., help: String, _ set: @escaping @Sendable (inout Settings) -> Void) -> Option {
        Option(names: names, help: help, effect: .flag(set))
    }

    static func boolean(
        _ names: String..., help: String, _ set: @escaping @Sendable (inout Settings, Bool) -> Void
    ) -> Option {
        Option(names: names, help: help, effect: .boolean(set))
    }

    static func value(
        _ names: String..., argument: String, help: String,
        _ set: @escaping @Sendable (inout Settings, String) throws(UsageError) -> Void
    ) -> Option {
        Option(names: names, help: help, effect: .value(argument: argument, set))
    }
}

/// What a verb accepts. A table of our own, since ArgumentParser costs 1.8 ms at every start (see ARCHITECTURE.md).
///
/// The grammar is getopt_long's: `--name value`, `--name=value`, `-n value`, `-nvalue`, grouped flags `-it`, and `--` ends
/// the options.
struct OptionTable<Settings>: Sendable {
    /// Whether an option may follow the first operand. `run IMAGE ARGS…` gives everything after the image to the guest.
    enum Operands: Sendable { case mixed, endOptions }

    let verb: String
    /// The operands as the usage line shows them.
    let operands: String
    let summary: String
    let placement: Operands
    let options: [Option<Settings>]

    init(
        verb: String, operands: String, summary: String, placement: Operands = .mixed, options: [Option<Settings>]
    ) {
        self.verb = verb
        self.operands = operands
        self.summary = summary
        self.placement = placement
        self.options = options
    }

    /// Reads the words after the verb into the settings and returns the operands.
    func parse(_ words: [String], into settings: inout Settings) throws(UsageError) -> [String] {
        var operands: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            if word.hasPrefix("--") {
                try applyLong(word, &rest, &settings)
            } else if word.hasPrefix("-"), word != "-" {
                try applyShort(word, &rest, &settings)
            } else {
                operands.append(word)
                if placement == .endOptions {
                    operands += rest
                    break
                }
            }
        }
        return operands
    }

    private func applyLong(_ word: String, _ rest: inout ArraySlice<String>, _ settings: inout Settings)
        throws(UsageError)
    {
        let name = String(word.assignedName)
        let given = word.assignedValue
        let option = try option(named: name)
        switch option.effect {
        case .flag(let set):
            guard given == nil else { throw UsageError("\(name) takes no value", verb: verb) }
            set(&settings)
        case .boolean(let set):
            let text = given ?? "true"
            guard let value = Self.truth(text) else {
                throw UsageError("\(name)=\(text): write true or false", verb: verb)
            }
            set(&settings, value)
        case .value(let argument, let set):
            if let given {
                try set(&settings, String(given))
            } else {
                try set(&settings, try value(of: name, argument, &rest))
            }
        }
    }

    private func applyShort(_ word: String, _ rest: inout ArraySlice<String>, _ settings: inout Settings)
        throws(UsageError)
    {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            let name = "-\(letter)"
            let option = try option(named: name)
            switch option.effect {
            case .flag(let set): set(&settings)
            case .boolean(let set): set(&settings, true)
            case .value(let argument, let set):
                let attached = letters.first == "=" ? letters.dropFirst() : letters
                try set(&settings, attached.isEmpty ? try value(of: name, argument, &rest) : String(attached))
                return
            }
        }
    }

    private static func truth(_ text: Substring) -> Bool? {
        switch text {
        case "true", "True", "TRUE", "t", "T", "1", "yes": true
        case "false", "False", "FALSE", "f", "F", "0", "no": false
        default: nil
        }
    }

    private func value(
        of name: String, _ argument: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let value = rest.popFirst() else {
            throw UsageError("\(name) needs a value: \(name) \(argument)", verb: verb)
        }
        return value
    }

    private func option(named name: String) throws(UsageError) -> Option<Settings> {
        if let option = options.first(where: { $0.names.contains(name) }) { return option }
        if name == "-h" || name == "--help" { throw UsageError(help: helpText) }
        throw UsageError("unknown option \(name)", verb: verb)
    }

    /// What `martlet VERB --help` prints.
    var helpText: String {
        """
        usage: martlet \(verb) [OPTIONS] \(operands)

        \(summary)

        \(optionsText)
        """
    }

    /// A row for each option.
    var optionsText: String {
        let rows = options.map { option in
            let names = option.names.joined(separator: ", ")
            guard case .value(let argument, _) = option.effect else { return (names, option.help) }
            return ("\(names) \(argument)", option.help)
        }
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        return rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count))\($0.1)" }
            .joined(separator: "\n")
    }
}
