import Cgroups
import OCISpec
import SystemCalls

// A process with one thread that makes groups, enters them and reports what came of it, a line `name=value` for each
// fact. Tests run it: they have threads, and it may leave the machine's mounts for some of its own.

let words = CommandLine.arguments.dropFirst()
do {
    switch words.first {
    case "life": try Scenario.life(id: words.last ?? "")
    case "outside": try Scenario.movedFromOutside(id: words.last ?? "")
    case "memory": try Scenario.memory(id: words.last ?? "")
    case "swarm": try Scenario.swarm(id: words.last ?? "")
    case "unified": try Scenario.unified(id: words.last ?? "")
    case "delegated": try Scenario.delegated(id: words.last ?? "")
    default: report("error", "unknown scenario")
    }
} catch { report("error", "\(error)") }
