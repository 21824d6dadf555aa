import Sandbox
import SystemCalls

/// What a worker gives up before it looks at what a stranger wrote.
struct WorkerConfinement {
    struct Place {
        let path: String
        let rights: Landlock.FileRights
    }

    var processorSeconds: UInt64
    /// Bytes of private memory.
    var memory: UInt64
    /// Bytes of one file.
    var fileSize: UInt64
    /// All that can still be opened; what isn't there is passed over.
    var places: [Place]
    /// What is left of root's capabilities.
    var capabilities: [Capability]

    /// Numbers from linux/capability.h: what it takes to make files as a layer states them, device nodes left out.
    enum Capability: UInt64, CaseIterable {
        case changeOwner = 0
        case overrideAccess = 1
        case overrideReading = 2
        case actAsOwner = 3
        case keepSetID = 4
        case setFileCapabilities = 31
    }

    /// Everything below a directory but running programs and making or using what isn't a file.
    static let everything = Landlock.FileRights.known(to: Landlock.version)
        .subtracting([.execute, .makeCharacterDevice, .makeBlockDevice, .makeSocket, .deviceControl])
    static let reading: Landlock.FileRights = [.readFile, .readDirectory]

    /// Call it while the process has one thread: Landlock and capabilities are a thread's own.
    func enter() throws(SystemCallError) {
        try Confinement.refuseNewPrivileges()
        try Confinement.refuseTracing()
        try Confinement.dieWithParent()
        try ResourceLimits.set(.coreSize, to: 0)
        try ResourceLimits.set(.processorSeconds, to: processorSeconds)
        try ResourceLimits.set(.data, to: memory)
        try ResourceLimits.set(.fileSize, to: fileSize)
        try restrictPaths()
        try Confinement.clearAmbientCapabilities()
        try Confinement.keepCapabilities(capabilities.reduce(0) { $0 | 1 << $1.rawValue })
        try WorkerFilter.enter()
    }

    /// No path but the places, no TCP at all where the kernel can refuse it. A kernel without Landlock is no error: the code
    /// behind this opens nothing else by itself.
    private func restrictPaths() throws(SystemCallError) {
        let version = Landlock.version
        guard version > 0 else { return }
        let handled = Landlock.FileRights.known(to: version)
        let ruleset = try Landlock.createRuleset(
            files: handled, network: version >= 4 ? [.bindTCP, .connectTCP] : [],
            scopes: version >= 6 ? [.abstractSockets, .signals] : [])
        for place in places {
            guard let opened = try? Files.open(place.path, flags: .path) else { continue }
            try Landlock.allow(place.rights.intersection(handled), beneath: opened.rawValue, in: ruleset.rawValue)
        }
        try Landlock.restrict(to: ruleset.rawValue)
    }
}
