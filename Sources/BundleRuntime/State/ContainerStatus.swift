import ContainerLifecycle
import OCISpec

extension BundleState {
    /// How the container is, looked at now. Runtime specification, "State".
    ///
    /// - Parameter isFrozen: asked only of a container whose process lives.
    func status(isFrozen: () -> Bool) -> OCIState.Status {
        if let process, process.isAlive {
            return switch phase {
            case .creating:
                // Until it is told to start it ends with its creator.
                if creator?.isAlive == false { isFrozen() ? .paused : .running } else { .creating }
            case .created: isFrozen() ? .paused : .created
            case .started: isFrozen() ? .paused : .running
            }
        }
        return phase == .creating && process == nil && creator?.isAlive == true ? .creating : .stopped
    }
}
