import ProcessSettings
import SystemCalls

/// A native program, about to be executed.
final class NativeProgram {
    private var settings: ProcessSettings
    private let files: ProcessFileSystem

    init(_ settings: ProcessSettings, _ files: consuming ProcessFileSystem) {
        self.settings = settings
        self.files = files
    }

    /// Becomes the program. Returns only when it can't, and then why.
    func execute(_ filter: FilterInstallation) -> RuntimeFailure {
        do throws(FieldError) {
            // Without no_new_privs a filter takes a capability that is given up next.
            if !settings.noNewPrivileges { try filter.install() }
            _ = try settings.applyIdentity(files)
            let program = try settings.prepareProgram()
            if settings.noNewPrivileges { try filter.install() }
            return RuntimeFailure(ProcessSettings.execute(program))
        } catch { return RuntimeFailure(error) }
    }
}
