import SystemCalls
import Testing

@testable import Cgroups

/// Connects, says Hello, and calls one method.
private func exchange(_ bus: FakeBus, milliseconds: UInt64 = 5000) throws -> [BusValue] {
    let patience = BusConnection.Patience(reaching: milliseconds, greeting: milliseconds)
    var connection = try BusConnection.open([bus.address], patience)
    return try connection.callBus("GetId", until: Deadline(milliseconds: milliseconds))
}

private func failure(_ bus: FakeBus, milliseconds: UInt64 = 5000) -> BusError? {
    do {
        _ = try exchange(bus, milliseconds: milliseconds)
        return nil
    } catch { return error as? BusError }
}

/// A bus that has said hello, and then does this with the next call.
private func greeted(_ then: @escaping @Sendable (BusMessage, inout Peer) throws -> Void) throws -> FakeBus {
    try FakeBus { peer in
        try peer.authenticate()
        let hello = try peer.message()
        try peer.send(try BusMessage.answer(to: hello, [.string(":1.7")]).encoded())
        let call = try peer.message()
        try then(call, &peer)
        try peer.drain()
    }
}

@Suite(.serialized) struct BusConnectionTests {
    @Test func aCallHasItsAnswer() throws {
        let bus = try greeted { call, peer in
            try peer.send(try BusMessage.answer(to: call, [.string("id")]).encoded())
        }
        #expect(try exchange(bus) == [.string("id")])
    }

    @Test func anAnswerMayComeByteByByte() throws {
        let bus = try FakeBus { peer in
            guard try peer.take(1) == [0], try peer.line() == "AUTH EXTERNAL" else { throw Peer.Gone() }
            try peer.sendSlowly(Array("DATA\r\n".utf8))
            _ = try peer.line()
            try peer.sendSlowly(Array("OK 0123456789abcdef0123456789abcdef\r\n".utf8))
            _ = try peer.line()
            for _ in 0..<2 {
                let call = try peer.message()
                try peer.sendSlowly(try BusMessage.answer(to: call, [.string("slow")]).encoded())
            }
            try peer.drain()
        }
        #expect(try exchange(bus) == [.string("slow")])
    }

    @Test func severalMessagesMayComeAtOnce() throws {
        let bus = try greeted { call, peer in
            var other = call
            other.serial = 4711
            try peer.send(
                try BusMessage.jobRemoved("/job/1", unit: "x", "done", sender: nil).encoded()
                    + BusMessage.answer(to: other, [.string("another's")]).encoded()
                    + BusMessage.answer(to: call, [.string("ours")]).encoded())
        }
        #expect(try exchange(bus) == [.string("ours")])
    }

    @Test func messagesOfUnknownKindsAreLeftOut() throws {
        let bus = try greeted { call, peer in
            var unknown = try BusMessage.answer(to: call, [.string("no")]).encoded()
            unknown[1] = 9
            try peer.send(unknown + BusMessage.answer(to: call, [.string("yes")]).encoded())
        }
        #expect(try exchange(bus) == [.string("yes")])
    }

    @Test func anOldServerThatSaysOKAtOnceIsUnderstood() throws {
        let bus = try FakeBus { peer in
            _ = try peer.take(1)
            for _ in 0..<2 {
                _ = try peer.line()
                try peer.send(line: "OK 0123456789abcdef0123456789abcdef")
            }
            guard try peer.line() == "BEGIN" else { return }
            for _ in 0..<2 { try peer.send(try BusMessage.answer(to: try peer.message(), [.string("old")]).encoded()) }
            try peer.drain()
        }
        #expect(try exchange(bus) == [.string("old")])
    }

    @Test func anErrorComesWithItsNameAndText() throws {
        let bus = try greeted { call, peer in
            try peer.send(try BusMessage.error("org.example.No", "not\ntoday", to: call).encoded())
        }
        let error = failure(bus)
        #expect(error == .answered(name: "org.example.No", text: "not\ntoday"))
        #expect(error?.description == "not?today (org.example.No)")
    }

    @Test func aRejectedUserIsToldSo() throws {
        let bus = try FakeBus { peer in
            _ = try peer.take(1)
            _ = try peer.line()
            try peer.send(line: "REJECTED ANONYMOUS")
            try peer.drain()
        }
        guard case .unreachable = failure(bus) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func aBusThatSaysNothingIsLeftAtTheDeadline() throws {
        let silent: [@Sendable (inout Peer) throws -> Void] = [
            { try $0.drain() },
            { peer in
                try peer.authenticate()
                try peer.drain()
            },
            { peer in
                try peer.authenticate()
                let hello = try peer.message()
                try peer.send(Array(try BusMessage.answer(to: hello).encoded().dropLast()))
                try peer.drain()
            },
        ]
        for serve in silent {
            let bus = try FakeBus(serve)
            let start = Clocks.now(.monotonic)
            guard case .timedOut = failure(bus, milliseconds: 150) else {
                Issue.record("no timeout")
                return
            }
            #expect(Clocks.now(.monotonic) - start < 2_000_000_000)
        }
    }

    @Test func aBusThatTalksWithoutEndIsLeftAtTheDeadlineOrBefore() throws {
        let babble = try greeted { call, peer in
            let signal = try BusMessage.jobRemoved("/job/1", unit: "x", "done", sender: nil).encoded()
            while true { try peer.send(signal) }
        }
        #expect(failure(babble, milliseconds: 1000) != nil)
        let lines = try FakeBus { peer in
            _ = try peer.take(1)
            while true { try peer.send([UInt8](repeating: 0x41, count: 1000)) }
        }
        #expect(failure(lines, milliseconds: 1000) == .violation("a line without end"))
        let unrelated = try greeted { call, peer in
            var other = call
            other.serial = 4711
            let answer = try BusMessage.answer(to: other).encoded()
            while true { try peer.send(answer) }
        }
        guard case .timedOut = failure(unrelated, milliseconds: 300) else {
            Issue.record("no timeout")
            return
        }
    }

    @Test func aBusThatClosesIsAnErrorAtEveryMoment() throws {
        #expect(failure(try FakeBus { _ in }) != nil)
        #expect(failure(try FakeBus { try $0.authenticate() }) != nil)
        let half = try FakeBus { peer in
            try peer.authenticate()
            let hello = try peer.message()
            try peer.send(Array(try BusMessage.answer(to: hello).encoded().prefix(20)))
        }
        #expect(failure(half) == .closed)
    }

    @Test(
        arguments: [
            [0x6c, 2, 1, 1, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x6c, 2, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
            [0x78, 2, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], [0x6c, 2, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x6c, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0x6c, 2, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x6c, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func bytesThatAreNoMessageEndTheConnection(_ bytes: [UInt8]) throws {
        let bus = try greeted { _, peer in try peer.send(bytes) }
        guard case .violation = failure(bus) else {
            Issue.record("taken")
            return
        }
    }

    @Test func theNextAddressIsTriedWhereNobodyAnswers() throws {
        let bus = try greeted { call, peer in
            try peer.send(try BusMessage.answer(to: call, [.string("second")]).encoded())
        }
        let patience = BusConnection.Patience(reaching: 5000, greeting: 5000)
        let nobody = BusAddress(name: .path("/nonexistent/bus"))
        var connection = try BusConnection.open([nobody, bus.address], patience)
        #expect(
            try connection.callBus("GetId", until: Deadline(milliseconds: 5000)) == [.string("second")])
        let error = #expect(throws: BusError.self) { _ = try BusConnection.open([nobody], patience) }
        #expect(error?.description == "connect \"/nonexistent/bus\": no such file or directory (ENOENT)")
    }

    /// It stands in the queue of a listener that is there.
    @Test func aSlowBusHasMoreTimeThanNobody() throws {
        let bus = try FakeBus { peer in
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: 400_000_000)
            try peer.authenticate()
            for answer in [":1.7", "late"] {
                try peer.send(try BusMessage.answer(to: try peer.message(), [.string(answer)]).encoded())
            }
            try peer.drain()
        }
        var connection = try BusConnection.open([bus.address], .init(reaching: 100, greeting: 5000))
        #expect(try connection.callBus("GetId", until: Deadline(milliseconds: 5000)) == [.string("late")])
    }

    @Test func aBusThatAcceptsAndSaysNothingTakesNoTimeOfTheNext() throws {
        let silent = try FakeBus { try $0.drain() }
        let bus = try greeted { call, peer in
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: 200_000_000)
            try peer.send(try BusMessage.answer(to: call, [.string("second")]).encoded())
        }
        var connection = try BusConnection.open(
            [silent.address, bus.address], .init(reaching: 300, greeting: 300))
        #expect(try connection.callBus("GetId", until: Deadline(milliseconds: 5000)) == [.string("second")])
    }

    @Test func addressesAreReadAsTheSpecificationWritesThem() {
        #expect(
            BusAddress.list("unix:path=/run/a%20b,guid=00;tcp:host=x,port=1;unix:abstract=/tmp/c;unix:runtime=yes")
                == [BusAddress(name: .path("/run/a b")), BusAddress(name: .abstract("/tmp/c"))])
        for text in [
            "", "unix:", "unix:path", "unix:path=%zz", "unix:path=%2", "unix:path=%00", "launchd:env=X", ";;;",
        ] {
            #expect(BusAddress.list(text).isEmpty, "\(text)")
        }
        #expect(BusAddress.list(String(repeating: "unix:path=/a;", count: 400)).isEmpty)
        #expect(BusAddress.system { _ in nil }.map(\.isPrivate) == [true, false])
        let user = BusAddress.user { ["XDG_RUNTIME_DIR": "/run/user/5"][$0] }
        #expect(user.map(\.name) == [.path("/run/user/5/bus"), .path("/run/user/5/systemd/private")])
        #expect(BusAddress.user { _ in nil }.isEmpty)
    }
}
