import Cgroups
import ContainerLifecycle
import ImageStore
import JSON
import OCISpec
import ProcessSettings
import SystemCalls

/// The operations of an OCI runtime on containers of bundles. Runtime specification, "Operations".
///
/// Each is one command's work: it finds the container on record, does its part under the container's lock, and leaves a record
/// from which the next one goes on, whoever runs it.
public struct ContainerRuntime: Sendable {
    public let settings: RuntimeSettings
    /// The directory of the records, absolute; nil is the default one.
    let root: String?
    /// Without the privileges of the machine's root.
    let isRootless: Bool
    /// Told what was asked for and isn't had, and is no error.
    let warn: @Sendable (String) -> Void
    /// Called when all is planned and nothing is made yet.
    public var beforeMaking: (@Sendable () -> Void)?

    public init(
        _ settings: RuntimeSettings,
        warn: @escaping @Sendable (String) -> Void = { try? Files.writeAll(2, Array("martlet: warning: \($0)\n".utf8)) }
    ) throws(RuntimeFailure) {
        var settings = settings
        // Before anybody goes to the bundle.
        if let path = settings.imageStore { settings.imageStore = try BundleDocument.absolute(path) }
        self.settings = settings
        self.warn = warn
        // A caller that ignores it would have the kernel reap the hooks that we wait for.
        SignalSet.useDefault(Signal.child)
        var root: String?
        if let path = settings.root { root = try BundleDocument.absolute(path) }
        self.root = root
        isRootless = settings.isRootless ?? !Processes.isMachinesRoot
    }

    func store() throws(RuntimeFailure) -> BundleStore { try BundleStore(path: root) }

    /// Where compiled modules and the like are kept: what a guest needs, and others do without.
    func imageStore() throws(RuntimeFailure) -> String {
        if let path = settings.imageStore { return path }
        do throws(StoreError) { return try ImageStore.defaultRoot() } catch {
            throw RuntimeFailure(.refused, "the image store: HOME isn't set; name the store with --image-store")
        }
    }

    /// nil without a place for them.
    var filters: SeccompCache? { (try? imageStore()).map { SeccompCache(path: "\($0)/seccomp") } }

    static func unknown(_ id: String) -> RuntimeFailure {
        // Container managers look for these words.
        RuntimeFailure(.notFound, "container \"\(String(id.prefix(80)).printable())\" does not exist")
    }

    /// A container's record, read without its lock.
    func record(of id: String) throws(RuntimeFailure) -> BundleState {
        try BundleID.check(id)
        let store = try store()
        guard let directory = try store.find(id), let state = try directory.state() else { throw Self.unknown(id) }
        return state
    }
}

extension BundleState {
    /// The container's groups; nil when it has none.
    func openCgroup() throws(RuntimeFailure) -> ContainerCgroup? {
        guard let cgroup else { return nil }
        do throws(JSONError) {
            let group = try ContainerCgroup(json: JSONNode(cgroup))
            return group.isEmpty ? nil : group
        } catch {
            throw RuntimeFailure(.system, "the record of container \(id) is damaged: \(error)")
        }
    }

    /// The container's class of service; nil when it has none.
    func openResourceControl() throws(RuntimeFailure) -> ResourceControlGroup? {
        guard let resourceControl else { return nil }
        do throws(JSONError) { return try ResourceControlGroup(json: JSONNode(resourceControl)) } catch {
            throw RuntimeFailure(.system, "the record of container \(id) is damaged: \(error)")
        }
    }

    /// A descriptor that means the first process; nil when it has ended.
    func openProcess() throws(RuntimeFailure) -> OwnedDescriptor? {
        do throws(SystemCallError) { return try process?.open() } catch {
            throw RuntimeFailure(.system, "container \(id): \(error)")
        }
    }

    /// How it is now.
    var status: OCIState.Status {
        status { (try? openCgroup())??.isFrozen ?? false }
    }

    /// The document that `state` prints and hooks read.
    func document(_ status: OCIState.Status) -> OCIState {
        let pid = status == .stopped ? 0 : process?.number ?? 0
        return OCIState(
            ociVersion: version, id: id, status: status, pid: pid, bundle: bundle, annotations: annotations,
            rootfs: rootfs, created: Timestamp.text(of: created), owner: "\(owner)")
    }
}
