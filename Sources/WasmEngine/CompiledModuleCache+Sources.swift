import SystemCalls

extension CompiledModuleCache {
    private static let sourcePrefix = "source-"

    /// The digest that a file had when it was last read whole, if it is still in the same state.
    public func digest(of source: FileIdentity) -> String? {
        guard let file = openOurs(Self.recordName(source)),
            let bytes = try? Files.readAll(file.rawValue, limit: SealedRecord.limit),
            let record = SealedRecord(bytes, numbers: FileIdentity.numberCount + 1),
            FileIdentity(numbers: record.numbers[...]) == source,
            source.isSettled(at: record.numbers[FileIdentity.numberCount])
        else { return nil }
        return record.text
    }

    /// Remembers a file's digest. The identity was taken before the file was read and hasn't changed since; a file that was
    /// written to a moment ago isn't remembered (false), because it could change again without a trace.
    @discardableResult
    public func remember(digest: String, of source: FileIdentity) -> Bool {
        let now = Clocks.now(.realtime)
        guard source.isSettled(at: now), digest.utf8.count <= 256 else { return false }
        let record = SealedRecord(numbers: source.numbers + [now], text: digest)
        do throws(SystemCallError) {
            _ = try writeFile(Self.recordName(source), record.encoded(), durable: false)
            return true
        } catch {
            // Nothing is lost but time.
            return false
        }
    }

    static func isRecordName(_ name: String) -> Bool { name.hasPrefix(sourcePrefix) }

    private static func recordName(_ source: FileIdentity) -> String {
        "\(sourcePrefix)\(String(source.device, radix: 16))-\(String(source.inode, radix: 16))"
    }
}
