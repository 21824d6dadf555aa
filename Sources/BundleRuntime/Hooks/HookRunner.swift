import OCISpec
import SystemCalls

/// Runs the programs that `hooks` names. Runtime specification, "POSIX-platform Hooks".
///
/// A hook is found by its path where the caller is: in the host's tree, or in the container's root after the caller entered
/// it. It gets its arguments and its environment exactly, the caller's working directory, the state on its standard input,
/// and no other descriptor. The caller has one thread and doesn't ignore SIGCHLD; it may be the child of a fork.
public struct HookRunner: Sendable {
    public let hooks: RuntimeHooks

    /// Bytes of output that are kept, its last ones.
    public static let outputLimit = 64 << 10
    /// Bytes of a state: what every kernel lets a pipe hold.
    public static let stateLimit = 1 << 20

    public init(_ hooks: RuntimeHooks) { self.hooks = hooks }

    /// Runs the hooks of a kind in their order, each to its end, until one fails.
    ///
    /// - Parameter state: the JSON of an `OCIState`; made only when there is a hook to read it.
    public func run(_ kind: RuntimeHooks.Kind, state: @autoclosure () -> [UInt8]) throws(HookError) {
        let hooks = hooks[kind]
        guard !hooks.isEmpty else { return }
        let state = state()
        for index in hooks.indices { try run(hooks[index], kind, index, state) }
    }

    /// Runs all hooks of a kind whatever becomes of each, and returns the failures: the warnings of `poststop`.
    public func runAll(_ kind: RuntimeHooks.Kind, state: @autoclosure () -> [UInt8]) -> [HookError] {
        let hooks = hooks[kind]
        guard !hooks.isEmpty else { return [] }
        let state = state()
        var failures: [HookError] = []
        for index in hooks.indices {
            do throws(HookError) { try run(hooks[index], kind, index, state) } catch { failures.append(error) }
        }
        return failures
    }

    private func run(
        _ hook: RuntimeHook, _ kind: RuntimeHooks.Kind, _ index: Int, _ state: [UInt8]
    ) throws(HookError) {
        func failure(_ problem: HookError.Problem, _ output: [UInt8] = []) -> HookError {
            HookError(kind: kind, index: index, path: hook.path, problem: problem, output: output)
        }
        guard state.count <= Self.stateLimit else { throw failure(.stateTooLong(state.count)) }
        var output: [UInt8] = []
        let end: HookProcess.End
        do throws(SystemCallError) {
            var process = try HookProcess.start(hook, state: state, isBound: kind != .poststop)
            end = try process.end(within: hook.timeout, &output)
        } catch { throw failure(.system(error), output) }
        switch end {
        case .exited(.code(0)): return
        case .exited(let exit): throw failure(.ended(exit), output)
        case .tookTooLong(let seconds): throw failure(.tookTooLong(seconds), output)
        }
    }
}
