import HostCapabilities

/// The annotations of ours, `dev.martlet.…`, as an operator sets them on a bundle, a pod or a command line.
///
/// An image's own are never read by `martlet run IMAGE`. Engines may have copied them into a bundle: who makes a container from
/// one has looked by then whether those that widen are the operator's (`AllowedAnnotations`).
enum Annotations {
    static let ports = "dev.martlet.ports"
    static let outbound = "dev.martlet.outbound"
    static let memory = "dev.martlet.memory-max"
    static let timeout = "dev.martlet.timeout"
    private static let known = [ports, outbound, memory, timeout]

    /// Adds to the plan what the annotations grant and limit. An unknown name below `dev.martlet.` is an error, since a
    /// limit that is misspelt would otherwise be no limit.
    static func apply(_ annotations: [String: String], to plan: inout WorkloadPlan) throws(PlanError) {
        for name in annotations.keys.sorted() where name.hasPrefix("dev.martlet.") && !known.contains(name) {
            throw PlanError("annotation \(name) is unknown; known are \(known.joined(separator: ", "))")
        }
        plan.annotations.merge(annotations) { _, new in new }
        do throws(NetworkRuleError) {
            if let text = annotations[ports] { plan.ports += try PortMapping.list(parsing: text) }
            if let text = annotations[outbound] { plan.outbound += try OutboundRule.list(parsing: text) }
        } catch { throw PlanError("annotation \(ports) or \(outbound): \(error)") }
        var limits = WorkloadPlan.Limits()
        if let text = annotations[memory] {
            guard let bytes = Quantities.bytes(text) else {
                throw PlanError("annotation \(memory)=\(text): write a size such as 64m")
            }
            limits.memory = bytes
        }
        if let text = annotations[timeout] {
            guard let milliseconds = Quantities.milliseconds(text) else {
                throw PlanError("annotation \(timeout)=\(text): write a time such as 5s")
            }
            limits.timeout = milliseconds
        }
        plan.limits = plan.limits.tightened(by: limits)
    }
}
