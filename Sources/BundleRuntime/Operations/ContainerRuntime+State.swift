import ContainerLifecycle
import OCISpec
import SystemCalls

/// One line of `list`.
public struct ContainerListing: Hashable, Sendable {
    public let id: String
    /// nil for a record that can't be read.
    public let status: OCIState.Status?
    /// 0 when there is none.
    public let pid: Int32
    public let bundle: String
    public let rootfs: String
    /// Nanoseconds since the epoch.
    public let created: UInt64
    /// RFC 3339.
    public let createdText: String
    /// A user's number.
    public let owner: UInt32
    public let version: String
    public let annotations: [String: String]
}

extension ContainerRuntime {
    /// How a container is. Runtime specification, "State".
    public func state(of id: String) throws(RuntimeFailure) -> OCIState {
        let state = try record(of: id)
        return state.document(state.status)
    }

    /// All containers, by their ids.
    ///
    /// Errors: `--root` names a directory that isn't there; it isn't made for this.
    public func list() throws(RuntimeFailure) -> [ContainerListing] {
        do throws(SystemCallError) { _ = try FileStatus.of(BundleStore.place(root)) } catch {
            guard let root else { return [] }
            throw RuntimeFailure(.refused, "--root \(root.printable()): \(error)")
        }
        let store = try store()
        var listings: [ContainerListing] = []
        for id in try store.identifiers() {
            guard let directory = try store.find(id) else { continue }
            guard let state = try? directory.state() else {
                listings.append(Self.damaged(id))
                continue
            }
            let status = state.status
            listings.append(
                ContainerListing(
                    id: id, status: status, pid: state.document(status).pid, bundle: state.bundle,
                    rootfs: state.rootfs, created: state.created, createdText: Timestamp.text(of: state.created),
                    owner: state.owner, version: state.version, annotations: state.annotations))
        }
        return listings
    }

    private static func damaged(_ id: String) -> ContainerListing {
        ContainerListing(
            id: id, status: nil, pid: 0, bundle: "", rootfs: "", created: 0, createdText: Timestamp.text(of: 0),
            owner: 0,
            version: "", annotations: [:])
    }
}
