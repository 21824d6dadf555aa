import Cgroups
import SystemCalls
import WasmWorkload

/// A process that a zygote forked before anybody asked. What every start takes is done by then: the fork itself, the pages of
/// the program, a network namespace, and what takes long when it is done for the first time. It gets its request from the zygote, which has looked at the client.
struct ZygoteSpare: ~Copyable {
    /// The connection with the zygote; its end is ours.
    let channel: Int32
    let reports: Int32
    let signals: SignalSet
    let read: ZygoteTask.Reader

    /// What comes with a client's connection.
    static let handover: [UInt8] = [1]

    consuming func run() -> Never {
        closeOthers()
        // The engine's code is used by whom this process forks, and such pages aren't inherited.
        ProgramPages.populate(except: "/libwasmtime.so")
        guard ReadyNetwork.prepare() else { Processes.exit(1) }
        Rehearsal.guest()
        let mounts = CgroupHierarchy.watch()
        guard
            var message = try? LocalSockets.receive(channel, limit: Self.handover.count, descriptorLimit: 1),
            let connection = message.descriptors.takeFirst()?.release()
        else { Processes.exit(0) }
        ZygoteHelper(
            read: read, connection: connection, reports: reports, join: ZygoteGroups.Join(), signals: signals,
            mounts: mounts
        ).run()
    }

    /// What belongs to the server: its socket, its clients, its ends of other spares' connections.
    private borrowing func closeOthers() {
        try? OpenDescriptors.closeAll(
            except: [channel, reports] + ModuleShelf.shared.descriptors, from: ZygoteServer.lowestOwn)
    }
}

/// The spares of a zygote that wait.
struct ZygoteSpares {
    private struct Spare {
        let process: Int32
        let pidfd: Int32
        let channel: Int32

        func forget() {
            _ = OwnedDescriptor(adopting: pidfd)
            _ = OwnedDescriptor(adopting: channel)
        }
    }

    /// How many there should be.
    let count: Int
    private var waiting: [Spare] = []
    /// When the next one is due, so that a start isn't disturbed by it; nil when none is missing.
    private(set) var due: UInt64?

    /// Nanoseconds after a start that goes on so long; when it is over, the next spare is due at once.
    private static let pause: UInt64 = 30_000_000

    init(count: Int) {
        self.count = count
        due = count > 0 ? 0 : nil
    }

    var isMissing: Bool { waiting.count < count }

    mutating func add(_ process: Int32, pidfd: consuming OwnedDescriptor, channel: consuming OwnedDescriptor) {
        waiting.append(Spare(process: process, pidfd: pidfd.release(), channel: channel.release()))
        due = isMissing ? Clocks.now(.monotonic) : nil
    }

    /// No more of them for now: there is no process to be had.
    mutating func giveUp() { due = nil }

    /// Hands a client's connection over, at which the request waits.
    ///
    /// - Returns: the pidfd of who got it; nil when nobody is there.
    mutating func hand(_ connection: Int32) -> OwnedDescriptor? {
        while !waiting.isEmpty {
            let spare = waiting.removeFirst()
            due = Clocks.now(.monotonic) &+ Self.pause
            let isThere =
                (try? LocalSockets.send(spare.channel, ZygoteSpare.handover, descriptors: [connection])) != nil
            if isThere {
                _ = OwnedDescriptor(adopting: spare.channel)
                return OwnedDescriptor(adopting: spare.pidfd)
            }
            spare.forget()
        }
        return nil
    }

    /// Sends all of them away: they know less than the zygote by now.
    mutating func dismiss() {
        for spare in waiting { spare.forget() }
        waiting = []
        due = count > 0 ? Clocks.now(.monotonic) &+ Self.pause : nil
    }

    /// A process ended that had been one of them, or still was.
    mutating func ended(_ process: Int32) {
        guard let index = waiting.firstIndex(where: { $0.process == process }) else {
            if isMissing, due != nil { due = Clocks.now(.monotonic) }
            return
        }
        waiting.remove(at: index).forget()
        due = Clocks.now(.monotonic) &+ 1_000_000_000
    }
}
