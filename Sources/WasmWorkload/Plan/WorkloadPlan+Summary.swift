import ContainerMounts
import HostCapabilities

extension WorkloadPlan {
    /// What `--debug` shows before a run: a line for each thing that the plan says.
    public var summary: [String] {
        var lines = ["program: \(program)", "entry point: \(entryPoint)", "arguments: \(arguments)"]
        lines.append("environment: \(environment)")
        lines.append("working directory: \(workingDirectory)")
        if let root {
            let access = root.isReadOnly ? "read-only" : root.isShared ? "with a layer of its own" : "written in place"
            lines.append("root: \(root.path), \(access)")
        }
        for mount in mounts {
            lines.append("mount: \(mount.source) at \(mount.destination)\(mount.isReadOnly ? ", read-only" : "")")
        }
        lines += ports.map { "port: \($0)" } + outbound.map { "outbound: \($0)" }
        if let user { lines.append("user: \(user)") }
        if let memory = limits.memory { lines.append("memory: \(memory) bytes") }
        if let processors = limits.processors { lines.append("processors: \(processors) thousandths") }
        if let timeout = limits.timeout { lines.append("timeout: \(timeout) ms") }
        return lines
    }
}
