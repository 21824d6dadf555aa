import FieldErrors
import JSON
import OCISpec
import ProcessSettings
import SystemCalls

/// `linux.seccomp` of a process that is about to begin.
struct FilterInstallation {
    let filter: CompiledSeccomp?
    let configuration: LinuxSeccomp?
    /// To `listenerPath`.
    let connection: Int32?
    /// The process that gets the filter, as the runtime sees it.
    let process: Int32
    let state: OCIState

    /// The same for another process of the container, which has a listener of its own: the container's is what its state tells.
    func with(connection: Int32?) -> FilterInstallation {
        FilterInstallation(
            filter: filter, configuration: configuration, connection: connection, process: process, state: state)
    }

    /// Puts the filter in force, and hands its listener over.
    ///
    /// - Parameter goesOn: the process doesn't become another program afterwards.
    func install(goesOn: Bool = false) throws(FieldError) {
        guard let filter, let configuration else { return }
        guard filter.hasListener, let connection else { return try filter.install(goesOn: goesOn) }
        let message = SeccompListener.message(
            version: state.ociVersion, process: process, metadata: configuration.listenerMetadata, state: state.json)
        try filter.install(
            listener: SeccompListener(connection: OwnedDescriptor(adopting: connection), message: message),
            goesOn: goesOn)
    }
}
