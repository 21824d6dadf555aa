import SystemCalls
import Testing

@testable import HostCapabilities

@Suite struct HostNameResolverTests {
    private static let millisecond: UInt64 = 1_000_000

    private static func resolver(_ servers: [SocketAddress], attempts: Int = 1) -> HostNameResolver {
        HostNameResolver(
            configuration: ResolverConfiguration(servers: servers, timeout: 300 * millisecond, attempts: attempts))
    }

    private static func name(_ text: String) throws -> HostName { try #require(HostName(text)) }

    @Test func findsAddressesByTheDNS() throws {
        let server = try FakeNameServer { query, _ in
            FakeNameServer.answer(query, addresses: [[10, 0, 0, 7], [10, 0, 0, 8]])
        }
        let found = try Self.resolver([server.address]).resolve(Self.name("db.example"))
        #expect(found.addresses.map(\.description) == ["10.0.0.7", "10.0.0.8"])
        #expect(!found.isLocalKnowledge)
    }

    @Test func aTruncatedAnswerIsAskedForOverTCP() throws {
        let server = try FakeNameServer { query, overTCP in
            overTCP
                ? FakeNameServer.answer(query, addresses: [[10, 0, 0, 7]])
                : FakeNameServer.answer(query, addresses: [], flags: [0x83, 0x80])
        }
        let found = try Self.resolver([server.address]).resolve(Self.name("big.example"), .v4)
        #expect(found.addresses.map(\.description) == ["10.0.0.7"])
    }

    @Test func aForgedAnswerIsPassedOver() throws {
        // The id of another question: never believed, so the lookup ends without an answer.
        let server = try FakeNameServer { query, _ in
            var forged = FakeNameServer.answer(query, addresses: [[6, 6, 6, 6]])
            forged[0] ^= 0xff
            return forged
        }
        #expect(throws: HostNameResolver.Failure.noAnswer(try Self.name("db.example"))) {
            try Self.resolver([server.address]).resolve(Self.name("db.example"))
        }
    }

    @Test func theNextServerIsAskedWhenOneIsSilentOrFails() throws {
        let silent = try FakeNameServer { _, _ in nil }
        let failing = try FakeNameServer { query, _ in FakeNameServer.answer(query, addresses: [], flags: [0x81, 0x82])
        }
        let good = try FakeNameServer { query, _ in FakeNameServer.answer(query, addresses: [[10, 0, 0, 7]]) }
        let closed = SocketAddress(.v4(.loopback), port: 1)
        let resolver = Self.resolver([closed, silent.address, failing.address, good.address])
        #expect(try resolver.resolve(Self.name("db.example")).addresses.count == 1)
    }

    @Test func aNameWithoutAddressesAndAMissingNameAreToldApart() throws {
        let server = try FakeNameServer { query, _ in
            FakeNameServer.name(in: query) == "empty.example"
                ? FakeNameServer.answer(query, addresses: [])
                : FakeNameServer.answer(query, addresses: [], flags: [0x81, 0x83])
        }
        let resolver = Self.resolver([server.address])
        #expect(throws: HostNameResolver.Failure.noAddress(try Self.name("empty.example"))) {
            try resolver.resolve(Self.name("empty.example"))
        }
        #expect(throws: HostNameResolver.Failure.noSuchName(try Self.name("missing.example"))) {
            try resolver.resolve(Self.name("missing.example"))
        }
    }

    @Test func whatTheHostKnowsIsNotAsked() throws {
        let configuration = ResolverConfiguration(
            hostsFile: "10.0.0.7 db.example", resolverFile: "nameserver 192.0.2.1")
        let resolver = HostNameResolver(configuration: configuration)
        let found = try resolver.resolve(Self.name("DB.example."))
        #expect(found.addresses.map(\.description) == ["10.0.0.7"])
        #expect(found.isLocalKnowledge)
        #expect(try resolver.resolve(Self.name("localhost")).addresses.map(\.description) == ["127.0.0.1", "::1"])
        #expect(try resolver.resolve(Self.name("a.localhost"), .v6).addresses.map(\.description) == ["::1"])
        #expect(throws: HostNameResolver.Failure.noAddress(try Self.name("db.example"))) {
            try resolver.resolve(Self.name("db.example"), .v6)
        }
    }
}
