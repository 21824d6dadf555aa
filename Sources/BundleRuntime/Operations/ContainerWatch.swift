import Cgroups
import OCISpec
import SystemCalls

/// Tells what happens to a container whose first process lives: for `events`. Nothing is asked again and again meanwhile.
public struct ContainerWatch: ~Copyable {
    public enum Change: Equatable, Sendable {
        /// The time is over, or something changed that means nothing.
        case nothing
        /// A limit of memory was reached, and nothing could be freed.
        case outOfMemory
        /// The first process has ended.
        case ended
    }

    private let process: OwnedDescriptor
    /// nil for a container without a memory controller, and when its group is gone.
    private var memory: OutOfMemoryWatch?

    fileprivate init(_ process: consuming OwnedDescriptor, _ memory: consuming OutOfMemoryWatch?) {
        self.process = process
        self.memory = memory
    }

    /// Waits for a change, so many nanoseconds at most.
    public mutating func next(within timeout: UInt64) throws(RuntimeFailure) -> Change {
        var requests = [PollRequest(process.rawValue, .readable)]
        if let source = memory?.descriptor { requests.append(PollRequest(source, .readable)) }
        do throws(SystemCallError) { _ = try Poll.wait(&requests, timeout: timeout) } catch {
            throw RuntimeFailure(.system, "waiting for the container: \(error)")
        }
        // Want of memory first: it may be what ended the process.
        if requests.count > 1, !requests[1].found.isEmpty {
            let change: OutOfMemoryWatch.Change?
            do throws(CgroupError) { change = try memory?.next() } catch { throw RuntimeFailure(error) }
            switch change {
            case .outOfMemory: return .outOfMemory
            case .ended: memory = nil
            case .nothing, nil: break
            }
        }
        return requests[0].found.isEmpty ? .nothing : .ended
    }
}

extension ContainerRuntime {
    /// Begins to watch a container. Errors: its first process has ended.
    public func watch(_ id: String) throws(RuntimeFailure) -> ContainerWatch {
        let state = try record(of: id)
        guard state.status != .stopped, let process = try state.openProcess() else { throw Self.notRunning(id) }
        return ContainerWatch(process, try? state.openCgroup()?.outOfMemoryWatch())
    }
}
