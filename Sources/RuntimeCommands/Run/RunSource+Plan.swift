import BundleRuntime
import ImageStore
import WasmWorkload

/// A plan, and what has to be held while it runs.
struct PlannedRun: ~Copyable {
    let plan: WorkloadPlan
    /// The image as the person named it, for `ps`.
    let imageName: String
    /// Keeps the image's root from being pruned.
    let lease: RootLease?

    /// The descriptors that hold it.
    var kept: [Int32] {
        switch lease {
        case .some(let lease): lease.rawValue.map { [$0] } ?? []
        case .none: []
        }
    }
}

extension RunSource {
    /// Makes the plan; an image that isn't in the store is pulled or imported first.
    func plan(_ settings: RunSettings) throws(CommandFailure) -> PlannedRun {
        let request = settings.request
        switch self {
        case .file(let path):
            let plan = try CommandFailure.wrapping { () throws(PlanError) in
                try WorkloadPlan(file: path, request: request)
            }
            return PlannedRun(plan: plan, imageName: path, lease: nil)
        case .bundle(let directory):
            return PlannedRun(plan: try Self.plan(bundle: directory, request), imageName: directory, lease: nil)
        case .transfer(let path):
            return try ImageLookup(settings).imported(path)
        case .reference(let name, let canBePulled):
            return try ImageLookup(settings).named(name, canBePulled: canBePulled)
        }
    }

    private static func plan(bundle directory: String, _ request: WorkloadRequest) throws(CommandFailure)
        -> WorkloadPlan
    {
        do {
            let document = try BundleDocument.read(bundle: directory)
            return try WorkloadPlan(bundle: document.configuration, directory: directory, request: request)
        } catch { throw CommandFailure("bundle \(directory): \(error)") }
    }
}
