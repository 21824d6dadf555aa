import HostCapabilities
import SystemCalls
import WasmEngine

/// `poll_oneoff`: waits for clocks and descriptors.
enum PollFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("poll_oneoff", [.i32, .i32, .i32, .i32]) { (call, memory, values) throws(Preview1Failure) in
            try poll(
                call, memory, subscriptions: values[u32: 0], events: values[u32: 1], count: values[u32: 2],
                result: values[u32: 3])
        }
    ]

    /// Waits until at least one subscription has an event, and reports all that have one, in the subscriptions' order.
    ///
    /// What is wrong with one subscription (a descriptor that isn't open, a right that it lacks, a clock that can't be
    /// waited for) is its event's error, and the others count all the same. Errors of the call: `inval` for no subscription
    /// at all, for more than the limit, and for a tag or flag that doesn't exist.
    static func poll(
        _ call: Preview1Call, _ memory: borrowing GuestMemory, subscriptions: UInt32, events: UInt32, count: UInt32,
        result: UInt32
    ) throws(Preview1Failure) {
        guard count > 0, count <= call.context.limits.subscriptions else { throw .errno(.inval) }
        let stride = PollSubscription.size(call.dialect)
        // All of the memory that will be written is checked before the guest is made to wait.
        _ = try memory.range(at: subscriptions, count: checkedProduct(count, stride))
        _ = try memory.range(at: events, count: checkedProduct(count, PollEvent.size))
        _ = try memory.range(at: result, count: 4)
        var wait = PollWait(call.context)
        for index in 0..<count {
            wait.add(try PollSubscription(memory, at: subscriptions + index * stride, call.dialect))
        }
        let found: [PollEvent]
        do throws(SystemCallError) { found = try wait.run() } catch { throw Preview1Failure(error) }
        for (index, event) in found.enumerated() {
            try event.write(memory, at: events + UInt32(truncatingIfNeeded: index) * PollEvent.size)
        }
        try memory.put(UInt32(truncatingIfNeeded: found.count), at: result)
    }

    private static func checkedProduct(_ count: UInt32, _ size: UInt32) throws(Preview1Failure) -> UInt32 {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw .errno(.inval) }
        return product
    }
}

/// One call's subscriptions on their way to events.
private struct PollWait {
    /// What a subscription waits for.
    private enum Entry {
        /// The event is known already: an error, or a file, which is always ready.
        case ready(PollEvent)
        case clock(PollSubscription, Deadline)
        /// The resource is held so that its descriptor stays open while waiting.
        case descriptor(PollSubscription, DescriptorResource, request: Int)
    }

    private let context: Preview1Context
    private var entries: [Entry] = []
    private var requests: [PollRequest] = []
    private var deadlines: [Deadline] = []

    init(_ context: Preview1Context) { self.context = context }

    mutating func add(_ subscription: PollSubscription) {
        do throws(Preview1Failure) {
            switch subscription.event {
            case .clock(let id, let timeout, let isAbsolute):
                let deadline = try Self.deadline(clock: id, timeout, isAbsolute: isAbsolute)
                deadlines.append(deadline)
                entries.append(.clock(subscription, deadline))
            case .read(let number):
                try add(subscription, number, .readable, right: .fdRead)
            case .write(let number):
                try add(subscription, number, .writable, right: .fdWrite)
            }
        } catch {
            guard case .errno(let errno) = error else { return }
            entries.append(.ready(PollEvent(userData: subscription.userData, error: errno, tag: subscription.tag)))
        }
    }

    /// The CPU clocks don't move while their thread waits: `inval`.
    private static func deadline(clock: UInt32, _ timeout: UInt64, isAbsolute: Bool) throws(Preview1Failure) -> Deadline
    {
        switch try ClockFunctions.clock(clock) {
        case .realtime: isAbsolute ? Deadline(.realtime, at: timeout) : Deadline(after: timeout)
        case .monotonic: isAbsolute ? Deadline(.monotonic, at: timeout) : Deadline(after: timeout)
        case .processCPU, .threadCPU: throw .errno(.inval)
        }
    }

    /// A descriptor that may be read (written) may be waited for, also without the right to poll: wasmtime grants it to all.
    private mutating func add(
        _ subscription: PollSubscription, _ number: UInt32, _ events: PollEvents, right: Preview1Rights
    ) throws(Preview1Failure) {
        let slot = try context.descriptors.slot(number)
        guard !slot.base.isDisjoint(with: [right, .pollFdReadwrite]) else { throw .errno(.notcapable) }
        if let event = Self.fileEvent(subscription, slot.resource) {
            entries.append(.ready(event))
        } else {
            requests.append(PollRequest(slot.resource.hostDescriptor, events))
            entries.append(.descriptor(subscription, slot.resource, request: requests.count - 1))
        }
    }

    /// A regular file and a directory are ready at all times. What a file has left to be read is counted, and its end is
    /// shown as a hang-up, as wasmtime does.
    private static func fileEvent(_ subscription: PollSubscription, _ resource: DescriptorResource) -> PollEvent? {
        var event = PollEvent(userData: subscription.userData, tag: subscription.tag)
        switch resource {
        case .directory: return event
        case .socket: return nil
        case .file(let file): guard file.kind == .regular else { return nil }
        case .stream(let stream): guard stream.kind == .regular else { return nil }
        }
        guard subscription.tag == .read else {
            event.byteCount = 1
            return event
        }
        let descriptor = resource.hostDescriptor
        let size = (try? FileCalls.status(of: descriptor).size) ?? 0
        let offset = (try? TransferCalls.seek(descriptor, 0, from: .current)) ?? 0
        event.byteCount = UInt64(max(0, size.subtractingReportingOverflow(offset).partialValue))
        event.isHangUp = event.byteCount == 0
        return event
    }

    mutating func run() throws(SystemCallError) -> [PollEvent] {
        let hasReady = entries.contains { if case .ready = $0 { true } else { false } }
        if hasReady { deadlines.append(Deadline(.monotonic, at: 0)) }
        // Only clocks or descriptors make it wait; with neither everything is ready.
        _ = try Readiness.wait(&requests, until: deadlines, context.rests)
        return entries.compactMap { entry in
            switch entry {
            case .ready(let event): event
            case .clock(let subscription, let deadline):
                deadline.remaining() == 0 ? PollEvent(userData: subscription.userData, tag: .clock) : nil
            case .descriptor(let subscription, _, let request):
                Self.event(subscription, requests[request])
            }
        }
    }

    private static func event(_ subscription: PollSubscription, _ request: PollRequest) -> PollEvent? {
        let found = request.found
        guard !found.isEmpty else { return nil }
        var event = PollEvent(userData: subscription.userData, tag: subscription.tag)
        if found.contains(.notOpen) {
            event.error = .badf
            return event
        }
        // The writer of a pipe whose reader went away is told so by an error alone.
        event.isHangUp = found.contains(.hangUp) || found.contains(.error) && subscription.tag == .write
        if subscription.tag == .read {
            // A listening socket counts no bytes, but something is there.
            let count = Poll.readableBytes(request.descriptor) ?? 1
            event.byteCount = UInt64(max(0, count))
        } else if found.contains(.writable) {
            event.byteCount = 1
        }
        return event
    }
}
