import ContainerMounts
import FieldErrors
import ProcessSettings
import SystemCalls

/// A native program, about to be executed.
final class NativeProgram {
    private var settings: ProcessSettings
    private let files: ProcessFileSystem
    /// A working directory that only the user may enter.
    private var pendingDirectory: String?

    init(_ settings: ProcessSettings, _ files: consuming ProcessFileSystem) {
        self.settings = settings
        self.files = files
    }

    /// Goes to the working directory; one that root may not enter is entered as the user.
    ///
    /// - Parameter makes: whether one that is missing is made.
    func enter(_ directory: String, makes: Bool) throws(RuntimeFailure) {
        do throws(FieldError) { try ContainerRoot.changeWorkingDirectory(to: directory, makes: makes) } catch {
            guard error.cause?.errno == .accessDenied else { throw RuntimeFailure(error) }
            pendingDirectory = directory
        }
    }

    /// Gives up in a process that was forked for hooks what the program doesn't have either.
    ///
    /// - Returns: the program's environment.
    func confineHooks(_ filter: FilterInstallation) throws(FieldError) -> [String] {
        var settings = settings
        _ = try settings.becomeUser(files, closesDescriptors: false)
        if !settings.noNewPrivileges, filter.filter != nil {
            try settings.useCapabilities()
            try filter.install(goesOn: true)
        }
        _ = try settings.giveUpCapabilities()
        if settings.noNewPrivileges { try filter.install(goesOn: true) }
        return settings.environment.variables
    }

    /// Becomes the program. Returns only when it can't, and then why.
    func execute(_ filter: FilterInstallation, warn: (String) -> Void) -> RuntimeFailure {
        do throws(FieldError) { for warning in try settings.becomeUser(files) { warn(warning) } } catch {
            return RuntimeFailure(error)
        }
        if let pendingDirectory {
            do throws(FieldError) {
                try ContainerRoot.changeWorkingDirectory(to: pendingDirectory, makes: false)
            } catch {
                return RuntimeFailure(error)
            }
        }
        do throws(FieldError) {
            let program = try settings.prepareProgram()
            // A filter may refuse any call, so next to nothing comes after it; without no_new_privs it takes a capability.
            if !settings.noNewPrivileges, filter.filter != nil {
                try settings.useCapabilities()
                try filter.install()
            }
            for warning in try settings.giveUpCapabilities() { warn(warning) }
            if settings.noNewPrivileges { try filter.install() }
            return RuntimeFailure(ProcessSettings.execute(program))
        } catch { return RuntimeFailure(error) }
    }
}
