import Cgroups
import OCISpec

// What is done to a container through its control groups.

extension ContainerRuntime {
    /// Stops every process of the container.
    public func pause(_ id: String) throws(RuntimeFailure) {
        let (state, cgroup) = try limited(id, for: "pausing needs")
        guard [.running, .created].contains(state.status) else {
            if state.status == .paused { throw RuntimeFailure(.wrongState, "container already paused: \(id)") }
            throw RuntimeFailure(.wrongState, "container not running or created: \(id)")
        }
        do throws(CgroupError) { try cgroup.freeze() } catch { throw RuntimeFailure(error).unlessEnded(state) }
    }

    /// Lets the container's processes go on.
    public func resume(_ id: String) throws(RuntimeFailure) {
        let (state, cgroup) = try limited(id, for: "resuming needs")
        guard state.status == .paused else { throw RuntimeFailure(.wrongState, "container not paused: \(id)") }
        do throws(CgroupError) { try cgroup.thaw() } catch { throw RuntimeFailure(error).unlessEnded(state) }
    }

    /// Changes the limits of a container; what is left out stays.
    ///
    /// - Parameter schemata: of the container's class of service, if it was made with one.
    public func update(
        _ id: String, _ resources: LinuxResources, schemata: LinuxIntelRdt? = nil
    ) throws(RuntimeFailure) {
        let (state, cgroup) = try limited(id, for: "limits need")
        guard state.status != .stopped else { throw Self.notRunning(id) }
        let resourceControl = try schemata == nil ? nil : state.openResourceControl()
        guard schemata == nil || resourceControl != nil else {
            throw RuntimeFailure(.refused, "container \(id) has no linux.intelRdt, which could be changed")
        }
        do throws(CgroupError) {
            var resources = resources
            resources.leaveOutUnset(by: SpecificationVersion(state.version))
            try cgroup.update(resources)
            if let schemata { try resourceControl?.update(schemata) }
        } catch { throw RuntimeFailure(error).unlessEnded(state) }
    }

    /// The numbers of the container's processes, as we see them.
    public func processes(of id: String) throws(RuntimeFailure) -> [Int32] {
        let state = try record(of: id)
        guard let cgroup = try state.openCgroup() else {
            return state.document(state.status).pid == 0 ? [] : [state.document(state.status).pid]
        }
        do throws(CgroupError) { return try cgroup.processes().sorted() } catch { throw RuntimeFailure(error) }
    }

    public func statistics(of id: String) throws(RuntimeFailure) -> CgroupStatistics {
        let (state, cgroup) = try limited(id, for: "statistics need")
        guard state.status != .stopped else { throw Self.notRunning(id) }
        do throws(CgroupError) { return try cgroup.statistics() } catch {
            throw RuntimeFailure(error).unlessEnded(state)
        }
    }

    private func limited(_ id: String, for what: String) throws(RuntimeFailure) -> (BundleState, ContainerCgroup) {
        let state = try record(of: id)
        guard let cgroup = try state.openCgroup() else {
            throw RuntimeFailure(.refused, "container \(id) has no control group, which \(what)")
        }
        return (state, cgroup)
    }
}
