import ImageStore
import ImageTransfer
import OCISpec
import SystemCalls
import WasmBinary
import WasmWorkload

/// What follows when an image came into the store: it is unpacked and its entry module is compiled, so that running it later
/// begins at once.
struct ImagePreparation {
    let store: ImageStore
    let limits: UnpackLimitOptions
    let progress: ProgressDisplay

    /// Unpacks and compiles. That an image can't be unpacked is an error; that its entry point can't be compiled is a note,
    /// since it may be meant for something else.
    func run(_ image: StoredImage) throws(CommandFailure) {
        defer { progress.finish() }
        switch image.form {
        case .artifact(_, let path): try compile(try ModulePreparation.open(path), "the module of \(image.label)")
        case .layers:
            let (root, notes) = try UnpackWorker.unpack(image, in: store, limits: limits, progress: progress)
            for note in notes { Output.note("note: \(note)") }
            try compileEntryPoint(of: image, root)
        }
    }

    private func compileEntryPoint(of image: StoredImage, _ root: String) throws(CommandFailure) {
        let plan: WorkloadPlan
        do throws(PlanError) {
            plan = try WorkloadPlan(
                image: image.configuration, root: root, name: image.reference?.familiar ?? image.manifestDigest.short,
                request: WorkloadRequest())
        } catch { return Output.note("note: \(error)") }
        // A base image without an entry point of its own is nothing to remark on.
        guard let program = try? ProgramFile(plan), let head = try? program.head(), head.starts(with: BinaryKind.magic)
        else {
            return
        }
        let name = "entry point \(program.name)"
        let file: OwnedDescriptor
        do throws(SystemCallError) { file = try program.descriptor.duplicate() } catch {
            throw CommandFailure("\(name): \(error)", underlying: error)
        }
        try compile(file, name)
    }

    private func compile(_ file: consuming OwnedDescriptor, _ name: String) throws(CommandFailure) {
        progress.observe(.writing(path: "compiled code"))
        do throws(CommandFailure) {
            var preparation = try ModulePreparation(store)
            preparation.waitsUntilRemembered = true
            _ = try preparation.run(file, name: name)
        } catch {
            if error.status != .notCompilable { Output.note("note: not compiled ahead: \(error)") }
        }
    }
}

extension ImagePreparation? {
    /// Prepares images that came in, if that is wanted, and gives each its names after that: what can't be unpacked takes
    /// no name away from an image that can, and is gone.
    func accept(_ images: [StagedImage], _ tell: (StoredImage) -> Void) throws {
        for (number, staged) in images.enumerated() {
            do {
                try self?.run(staged.image)
                tell(try staged.commit())
            } catch {
                Array(images[number...]).withdraw()
                throw error
            }
        }
    }
}
