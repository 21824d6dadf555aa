import HostCapabilities
import SystemCalls

/// A DNS server on loopback that answers from a script, over UDP and TCP of one port.
struct FakeNameServer: ~Copyable {
    /// Makes the answer to one question; nil stays silent.
    typealias Script = @Sendable (_ query: [UInt8], _ overTCP: Bool) -> [UInt8]?

    let address: SocketAddress
    private let stop: OwnedDescriptor
    private let thread: JoinableThread

    init(_ script: @escaping Script) throws {
        let tcp = try Listener.open(PortMapping(hostAddress: .v4(.loopback), hostPort: 0, guestPort: 53))
        let port = try Listener.port(of: tcp.rawValue)
        let udp = try Listener.open(
            PortMapping(hostAddress: .v4(.loopback), hostPort: port, guestPort: 53, transport: .udp))
        let pipe = try Descriptors.pipe()
        let reading = try Descriptors.duplicate(pipe.read.rawValue)
        let server = Server(udp: udp, tcp: tcp, stop: reading, script: script)
        let thread = try JoinableThread { server.run() }
        address = SocketAddress(.v4(.loopback), port: port)
        stop = pipe.keepWrite()
        self.thread = thread
    }

    private final class Server: Sendable {
        let udp: OwnedDescriptor
        let tcp: OwnedDescriptor
        let stop: OwnedDescriptor
        let script: Script

        init(
            udp: consuming OwnedDescriptor, tcp: consuming OwnedDescriptor, stop: consuming OwnedDescriptor,
            script: @escaping Script
        ) {
            self.udp = udp
            self.tcp = tcp
            self.stop = stop
            self.script = script
        }

        func run() {
            while true {
                var requests = [
                    PollRequest(stop.rawValue, .readable), PollRequest(udp.rawValue, .readable),
                    PollRequest(tcp.rawValue, .readable),
                ]
                guard (try? Poll.wait(&requests, timeout: nil)) != nil, requests[0].found == [] else { return }
                if requests[1].found.contains(.readable) { answerDatagram() }
                if requests[2].found.contains(.readable) { answerConnection() }
            }
        }

        private func answerDatagram() {
            var buffer = [UInt8](repeating: 0, count: 512)
            buffer.withUnsafeMutableBytes { bytes in
                guard let got = try? IOVector(bytes).withList({ try Sockets.receive(udp.rawValue, into: $0) }),
                    let answer = script(Array(bytes.prefix(got.count)), false)
                else { return }
                answer.withUnsafeBytes { answer in
                    _ = try? IOVector(reading: answer).withList { try Sockets.send(udp.rawValue, $0, to: got.source) }
                }
            }
        }

        private func answerConnection() {
            guard let connection = try? Sockets.accept(tcp.rawValue, nonBlocking: false) else { return }
            var buffer = [UInt8](repeating: 0, count: 514)
            let count = buffer.withUnsafeMutableBytes { (try? Files.read(connection.rawValue, into: $0)) ?? 0 }
            guard count > 2, let answer = script(Array(buffer[2..<count]), true) else { return }
            let prefix = [UInt8(answer.count >> 8), UInt8(answer.count & 0xff)]
            try? Files.writeAll(connection.rawValue, prefix + answer)
        }
    }
}

extension FakeNameServer {
    /// The answer to a query: the same question and these records of type A for its name.
    static func answer(_ query: [UInt8], addresses: [[UInt8]], flags: [UInt8] = [0x81, 0x80]) -> [UInt8] {
        // Room for no answer of another type: AAAA gets none.
        let isA = query.dropLast(2).last == 1
        let addresses = isA ? addresses : []
        var answer = query
        answer[2] = flags[0]
        answer[3] = flags[1]
        answer[7] = UInt8(addresses.count)
        for address in addresses { answer += [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4] + address }
        return answer
    }

    /// The name that a query asks for.
    static func name(in query: [UInt8]) -> String {
        var labels: [String] = []
        var at = 12
        while at < query.count, query[at] != 0 {
            let end = min(at + 1 + Int(query[at]), query.count)
            labels.append(String(decoding: query[(at + 1)..<end], as: UTF8.self))
            at = end
        }
        return labels.joined(separator: ".")
    }
}
