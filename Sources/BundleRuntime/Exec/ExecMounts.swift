import ContainerMounts
import FieldErrors
import OCISpec
import SystemCalls

extension RuntimeProcess {
    /// The file of a guest's process is the host's martlet: /proc/PID/exe must not lead a program of the container to it
    /// (CVE-2019-5736), and it takes this capability to go there.
    ///
    /// - Returns: whether it was asked for.
    mutating func giveUpTracing() -> Bool {
        guard var sets = capabilities else { return false }
        let tracing = "CAP_SYS_PTRACE"
        let wasAsked = sets.bounding.contains(tracing) || sets.permitted.contains(tracing)
        sets.bounding.removeAll { $0 == tracing }
        sets.effective.removeAll { $0 == tracing }
        sets.permitted.removeAll { $0 == tracing }
        sets.inheritable.removeAll { $0 == tracing }
        sets.ambient.removeAll { $0 == tracing }
        capabilities = sets
        return wasAsked
    }
}

/// What a native program in a guest's container gets of the kernel's file systems, which the guest isn't shown: /proc, /dev and
/// /sys as the configuration has them.
final class ExecMounts {
    private let plan: MountPlan
    private let sources: MountSources

    /// nil where the program finds all of it: in a native container; and where it can't have it: in a container without a mount
    /// namespace of its own, or in a user namespace, the container's or the runtime's, in which nobody mounts a /proc who sees none.
    init?(_ plan: ExecPlan) throws(RuntimeFailure) {
        guard plan.state.isWasm, plan.guest == nil, plan.namespaces.rootIsOfNamespace, !plan.namespaces.hasUser,
            Processes.isMachinesRoot
        else { return nil }
        do throws(FieldError) {
            let native = try MountPlan(plan.configuration, bundle: plan.state.bundle, workload: .native)
            guard let hidden = native.hiddenFromGuests else { return nil }
            self.plan = hidden
            sources = try MountSources(for: hidden, all: true)
        } catch { throw RuntimeFailure(error) }
    }

    /// Whether the program has terminals of the container's.
    var hasTerminals: Bool {
        plan.mounts.contains { mount in
            guard case .fileSystem("devpts", _) = mount.action else { return false }
            return mount.destination == "/dev/pts"
        }
    }

    var descriptors: [Int32] { sources.descriptors }

    /// In the process that joined the container's namespaces, before it gives anything up.
    func make() throws(RuntimeFailure) {
        do throws(FieldError) { try ContainerRoot.addHidden(plan, sources: sources) } catch {
            throw RuntimeFailure(error)
        }
    }
}
