import OCISpec

/// `martlet` as an OCI runtime: options, a verb, and errors as container managers read them.
enum BundleProgram {
    /// runc's status for an error of its own.
    static let failureStatus: Int32 = 1

    /// The version of the runtime specification that `--version` and `features` name.
    static var versionText: String {
        // Docker takes what stands behind the word "version" of the last line that has it.
        "martlet version \(Martlet.version)\nspec: \(RuntimeSpecification.version)\n\(abilities)"
    }

    /// crun's line of what was built in, by which people and tests look for it.
    private static let abilities = "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +WASM:wasmtime"

    /// Performs a verb.
    static func perform(_ verb: BundleVerb, _ words: [String], _ globals: GlobalSettings) -> Int32 {
        attempt(BundleContext(globals: globals), failureStatus: verb.failureStatus) { context in
            try verb.perform(words, context)
        }
    }

    /// Whatever fails is one line on standard error and in the log, and a status.
    static func attempt(
        _ context: BundleContext, failureStatus: Int32 = failureStatus, _ body: (BundleContext) throws -> Int32
    ) -> Int32 {
        var context = context
        let message: String
        do {
            try context.globals.log.open()
            return try body(context)
        } catch let error as UsageError where error.isHelp {
            try? Diagnostics.print(error.message)
            return 0
        } catch let error as UsageError {
            message = error.message
        } catch let error as CommandFailure {
            message = error.message
        } catch {
            message = "\(error)"
        }
        context.begin?()
        context.log.report(.error, message)
        return failureStatus
    }
}
