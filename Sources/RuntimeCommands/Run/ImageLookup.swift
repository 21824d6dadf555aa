import ImageStore
import OCISpec
import SystemCalls
import WasmWorkload

/// Finds the image to run in the store, and has the companion bring it there when it is missing.
struct ImageLookup {
    private let settings: RunSettings
    private let root: String

    init(_ settings: RunSettings) throws(CommandFailure) {
        self.settings = settings
        root = try settings.common.storeRoot()
    }

    /// An image by name, digest or id.
    func named(_ name: String, canBePulled: Bool) throws(CommandFailure) -> PlannedRun {
        let choice = try platformChoice()
        if settings.pull != .always, let image = try find(name, choice) { return try plan(image, name) }
        guard canBePulled else {
            throw CommandFailure(
                "\(name) is a directory here, neither a bundle (no config.json) nor an OCI layout, and no image of the store; "
                    + "to pull an image of that name, run martlet image pull \(name)",
                status: CommandFailure.notFound)
        }
        guard settings.pull != .never else {
            throw CommandFailure(
                "no image \(name) in the store, and --pull never; see martlet image list",
                status: CommandFailure.notFound)
        }
        try prepare(["image", "pull"] + pullOptions + ["--", name])
        guard let image = try find(name, choice) else {
            throw CommandFailure("\(name) was pulled and is not in the store \(root)", status: CommandFailure.notFound)
        }
        return try plan(image, name)
    }

    /// An image of a layout or an archive.
    func imported(_ path: String) throws(CommandFailure) -> PlannedRun {
        let id =
            try prepare(["image", "import", "--quiet"] + platformOptions + ["--", path])
            .split(separator: "\n").last.map(String.init) ?? ""
        guard let image = try find(id, nil) else {
            throw CommandFailure(
                "\(path) was imported and is not in the store \(root)", status: CommandFailure.notFound)
        }
        return try plan(image, path)
    }

    private func plan(_ image: StoredImage, _ name: String) throws(CommandFailure) -> PlannedRun {
        switch image.form {
        case .artifact(_, let module):
            let plan = try CommandFailure.wrapping { () throws(PlanError) in
                try WorkloadPlan(
                    image: image.configuration, module: module, name: name, request: settings.request)
            }
            return PlannedRun(plan: plan, imageName: name, lease: nil)
        case .layers(let chainID, let path):
            if path == nil { try prepare(["image", "unpack", "--quiet", image.manifestDigest.description]) }
            let store = try store()
            let lease = try CommandFailure.wrapping { () throws(StoreError) in try store?.leaseRoot(chainID) }
            guard let lease else { throw CommandFailure("\(name) was unpacked and has no root in the store \(root)") }
            let plan = try CommandFailure.wrapping { () throws(PlanError) in
                try WorkloadPlan(
                    image: image.configuration, root: lease.path, name: name, request: settings.request)
            }
            return PlannedRun(plan: plan, imageName: name, lease: lease)
        }
    }

    private func store() throws(CommandFailure) -> ImageStore? {
        try CommandFailure.wrapping { () throws(StoreError) in try ImageStore.existing(root: root) }
    }

    private func find(_ name: String, _ choice: PlatformChoice?) throws(CommandFailure) -> StoredImage? {
        let store = try store()
        return try CommandFailure.wrapping { () throws(StoreError) in try store?.resolve(name, platform: choice) }
    }

    private func platformChoice() throws(CommandFailure) -> PlatformChoice? {
        guard let text = settings.platform else { return nil }
        return try CommandFailure.wrapping { () throws(InvalidPlatform) in try PlatformChoice(parsing: text) }
    }

    private var platformOptions: [String] { settings.platform.map { ["--platform", $0] } ?? [] }
    private var pullOptions: [String] { platformOptions + settings.pullOptions }

    @discardableResult
    private func prepare(_ arguments: [String]) throws(CommandFailure) -> String {
        do throws(WorkloadError) {
            return try Companion().output(of: [arguments[0], arguments[1], "--root", root] + arguments.dropFirst(2))
        } catch { throw CommandFailure(error) }
    }
}

extension CommonSettings {
    /// The store that was asked for, or the default one.
    func storeRoot() throws(CommandFailure) -> String {
        if let root {
            return try CommandFailure.wrapping { () throws(SystemCallError) in try Files.absolutePath(root) }
        }
        return try CommandFailure.wrapping { () throws(StoreError) in try ImageStore.defaultRoot() }
    }
}
