import HostCapabilities
import SystemCalls

/// The guest's descriptors: small numbers, each with a resource and the rights to use it.
///
/// Shared by all threads of a guest. The lock is held for a look-up or a change, never during a system call that waits.
public final class DescriptorTable: Sendable {
    /// A descriptor as a call finds it: a copy, so that rights and resource belong together.
    public struct Slot: Sendable {
        public let resource: DescriptorResource
        public var base: Preview1Rights
        public var inheriting: Preview1Rights

        public init(_ resource: DescriptorResource, base: Preview1Rights, inheriting: Preview1Rights = []) {
            self.resource = resource
            self.base = base
            self.inheriting = inheriting
        }
    }

    private struct State {
        var slots: [Slot?] = []
        /// No slot below this index is free.
        var lowestFree = 0

        /// Where the next descriptor goes: the lowest free number, as POSIX has it.
        mutating func freeIndex(limit: Int) -> Int? {
            while lowestFree < slots.count, slots[lowestFree] != nil { lowestFree += 1 }
            guard lowestFree < limit else { return nil }
            if lowestFree == slots.count { slots.append(nil) }
            return lowestFree
        }
    }

    private let state = Mutex(State())

    /// How many numbers there are at most: a number is always below it.
    public let limit: Int

    public init(limit: Int) { self.limit = limit }

    /// What a number means, if it is open: `badf` if not, `notcapable` without all of the rights.
    public func slot(_ number: UInt32, needing rights: Preview1Rights = []) throws(Preview1Failure) -> Slot {
        let found = state.withLock { state -> Slot? in
            let index = Int(number)
            return index < state.slots.count ? state.slots[index] : nil
        }
        guard let found else { throw .errno(.badf) }
        guard found.base.isSuperset(of: rights) else { throw .errno(.notcapable) }
        return found
    }

    /// Gives a resource the lowest free number: `mfile` when there is none.
    public func insert(_ slot: consuming Slot) throws(Preview1Failure) -> UInt32 {
        let slot = slot
        let index = state.withLock { state -> Int? in
            guard let index = state.freeIndex(limit: limit) else { return nil }
            state.slots[index] = slot
            return index
        }
        guard let index else { throw .errno(.mfile) }
        return UInt32(index)
    }

    /// `mfile` when there is no number left.
    ///
    /// Asked before something is done that can't be taken back, as the kernel does: a file isn't cut, nor a connection taken,
    /// for a descriptor that nobody gets.
    public func expectRoom() throws(Preview1Failure) {
        guard state.withLock({ $0.freeIndex(limit: limit) }) != nil else { throw .errno(.mfile) }
    }

    /// Takes a descriptor out: `badf` if it isn't open. The resource is closed when nobody uses it any longer.
    public func remove(_ number: UInt32) throws(Preview1Failure) -> Slot {
        let removed = state.withLock { state -> Slot? in
            let index = Int(number)
            guard index < state.slots.count, let slot = state.slots[index] else { return nil }
            state.slots[index] = nil
            state.lowestFree = min(state.lowestFree, index)
            return slot
        }
        guard let removed else { throw .errno(.badf) }
        return removed
    }

    /// Lets `target` mean what `source` means and closes `source`, in one step: `badf` if either isn't open.
    public func renumber(_ source: UInt32, to target: UInt32) throws(Preview1Failure) {
        let (source, target) = (Int(source), Int(target))
        // What was overwritten is closed outside of the lock.
        let overwritten = state.withLock { state -> Slot? in
            guard source < state.slots.count, target < state.slots.count, let moved = state.slots[source],
                let overwritten = state.slots[target]
            else { return nil }
            guard source != target else { return moved }
            state.slots[target] = moved
            state.slots[source] = nil
            state.lowestFree = min(state.lowestFree, source)
            return overwritten
        }
        if overwritten == nil { throw .errno(.badf) }
    }

    /// Narrows the rights of a descriptor: `notcapable` if one would be added.
    public func narrow(
        _ number: UInt32, base: Preview1Rights, inheriting: Preview1Rights
    ) throws(Preview1Failure) {
        let refused = state.withLock { state -> Preview1Errno? in
            let index = Int(number)
            guard index < state.slots.count, let slot = state.slots[index] else { return .badf }
            guard slot.base.isSuperset(of: base), slot.inheriting.isSuperset(of: inheriting) else { return .notcapable }
            state.slots[index] = Slot(slot.resource, base: base, inheriting: inheriting)
            return nil
        }
        if let refused { throw .errno(refused) }
    }

    /// How many descriptors are open.
    public var count: Int {
        state.withLock { state in state.slots.reduce(0) { $1 == nil ? $0 : $0 + 1 } }
    }
}

// Look-ups by kind.
extension DescriptorTable {
    /// A directory: `notdir` for a file, `badf` for anything else that isn't one.
    public func directory(
        _ number: UInt32, needing rights: Preview1Rights
    ) throws(Preview1Failure) -> (DirectoryEntry, Slot) {
        let slot = try slot(number)
        switch slot.resource {
        case .directory(let entry):
            guard slot.base.isSuperset(of: rights) else { throw .errno(.notcapable) }
            return (entry, slot)
        case .file, .stream, .socket: throw .errno(.notdir)
        }
    }

    /// A socket: `notsock` for anything else.
    public func socket(_ number: UInt32, needing rights: Preview1Rights) throws(Preview1Failure) -> SocketEntry {
        let slot = try slot(number)
        guard case .socket(let socket) = slot.resource else { throw .errno(.notsock) }
        guard slot.base.isSuperset(of: rights) else { throw .errno(.notcapable) }
        return socket
    }
}
