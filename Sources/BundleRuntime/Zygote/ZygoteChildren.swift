import ContainerLifecycle
import JSON
import SystemCalls

/// The processes below a zygote: those that work for clients, and containers that outlived them.
struct ZygoteChildren {
    /// A container by the place of its record.
    private struct Container {
        let root: String
        let id: String
    }

    private var helpers: Set<Int32> = []
    private var containers: [Int32: Container] = [:]

    /// Containers whose end is put on record; of more, the end is only seen.
    static let containerLimit = 10_000
    /// The file of a container's end, beside its record.
    static let exitFile = "exit.json"

    var helperCount: Int { helpers.count }

    mutating func add(_ helper: Int32) { helpers.insert(helper) }

    mutating func adopt(_ process: Int32, root: String, id: String) {
        guard process > 0, root.hasPrefix("/"), BundleID.isValid(id), containers.count < Self.containerLimit else {
            return
        }
        containers[process] = Container(root: root, id: id)
    }

    /// Reaps all that ended. Others than the known ones are orphans of containers.
    ///
    /// - Parameter helperEnded: called with each that worked for a client, or was to.
    mutating func reap(_ helperEnded: (Int32) -> Void) {
        while let (process, exit) = Processes.reapAny() {
            if helpers.remove(process) != nil {
                helperEnded(process)
                continue
            }
            if let container = containers.removeValue(forKey: process) { Self.record(exit, of: process, container) }
        }
    }

    /// Puts on record how a container ended, unless it is gone, or another of its name has taken its place.
    private static func record(_ exit: Processes.Exit, of process: Int32, _ container: Container) {
        guard let store = try? BundleStore(path: container.root),
            // Somebody may be removing it: what he doesn't know of would be in his way.
            let directory = (try? store.tryLock(container.id)) ?? nil,
            let state = (try? directory.state()) ?? nil, state.process?.number == process
        else { return }
        let entry: JSONValue = [
            "exitCode": .integer(Int64(exit.shellStatus)), "finished": .unsigned(Clocks.now(.realtime)),
        ]
        // Its being there is a help, and nobody's duty.
        try? write(entry.bytes(), to: directory.path(of: exitFile))
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(SystemCallError) {
        let file = try Files.open(path, flags: [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
        try Files.writeAll(file.rawValue, bytes)
    }
}
