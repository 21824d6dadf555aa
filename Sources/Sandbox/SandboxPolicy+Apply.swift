import SystemCalls

extension SandboxPolicy {
    /// Gives up everything but what this policy keeps, in the order in which each step is still possible.
    ///
    /// The process must have one thread. After an error the process is half confined: all that it may do is to report and end.
    ///
    /// - Parameters:
    ///   - identity: becomes whom a container's configuration names, in the place where the process becomes `user`, and
    ///     empties the bounding and the ambient set of capabilities.
    ///   - beforeFilter: installs filters of system calls that stand before this policy's own.
    public func apply(
        identity: (() throws(SandboxError) -> Void)? = nil, beforeFilter: (() throws(SandboxError) -> Void)? = nil
    ) throws(SandboxError) -> [SandboxNote] {
        try step("descriptors") { () throws(SystemCallError) in
            try StandardStreams.refuseDirectories()
            try OpenDescriptors.closeAll(except: keepDescriptors + enteredDirectory)
        }
        try step("root directory") { () throws(SystemCallError) in
            try EmptyRoot.enter(emptyDirectory)
            if let workingDirectory { try Confinement.changeDirectory(to: workingDirectory) }
            for descriptor in enteredDirectory { try OwnedDescriptor(adopting: descriptor).close() }
        }
        if let fileModeMask { Confinement.setFileModeMask(fileModeMask) }
        try dropPrivileges(identity)
        try step("no new privileges") { () throws(SystemCallError) in
            try Confinement.refuseNewPrivileges()
            try Confinement.refuseTracing()
        }
        try followParent()
        let notes = try LandlockDomain(paths: paths, ports: ports, demand: landlock).enter()
        try beforeFilter?()
        if let seccomp {
            try step("seccomp") { () throws(SystemCallError) in try seccomp.enter() }
        }
        return notes
    }

    private var enteredDirectory: [Int32] {
        if case .opened(let descriptor) = emptyDirectory { [descriptor] } else { [] }
    }

    /// Capabilities and identity. The bounding set goes first: dropping from it takes a capability that the change of user
    /// takes away.
    private func dropPrivileges(_ identity: (() throws(SandboxError) -> Void)?) throws(SandboxError) {
        if let identity {
            try identity()
        } else {
            try step("capabilities") { () throws(SystemCallError) in
                try emptyBoundingSet()
                try Confinement.clearAmbientCapabilities()
            }
        }
        if let user, !user.isCurrent {
            try step("user \(user)") { () throws(SystemCallError) in
                try Confinement.become(user: user.user, group: user.group, groups: user.supplementary)
            }
        }
        try step("capabilities") { () throws(SystemCallError) in try Confinement.clearCapabilities() }
    }

    /// Who lacks the capability for it keeps the set; without an execve(2) that could grant from it, it means nothing.
    private func emptyBoundingSet() throws(SystemCallError) {
        do throws(SystemCallError) {
            var capability: Int32 = 0
            while capability <= Confinement.highestCapability, try Confinement.dropFromBoundingSet(capability) {
                capability += 1
            }
        } catch {
            if error.errno != .notPermitted { throw error }
        }
    }

    /// Asks to die with the parent, then looks whether it is already too late.
    private func followParent() throws(SandboxError) {
        guard let diesWithParent else { return }
        try step("parent") { () throws(SystemCallError) in try Confinement.dieWithParent() }
        guard Processes.parent == diesWithParent else { throw .orphaned }
    }

    private func step(
        _ name: @autoclosure () -> String, _ body: () throws(SystemCallError) -> Void
    ) throws(SandboxError) {
        do throws(SystemCallError) { try body() } catch { throw .refused(step: name(), cause: error) }
    }
}
