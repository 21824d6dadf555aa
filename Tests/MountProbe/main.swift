// A process with one thread that makes the mount tree of a bundle in a mount namespace of its own, as the init of a container
// does, and then says what it sees: a test's own process has many threads and keeps its root.

import ContainerMounts
import ProbeWords
import SystemCalls

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "enter": ContainerProbe(arguments.dropFirst(2)).run()
case "race": RaceProbe(arguments.dropFirst(2)).run()
case "volumes": VolumeProbe(arguments.dropFirst(2)).run()
default: say("unknown verb")
}
