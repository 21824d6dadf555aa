import RuntimeCommands
import SystemCalls

Processes.exit(Martlet.main(Array(CommandLine.arguments.dropFirst())))
