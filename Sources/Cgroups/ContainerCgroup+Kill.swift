import SystemCalls

extension ContainerCgroup {
    /// How long processes may take to go: what a process does in the kernel ends first.
    private static let patience: UInt64 = 10_000_000_000

    /// Sends SIGKILL to every process of the container and returns when none is left.
    ///
    /// Processes that end stay in the list until somebody waits for them, so that the caller's own children don't
    /// count.
    ///
    /// - Parameter ignored: processes that count as gone, as the container's init whose exit the caller collects later.
    public func kill(ignoring ignored: Set<Int32> = []) throws(CgroupError) {
        guard census != nil else { throw CgroupError("the container has none, so that its processes aren't known") }
        let end = Clocks.now(.monotonic) + Self.patience
        var delay: UInt64 = 1
        while true {
            let left = try processes().filter { !Self.isZombie($0) && !ignored.contains($0) }
            if left.isEmpty { return }
            try refuseOurselves(left)
            if try !killAtOnce() { try signalEach(Signal.kill) }
            // Stopped processes of version 1 don't die before they go on.
            if isFrozen { try thaw() }
            guard Clocks.now(.monotonic) < end else {
                throw CgroupError("\(left.count) processes don't end (the first is \(left[0]))")
            }
            Pause.milliseconds(delay)
            delay = min(delay * 2, 50)
        }
    }

    /// Sends a signal to every process of the container, to all at one moment: `kill --all`.
    public func signalAll(_ signal: Int32) throws(CgroupError) {
        try refuseOurselves(try processes())
        if signal == Signal.kill, try killAtOnce() { return }
        let wasFrozen = isFrozen
        try signalEach(signal)
        if signal == Signal.kill, wasFrozen { try thaw() }
    }

    /// The kernel's own way (Linux 5.14), which no fork escapes. Only where version 2 has all processes, which is
    /// everywhere.
    private func killAtOnce() throws(CgroupError) -> Bool {
        guard let unified, awaited == nil else { return false }
        do throws(SystemCallError) {
            try GroupFile.write("1", to: "cgroup.kill", of: unified.directory)
            return true
        } catch {
            switch error.errno {
            case .noSuchFile, .notSupported, .accessDenied: return false
            default: throw CgroupError(error)
            }
        }
    }

    /// Stopped first, so that none is made between the list and the signal; where they can't be stopped, the caller's
    /// loop or the next call catches the newcomers.
    private func signalEach(_ signal: Int32) throws(CgroupError) {
        let wasFrozen = isFrozen
        let isStopped = wasFrozen || (try? freeze()) != nil
        defer { if isStopped, !wasFrozen { try? thaw() } }
        for process in try processes() {
            do throws(SystemCallError) {
                try Processes.kill(process, signal)
            } catch {
                if error.errno != .noSuchProcess { throw CgroupError(error) }
            }
        }
    }

    /// A container whose group somebody shares with us would take us along.
    private func refuseOurselves(_ processes: [Int32]) throws(CgroupError) {
        if processes.contains(Processes.current) {
            throw CgroupError(
                "we are in the container's group ourselves (\(census?.directory ?? "")); nothing was done")
        }
    }

    private static func isZombie(_ process: Int32) -> Bool {
        guard let bytes = try? Files.contents(of: "/proc/\(process)/stat", limit: 4096) else { return true }
        // The name in parentheses may hold anything; the state follows the last one.
        guard let parenthesis = bytes.lastIndex(of: UInt8(ascii: ")")), parenthesis + 2 < bytes.count else {
            return false
        }
        return [UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(bytes[parenthesis + 2])
    }
}
