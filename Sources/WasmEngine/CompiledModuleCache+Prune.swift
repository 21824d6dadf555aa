import SystemCalls

extension CompiledModuleCache {
    /// A compiled module as `cache list` shows it.
    public struct Entry: Hashable, Sendable {
        public var digest: String
        public var fingerprint: String
        /// Bytes.
        public var size: UInt64
        /// Nanoseconds since the epoch, exact to an hour.
        public var lastUsed: Int64
    }

    public struct Pruned: Hashable, Sendable {
        public var entries = 0
        /// Bytes of compiled code.
        public var size: UInt64 = 0
    }

    /// More files than this in the directory are an error: something else puts them there.
    static let fileLimit = 100_000

    /// What is remembered about source files, at most: the oldest go.
    static let recordLimit = 4096

    /// All compiled modules, the most recently used first.
    public func entries() throws(CacheError) -> [Entry] {
        do throws(SystemCallError) {
            return try listing().entries.compactMap { item in
                guard let (digest, fingerprint) = item.name.parts else { return nil }
                return Entry(digest: digest, fingerprint: fingerprint, size: item.size, lastUsed: item.lastUsed)
            }.sorted { ($0.lastUsed, $0.digest) > ($1.lastUsed, $1.digest) }
        } catch { throw CacheError(root: root, reason: .system(error)) }
    }

    /// Removes the least recently used modules until at most `size` bytes are left, and what crashed writers left behind.
    @discardableResult
    public func prune(to size: UInt64 = 0) throws(CacheError) -> Pruned {
        do throws(SystemCallError) {
            let lock = try lockForWriting()
            let pruned = try makeRoom(for: size, sparing: nil)
            try lock.close()
            return pruned
        } catch { throw CacheError(root: root, reason: .system(error)) }
    }

    struct Listing {
        struct Item {
            var name: EntryName
            var size: UInt64
            var lastUsed: Int64
        }

        var entries: [Item] = []
        var records: [(name: String, modified: Int64)] = []
        var leftovers: [String] = []
    }

    /// Called with the lock held.
    func makeRoom(for limit: UInt64, sparing: String?) throws(SystemCallError) -> Pruned {
        var listing = try listing()
        var total = listing.entries.reduce(UInt64(0)) { $0 &+ $1.size }
        var pruned = Pruned()
        listing.entries.sort { $0.lastUsed < $1.lastUsed }
        for item in listing.entries where total > limit && item.name.code != sparing {
            remove(item.name)
            total &-= item.size
            pruned.entries += 1
            pruned.size &+= item.size
        }
        for name in listing.leftovers { try? Files.unlink(name, in: directory.rawValue) }
        listing.records.sort { $0.modified < $1.modified }
        for record in listing.records.dropLast(limit == 0 ? 0 : Self.recordLimit) {
            try? Files.unlink(record.name, in: directory.rawValue)
        }
        return pruned
    }

    private func listing() throws(SystemCallError) -> Listing {
        var listing = Listing()
        let names = try Files.names(inDirectory: root, limit: Self.fileLimit)
        let present = Set(names)
        let longAgo = Int64(clamping: Clocks.now(.realtime)) - 3_600_000_000_000
        for name in names {
            guard let status = try? FileStatus.of(name, in: directory.rawValue) else { continue }
            if name.hasSuffix(EntryName.codeSuffix) {
                let entry = EntryName(stem: String(name.dropLast(EntryName.codeSuffix.count)))
                let seal = try? FileStatus.of(entry.seal, in: directory.rawValue)
                listing.entries.append(
                    Listing.Item(
                        name: entry, size: UInt64(max(status.size, 0)), lastUsed: seal?.modified ?? status.modified))
            } else if Self.isRecordName(name) {
                listing.records.append((name, status.modified))
            } else if name.hasSuffix(EntryName.sealSuffix) {
                let code = name.dropLast(EntryName.sealSuffix.count) + EntryName.codeSuffix
                if !present.contains(String(code)) { listing.leftovers.append(name) }
            } else if name.hasPrefix("tmp-"), status.modified < longAgo {
                listing.leftovers.append(name)
            }
        }
        return listing
    }
}
