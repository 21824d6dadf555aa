import SystemCalls

// A container goes by rename, as it came: others find all of it or nothing.

extension BundleStore {
    /// Removes a container's directory; it is gone for everybody else at once, whatever happens on the way.
    func remove(_ id: String) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            do throws(SystemCallError) { try hide(id) } catch {
                // A crash has left something at the place, which mustn't keep the container for good.
                guard [.directoryNotEmpty, .exists].contains(error.errno) else { throw error }
                _ = try? removeUnfinished(id)
                try hide(id)
            }
            try removeHidden(id)
        } catch { throw RuntimeFailure(.system, "removing container \(id): \(error)") }
    }

    /// Removes what its creator, who holds the lock, has made: the container if it was published, or what nobody has seen yet;
    /// never another's of the same id.
    func takeBack(_ id: String, _ made: borrowing ContainerDirectory) throws(RuntimeFailure) {
        if isNamed(id, made) { return try remove(id) }
        guard isNamed(Self.unfinishedPrefix + id, made) else { return }
        do throws(SystemCallError) { try removeHidden(id) } catch {
            throw RuntimeFailure(.system, "removing container \(id): \(error)")
        }
    }

    /// Takes a container away from its name; one that isn't there is no error.
    private func hide(_ id: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Files.rename(id, in: directory.rawValue, to: Self.unfinishedPrefix + id, in: directory.rawValue)
        } catch {
            if error.errno != .noSuchFile { throw error }
        }
    }

    private func removeHidden(_ id: String) throws(SystemCallError) {
        let unfinished = Self.unfinishedPrefix + id
        if !removeQuickly(unfinished) { try TreeRemoval.remove(unfinished, in: directory.rawValue) }
    }

    /// Removes a directory in which there is nothing but what usually is.
    private func removeQuickly(_ name: String) -> Bool {
        for file in [ContainerDirectory.recordFile, ContainerDirectory.socket] {
            try? Files.unlink("\(name)/\(file)", in: directory.rawValue)
        }
        return (try? Files.removeDirectory(name, in: directory.rawValue)) != nil
    }

    /// Removes what is left of a creation or a removal that was cut off before or after the container had a record.
    ///
    /// - Returns: false when there is something, and somebody is at work on it.
    func removeUnfinished(_ id: String) throws(RuntimeFailure) -> Bool {
        let unfinished = Self.unfinishedPrefix + id
        guard exists(unfinished) else { return !exists(id) }
        guard let left = try lock(name: unfinished, waits: false) else { return false }
        do throws(SystemCallError) { try TreeRemoval.remove(unfinished, in: directory.rawValue) } catch {
            throw RuntimeFailure(.system, "removing container \(id): \(error)")
        }
        withExtendedLifetime(left) {}
        return true
    }

    /// Whether something was left of a container that has no record.
    func hasUnfinished(_ id: String) -> Bool { exists(Self.unfinishedPrefix + id) }
}
