import CLinuxShims

/// A network namespace that is being made beside this process, which goes on meanwhile: with a second processor at hand it
/// costs what it takes to ask for it. Its loopback interface is up. Only a process with one thread may make one, and one at a
/// time.
public struct NetworkMaking: ~Copyable {
    private let process: Int32

    public init() throws(SystemCallError) { process = try checked("clone") { martlet_network_begin() } }

    /// Waits until it is made. nil when it can't be: whoever makes it the usual way learns why.
    public consuming func end() -> OwnedDescriptor? {
        let descriptor = martlet_network_end(process)
        return descriptor >= 0 ? OwnedDescriptor(adopting: descriptor) : nil
    }
}
