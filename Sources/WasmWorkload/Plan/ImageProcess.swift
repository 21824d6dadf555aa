import OCISpec

/// The process that an image's configuration and a request describe together: the conversion rules of the image
/// specification (`conversion.md`), with `path#export` split.
struct ImageProcess {
    /// Absolute paths inside the root, the most likely first.
    var programs: [String]
    var export: String?
    var arguments: [String]
    var workingDirectory: String
    var user: String?

    /// - Parameter programName: the program's name for an image that is one module, where the entry point may be absent.
    init(
        image: ImageConfiguration, name: String, request: WorkloadRequest, programName: String? = nil
    ) throws(PlanError) {
        var words = request.entrypoint.map { [$0] } ?? image.entrypoint
        if !request.arguments.isEmpty {
            words += request.arguments
        } else if request.entrypoint == nil {
            words += image.command
        }
        if let programName, image.entrypoint.isEmpty, image.command.isEmpty || !request.arguments.isEmpty {
            words.insert(programName, at: 0)
        }
        guard let first = words.first, !first.isEmpty else {
            throw PlanError("the image \(name) names no entry point; give one with --entrypoint")
        }
        workingDirectory = GuestPath.joined("/", image.workingDirectory ?? "/")
        user = image.user.flatMap { $0.isEmpty ? nil : $0 }
        let entry = EntryPointName(first)
        export = entry.export
        programs = entry.candidates(in: workingDirectory, path: image.environment)
        arguments = [entry.path] + words.dropFirst()
    }
}
