import ContainerLifecycle
import SystemCalls

/// A command's side of a zygote: has it do what the command would do itself.
public struct ZygoteClient: Sendable {
    let path: String
    let programVersion: String

    public init(path: String, programVersion: String) {
        self.path = path
        self.programVersion = programVersion
    }

    /// Where `run` looks for one: beside the state of what runs.
    public static var defaultPath: String { "\(StateDirectory.defaultPath)/zygote.sock" }

    /// Milliseconds that a zygote has to fork; then the command does without.
    private static let patience: UInt32 = 1000

    /// `run`, by the zygote.
    ///
    /// - Returns: the exit status; nil when there is no zygote, or none for this: the caller does it himself, nothing has
    ///   been done yet.
    public func run(
        _ settings: RuntimeSettings, _ request: CreateRequest, _ mode: RunMode
    ) throws(RuntimeFailure) -> Int32? {
        try perform(settings, request, .run(mode))
    }

    /// `create`, by the zygote, which becomes the parent of the container's process. Returns whether it was done.
    public func create(_ settings: RuntimeSettings, _ request: CreateRequest) throws(RuntimeFailure) -> Bool {
        try perform(settings, request, .create) != nil
    }

    /// HUP, INT, QUIT, USR1, USR2, TERM and WINCH: what `HeldSignals` holds.
    private static let passedOn: [Int32] = [1, 2, 3, 10, 12, 15, 28]

    private func perform(
        _ settings: RuntimeSettings, _ request: CreateRequest, _ operation: ZygoteRequest.Operation
    ) throws(RuntimeFailure) -> Int32? {
        // What isn't there is found out by one call.
        guard let connection = try? PacketSockets.connect(to: path, milliseconds: Self.patience),
            // Our descriptors and our word are for nobody else, wherever the path leads.
            (try? PacketSockets.peer(of: connection.rawValue))?.user == Processes.effectiveUser,
            let wanted = ZygoteRequest(mine: settings, request, operation)
        else { return nil }
        // Whoever ended us before would end the container's monitor now: it is told instead.
        guard let signals = try? HeldSignals(), let process = ask(wanted, connection.rawValue) else { return nil }
        defer { signals.release() }
        return try wait(for: process, connection.rawValue, signals)
    }

    /// - Returns: the pidfd of the process that works for us, when there is one.
    private func ask(_ wanted: ZygoteRequest, _ connection: Int32) -> OwnedDescriptor? {
        guard let folder = try? Files.open(".", flags: [.path, .directory]) else { return nil }
        let descriptors = [folder.rawValue, 0, 1, 2] + (0..<Int32(wanted.preserved)).map { $0 + 3 }
        guard
            (try? LocalSockets.send(connection, wanted.bytes(programVersion: programVersion), descriptors: descriptors))
                != nil,
            let answer = try? LocalSockets.receive(connection, limit: ZygoteAnswer.sizeLimit, descriptorLimit: 1),
            let pidfd = answer.descriptors.first
        else { return nil }
        let process = OwnedDescriptor(adopting: pidfd)
        guard ZygoteAnswer(answer.bytes) == .accepted,
            (try? LocalSockets.send(connection, ZygoteAnswer.go)) != nil
        else { return nil }
        return process
    }

    /// Passes signals on until the work is done.
    private func wait(
        for process: borrowing OwnedDescriptor, _ connection: Int32, _ held: borrowing HeldSignals
    ) throws(RuntimeFailure) -> Int32? {
        do throws(SystemCallError) {
            let signals = try SignalSet(Self.passedOn).descriptor()
            var requests = [PollRequest(connection, .readable), PollRequest(signals.rawValue, .readable)]
            while true {
                _ = try Poll.wait(&requests, timeout: nil)
                if !requests[1].found.isEmpty {
                    while let number = try SignalSet.next(from: signals.rawValue) {
                        try? Processes.signal(process.rawValue, number)
                    }
                }
                if !requests[0].found.isEmpty { break }
            }
        } catch { throw RuntimeFailure(.system, "waiting for the zygote's process: \(error)") }
        let answer = (try? LocalSockets.receive(connection, limit: ZygoteAnswer.sizeLimit)).flatMap {
            ZygoteAnswer($0.bytes)
        }
        switch answer {
        case .ended(let status): return status
        case .failed(let failure): throw failure
        // It couldn't take over what is ours.
        case .declined: return nil
        case .accepted, nil:
            throw RuntimeFailure(.system, "the process of the zygote that ran the container ended without a word")
        }
    }
}

extension ZygoteRequest {
    /// With what this process would hand to a child; nil when that is more than a request carries.
    fileprivate init?(mine settings: RuntimeSettings, _ request: CreateRequest, _ operation: Operation) {
        // These are bound to the caller in ways that no message can tell of: its group, its keyring, its terminal.
        guard settings.cgroupDriver != nil, !request.keepsKeyring, !Terminals.isTerminal(0) else { return nil }
        // A service manager takes the word of its service's own process.
        if case .run = operation, NotifySocket.manager != nil { return nil }
        self.settings = settings
        self.request = request
        self.operation = operation
        fileModeMask = Confinement.setFileModeMask(0)
        Confinement.setFileModeMask(fileModeMask)
        limits = []
        for number in 0..<Self.limitCount {
            guard let limit = try? ProcessAttributes.limit(Int32(number)) else { return nil }
            limits.append(Limit(soft: limit.soft, hard: limit.hard))
        }
        let activated = SocketActivation.count
        variables = Self.variableNames.map { name in
            name == SocketActivation.countVariable && activated == 0 ? nil : Environment.value(name)
        }
        let (count, overflow) = request.preservedDescriptors.addingReportingOverflow(activated)
        guard !overflow, count <= Self.preservedLimit, PreservedDescriptors.areComplete(count) else { return nil }
        preserved = count
        let texts =
            [settings.root, settings.imageStore, request.bundle, request.configuration, request.pidFile]
            + [request.consoleSocket, request.pidfdSocket]
        guard texts.allSatisfy({ ($0?.utf8.count ?? 0) <= PacketReader.textLimit }),
            variables.allSatisfy({ ($0?.utf8.count ?? 0) <= Self.variableLimit }),
            bytes(programVersion: "").count < Self.sizeLimit - 256
        else { return nil }
    }
}
