// A process with one thread that does to itself what the tests want to see done: a test's own process has many threads, and
// a sandbox is for good.

import ProbeWords

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "attempt": ConfinedProbe(arguments.dropFirst(2)).attempt()
case "status": ConfinedProbe(arguments.dropFirst(2)).showStatus()
case "census": ConfinedProbe(arguments.dropFirst(2)).showDescriptors()
case "files": ConfinedProbe(arguments.dropFirst(2)).useFiles()
case "paths": ConfinedProbe(arguments.dropFirst(2)).usePaths()
case "ports": ConfinedProbe(arguments.dropFirst(2)).usePorts()
case "threads": ConfinedProbe(arguments.dropFirst(2)).useThreads()
case "memory": ConfinedProbe(arguments.dropFirst(2)).useMemory()
case "crash": ConfinedProbe(arguments.dropFirst(2)).crash()
case "foreground": LifecycleProbe(arguments.dropFirst(2)).foreground()
case "detached": LifecycleProbe(arguments.dropFirst(2)).detached()
default: say("unknown verb")
}
