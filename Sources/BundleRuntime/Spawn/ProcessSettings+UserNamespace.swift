import FieldErrors
import ProcessSettings
import SystemCalls

// Limits and priorities of a process in a user namespace, which has no right to set any of them itself.

extension ProcessSettings {
    /// Before the process is forked.
    func prepare(for namespaces: NamespacePlan) {
        if namespaces.hasUser, Processes.effectiveUser != 0 { takeOutOfMemoryScore() }
    }

    /// Sets them for the process, if it needs that. They hold for what it does from then on.
    ///
    /// - Parameter waits: as `applyEarly` has it.
    func apply(
        to process: Int32, in namespaces: NamespacePlan, waits: Bool, warn: (String) -> Void
    ) throws(RuntimeFailure) {
        guard namespaces.hasUser else { return }
        let files: ProcessFileSystem
        do throws(SystemCallError) { files = try ProcessFileSystem() } catch {
            throw RuntimeFailure(.system, "/proc: \(error)")
        }
        do throws(FieldError) {
            for warning in try applyEarly(to: process, files, waits: waits) { warn(warning) }
        } catch { throw RuntimeFailure(error) }
    }
}
