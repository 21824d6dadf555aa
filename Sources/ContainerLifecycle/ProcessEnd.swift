import SystemCalls

/// Makes sure that a process has ended.
struct ProcessEnd {
    /// What it belongs to, for errors.
    let name: String

    /// How long a killed process, or a monitor with nothing left to do, may take.
    static let patience = Duration.seconds(5)

    /// SIGTERM, then after the grace SIGKILL. By a descriptor: never another process of the same number.
    func end(_ process: ProcessIdentity?, grace: Duration) throws(LifecycleError) {
        do throws(SystemCallError) {
            guard let process, let descriptor = try process.open() else { return }
            if grace > .zero {
                try send(Signal.terminate, to: descriptor.rawValue)
                if try hasEnded(descriptor.rawValue, within: grace) { return }
            }
            try send(Signal.kill, to: descriptor.rawValue)
            if try hasEnded(descriptor.rawValue, within: Self.patience) { return }
        } catch { throw .system(doing: "stopping \(name)", error) }
        throw .stillRunning(name)
    }

    func await(_ process: ProcessIdentity?, atMost time: Duration) throws(LifecycleError) {
        do throws(SystemCallError) {
            guard let process, let descriptor = try process.open() else { return }
            if try hasEnded(descriptor.rawValue, within: time) { return }
        } catch { throw .system(doing: "waiting for \(name)", error) }
        throw .stillRunning(name)
    }

    private func send(_ number: Int32, to descriptor: Int32) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Processes.signal(descriptor, number)
        } catch {
            if error.errno != .noSuchProcess { throw error }
        }
    }

    private func hasEnded(_ descriptor: Int32, within time: Duration) throws(SystemCallError) -> Bool {
        var requests = [PollRequest(descriptor, .readable)]
        return try Poll.wait(&requests, timeout: time.wholeNanoseconds) > 0
    }
}
