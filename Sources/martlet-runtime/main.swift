import RuntimeCommands
import SystemCalls

StandardStreams.ensureOpen()
Processes.exit(Martlet.main(Array(CommandLine.arguments.dropFirst())))
