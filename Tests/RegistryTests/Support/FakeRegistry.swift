import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server on 127.0.0.1 that answers each request with whatever bytes a test wants: no HTTP library keeps it honest.
final class FakeRegistry: Sendable {
    struct Request: Sendable {
        let method: String
        /// Path and query, as sent.
        let target: String
        let headers: [String: String]
        let body: [UInt8]

        var path: String { String(target.prefix { $0 != "?" }) }
        subscript(_ header: String) -> String? { headers[header] }
    }

    enum Step: Sendable {
        case bytes([UInt8])
        case wait(TimeAmount)
        case close
        /// The same bytes again and again, with a pause between, until the client leaves.
        case endlessly([UInt8], every: TimeAmount)

        static func text(_ text: String) -> Step { .bytes(Array(text.utf8)) }
    }

    let port: Int
    private let channel: any Channel
    private let log: NIOLockedValueBox<[Request]>

    /// What was asked so far.
    var requests: [Request] { log.withLockedValue { $0 } }
    var host: String { "127.0.0.1:\(port)" }

    private init(channel: any Channel, log: NIOLockedValueBox<[Request]>) {
        self.channel = channel
        self.log = log
        port = channel.localAddress?.port ?? 0
    }

    /// Apart from the client's threads: a flood must not starve what is tested.
    private static let servers = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Runs a server while `body` runs.
    static func serving<R: Sendable>(
        _ answer: @escaping @Sendable (Request) -> [Step], _ body: (FakeRegistry) async throws -> R
    ) async throws -> R {
        let log = NIOLockedValueBox<[Request]>([])
        let channel = try await ServerBootstrap(group: servers)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Conversation { request in
                            log.withLockedValue { $0.append(request) }
                            return answer(request)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = FakeRegistry(channel: channel, log: log)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// A well-formed answer.
    static func reply(_ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = []) -> [Step] {
        var text = "HTTP/1.1 \(status) Status\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !headers.contains(where: { $0.0.lowercased() == "content-length" }) {
            text += "Content-Length: \(body.count)\r\n"
        }
        return [.bytes(Array((text + "\r\n").utf8) + body)]
    }
}

/// Reads requests from one connection and plays the steps of each answer.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (FakeRegistry.Request) -> [FakeRegistry.Step]
    private var received: [UInt8] = []

    init(_ answer: @escaping @Sendable (FakeRegistry.Request) -> [FakeRegistry.Step]) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        while let request = takeRequest() { play(answer(request)[...], context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    private func takeRequest() -> FakeRegistry.Request? {
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard received.count >= end.upperBound + length else { return nil }
        let body = Array(received[end.upperBound..<(end.upperBound + length)])
        received.removeFirst(end.upperBound + length)
        return .init(method: String(words[0]), target: String(words[1]), headers: headers, body: body)
    }

    private func play(_ steps: ArraySlice<FakeRegistry.Step>, _ context: ChannelHandlerContext) {
        guard let step = steps.first, context.channel.isActive else { return }
        let rest = steps.dropFirst()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        switch step {
        case .bytes(let bytes):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            play(rest, context)
        case .wait(let time):
            context.eventLoop.scheduleTask(in: time) { bound.value.0.play(rest, bound.value.1) }
        case .close: context.close(promise: nil)
        case .endlessly(let bytes, let pause):
            // The next piece follows when the client took this one: the flood is the client's to stop.
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenSuccess {
                bound.value.1.eventLoop.scheduleTask(in: pause) {
                    bound.value.0.play([.endlessly(bytes, every: pause)], bound.value.1)
                }
            }
        }
    }
}
