import PrepareCommands
import SystemCalls

StandardStreams.ensureOpen()
let arguments = Array(CommandLine.arguments.dropFirst())
// Workers confine the one thread that there is now; nothing may start another before.
if let status = Worker.run(arguments) { Processes.exit(status) }
Processes.exit(await PrepareProgram.run(arguments))
