import JSON
import SystemCalls

extension StateDirectory {
    /// The container's directory; its log and state file stand in it.
    public func path(of id: ContainerID) -> String { "\(path)/\(id.text)" }

    /// A state file is small; a larger one isn't ours.
    private static let recordLimit = 1 << 20

    /// Puts a new container on record, in state `created`.
    ///
    /// - Throws: `nameTaken`, `malformedName`.
    public func create(_ record: ContainerRecord) throws(LifecycleError) -> ContainerRecord {
        guard ContainerName.isValid(record.name) else { throw .malformedName(record.name) }
        var record = record
        record.supervisor = .current
        // One at a time, so that a name can't be taken twice.
        let turn = try lock()
        for other in try records() where other.name == record.name || other.id.text == record.name {
            throw .nameTaken(record.name, by: other.id)
        }
        try system("creating the container") { () throws(SystemCallError) in
            let unfinished = Self.unfinishedPrefix + record.id.text
            try Files.makeDirectory(unfinished, in: descriptor.rawValue, mode: 0o700)
            let directory = try Files.open(
                unfinished, in: descriptor.rawValue, flags: [.readOnly, .directory, .noFollow])
            try Self.write(record, in: directory.rawValue)
            try Files.rename(unfinished, in: descriptor.rawValue, to: record.id.text, in: descriptor.rawValue)
        }
        withExtendedLifetime(turn) {}
        return record
    }

    /// Every record that can be read, oldest first.
    public func records() throws(LifecycleError) -> [ContainerRecord] {
        var records: [ContainerRecord] = []
        for id in try identifiers() {
            // Gone since it was listed, or damaged: `record(of:)` tells of it when somebody asks for that one.
            if let record = try? record(of: id) { records.append(record) }
        }
        return records.sorted { ($0.created, $0.id.text) < ($1.created, $1.id.text) }
    }

    /// The ids of all directories, whatever is in them.
    private func identifiers() throws(LifecycleError) -> [ContainerID] {
        do throws(SystemCallError) {
            return try Files.names(inDirectory: path, limit: Self.containerLimit).compactMap { ContainerID($0) }
        } catch { throw .system(doing: "listing containers", error) }
    }

    /// A container's record.
    ///
    /// - Throws: `unknown`; `damaged` for one that can't be read.
    public func record(of id: ContainerID) throws(LifecycleError) -> ContainerRecord {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            let directory = try open(id)
            bytes = try Files.contents(of: Self.stateFile, in: directory.rawValue, limit: Self.recordLimit)
        } catch {
            if error.errno == .noSuchFile { throw .unknown(id.short) }
            throw .system(doing: "reading the state of \(id.short)", error)
        }
        do throws(JSONError) {
            return try ContainerRecord(reading: bytes)
        } catch { throw .damaged(path: "\(path(of: id))/\(Self.stateFile)", reason: "\(error)") }
    }

    /// By name, by id, or by what only one id begins with.
    public func find(_ text: String) throws(LifecycleError) -> ContainerRecord {
        try record(of: identify(text))
    }

    /// As `find`; a container whose record can't be read is found by its id.
    public func identify(_ text: String) throws(LifecycleError) -> ContainerID {
        if let exact = try records().first(where: { $0.name == text || $0.id.text == text }) { return exact.id }
        let isPrefix = !text.isEmpty && text.utf8.allSatisfy(ContainerID.isDigit)
        let matches = isPrefix ? try identifiers().filter { $0.text.hasPrefix(text) } : []
        guard let match = matches.first else { throw .unknown(text) }
        guard matches.count == 1 else { throw .ambiguous(text, matches: matches.count) }
        return match
    }

    /// Whether reading a record failed because of what is, or isn't, in its directory.
    func isDamage(_ error: LifecycleError, of id: ContainerID) -> Bool {
        switch error {
        case .damaged: true
        // The directory is there, its state file isn't.
        case .unknown: (try? open(id)) != nil
        default: false
        }
    }

    /// Changes a record, alone: between reading and writing nobody else does.
    @discardableResult
    func update(
        _ id: ContainerID, _ body: (inout ContainerRecord) throws(LifecycleError) -> Void
    ) throws(LifecycleError) -> ContainerRecord {
        let directory = try lock(id)
        var record = try record(of: id)
        try body(&record)
        try system("writing the state of \(id.short)") { () throws(SystemCallError) in
            try Self.write(record, in: directory.rawValue)
        }
        return record
    }

    private func lock(_ id: ContainerID) throws(LifecycleError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            let directory = try open(id)
            try Files.lock(directory.rawValue, exclusive: true)
            return directory
        } catch {
            if error.errno == .noSuchFile { throw .unknown(id.short) }
            throw .system(doing: "locking \(id.short)", error)
        }
    }

    /// Removes a container's directory; it disappears from the list at once, whatever happens on the way.
    func delete(_ id: ContainerID) throws(LifecycleError) {
        try system("removing \(id.short)") { () throws(SystemCallError) in
            do throws(SystemCallError) {
                try Files.rename(
                    id.text, in: descriptor.rawValue, to: Self.unfinishedPrefix + id.text, in: descriptor.rawValue)
            } catch {
                if error.errno != .noSuchFile { throw error }
            }
        }
        let turn = try lock()
        withExtendedLifetime(turn) {}
    }

    /// Removes what a crash left half made or half removed. Called with the turn taken.
    func removeUnfinished() {
        for name in (try? Files.names(inDirectory: path, limit: Self.containerLimit)) ?? []
        where name.hasPrefix(Self.unfinishedPrefix) {
            try? TreeRemoval.remove(name, in: descriptor.rawValue)
        }
    }

    func open(_ id: ContainerID) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(id.text, in: descriptor.rawValue, flags: [.readOnly, .directory, .noFollow])
    }

    /// The turn to create: held as long as the descriptor lives.
    func lock() throws(LifecycleError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            let turn = try Files.open(".", in: descriptor.rawValue, flags: [.readOnly, .directory])
            try Files.lock(turn.rawValue, exclusive: true)
            removeUnfinished()
            return turn
        } catch { throw .system(doing: "locking the state directory", error) }
    }

    private static func write(_ record: ContainerRecord, in directory: Int32) throws(SystemCallError) {
        // One writer at a time has the directory's lock; what a crash left of the last one is removed.
        try Files.replace(
            stateFile, in: directory, by: record.json.bytes(.pretty), mode: 0o600, temporary: stateFile + ".new")
    }

    private func system(_ doing: String, _ body: () throws(SystemCallError) -> Void) throws(LifecycleError) {
        do throws(SystemCallError) { try body() } catch { throw .system(doing: doing, error) }
    }
}
