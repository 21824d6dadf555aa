import ArgumentParser
import ImageStore
import ImageTransfer
import OCISpec
import SystemCalls

struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile a module before it is run.",
        discussion: """
            The result goes into the cache, where martlet run finds it, or into a file. Such a file holds machine code for this
            engine's version and processor and is trusted by whoever loads it: keep it where only you can write.
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "A WebAssembly module, binary or text.", completion: .file(extensions: ["wasm", "wat"]))
    var file: String

    @Option(name: .shortAndLong, help: "Write the compiled code to this file instead.", completion: .file())
    var output: String?

    func run() throws {
        let opened = try store.open()
        guard let output else {
            let outcome = try ModulePreparation(opened).run(path: file)
            if store.quiet { return Output.line(outcome.digest.description) }
            let what =
                outcome.compiledBytes.map { "compiled, \(ImageInspection.bytes(Int64($0)))" } ?? "compiled already"
            return Output.line("\(file): \(what), \(outcome.digest)")
        }
        let source = try ModuleSource(
            copying: ModulePreparation.open(file), name: file, scratch: opened.compiledModules)
        let compiled = try source.compile(name: file)
        // Nobody maps half a file.
        try Files.replace(output, by: compiled, mode: 0o644, temporary: "\(output).\(Processes.current).tmp")
        if !store.quiet { Output.line("\(output): \(ImageInspection.bytes(Int64(compiled.count)))") }
    }
}

/// Called by `martlet run` when the cache has no code for its module.
struct PrepareModuleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare-module",
        abstract: "Compile a module into the cache and print its digest.",
        discussion: """
            Exit status: 0 the cache has it; 2 there is no such file; 3 the file is nothing that is compiled ahead (a component, \
            a native program); 1 it is damaged or compiling it failed.
            """,
        shouldDisplay: false)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The module, /proc/self/fd/N for an open file.")
    var file: String

    @Option(help: "What messages call the module.")
    var name: String?

    func run() throws {
        let preparation = try ModulePreparation(try store.open())
        let outcome = try preparation.run(ModulePreparation.open(file), name: name ?? file)
        Output.line(outcome.digest.description)
    }
}
