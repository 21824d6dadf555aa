import BundleRuntime

extension ZygoteTask {
    /// What a command's words ask for, when it is something that a zygote's process can do: `create`, or `run` of a bundle.
    ///
    /// nil for everything else, wrong words included: the client does it itself, and says what is wrong with them.
    init?(words: [String]) {
        var globals = GlobalSettings()
        guard let first = words.first, let rest = try? GlobalSettings.table.parse(words, into: &globals),
            let name = rest.first, let verb = BundleVerb(rawValue: name), !globals.wantsVersion
        else { return nil }
        let behind = Array(rest.dropFirst())
        guard first.hasPrefix("-") || BundleWords.arePresent(verb, behind) else { return nil }
        let command: LaunchCommand?
        switch verb {
        case .create: command = try? LaunchCommand(.create, behind)
        case .run: command = try? LaunchCommand(.run, behind)
        default: command = nil
        }
        guard let command, command.isForZygote(globals) else { return nil }
        self.init(outliving: command.outliving(globals)) { begin in
            BundleProgram.attempt(BundleContext(globals: globals, begin: begin)) { try command.perform($0) }
        }
    }
}
