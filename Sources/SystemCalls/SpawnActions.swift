import CLinuxShims
import Glibc

extension ChildProgram {
    /// Has the child close `first` and every descriptor above it.
    static func closeAll(from first: Int32, _ actions: inout posix_spawn_file_actions_t) {
        // It fails only without memory for one more action; the descriptors that are closed on exec are closed even then.
        _ = martlet_spawn_close_from(&actions, first)
    }
}
