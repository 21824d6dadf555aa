import Testing

@testable import HostCapabilities

@Suite struct NetworkPolicyTests {
    private func policy(ports: String = "", outbound: String = "") throws -> NetworkPolicy {
        NetworkPolicy(
            ports: ports.isEmpty ? [] : try PortMapping.list(parsing: ports),
            outbound: outbound.isEmpty ? [] : try OutboundRule.list(parsing: outbound))
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func withoutGrantsNothingIsAllowed() throws {
        #expect(!NetworkPolicy.none.allowsBind(.v4(.any), port: 80, .tcp))
        #expect(!NetworkPolicy.none.allowsConnect(try address("93.184.216.34"), port: 443))
        #expect(!NetworkPolicy.none.allowsLookup(try #require(HostName("example.com"))))
    }

    @Test(arguments: [
        ("*", "93.184.216.34", 443, true), ("*", "10.0.0.1", 1, true), ("*", "2606:2800:220:1::1", 443, true),
        ("*:443", "93.184.216.34", 443, true), ("*:443", "93.184.216.34", 80, false),
        ("*", "93.184.216.34", 0, false),
        ("10.0.0.0/8", "10.255.0.1", 5432, true), ("10.0.0.0/8", "11.0.0.1", 5432, false),
        ("10.0.0.0/8:5432", "10.0.0.1", 5432, true), ("10.0.0.0/8:5432", "10.0.0.1", 5433, false),
        ("0.0.0.0/0", "127.0.0.1", 80, true), ("0.0.0.0/0", "::1", 80, false),
        ("10.0.0.7:80", "10.0.0.7", 80, true), ("10.0.0.7:80", "10.0.0.8", 80, false),
        ("10.0.0.7:*", "10.0.0.7", 9, true), ("10.0.0.7:80", "::ffff:10.0.0.7", 80, true),
        ("[2001:db8::]/32", "2001:db8:1::1", 80, true), ("[2001:db8::]/32", "2001:db9::1", 80, false),
        ("[2001:db8::7]:80", "2001:db8::7", 80, true), ("[2001:db8::7]:80", "2001:db8::7", 81, false),
        ("[::1]:80", "::1", 80, true), ("[::1]:80", "::", 80, true), ("127.0.0.1:80", "0.0.0.0", 80, true),
        ("127.0.0.1:80", "::ffff:0.0.0.0", 80, true), ("[::]/0", "::ffff:1.2.3.4", 80, false),
        ("example.com:443", "93.184.216.34", 443, false),
    ])
    func decidesOnConnections(rule: String, target: String, port: UInt16, isAllowed: Bool) throws {
        #expect(try policy(outbound: rule).allowsConnect(address(target), port: port) == isAllowed)
    }

    @Test(arguments: [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1", "255.255.255.255", "::1", "::",
        "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "240.0.0.1", "fec0::1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1",
    ])
    func everyHostDoesNotMeanThisHost(target: String) throws {
        #expect(try address(target).isHostLocal)
        #expect(try !policy(outbound: "*").allowsConnect(address(target), port: 80))
    }

    @Test func metadataIsReachedByARuleThatNamesIt() throws {
        #expect(try policy(outbound: "169.254.169.254:80").allowsConnect(address("169.254.169.254"), port: 80))
    }

    @Test func aNameCoversTheAddressesItResolvedTo() throws {
        let policy = try policy(outbound: "example.com:443")
        let resolved = try address("93.184.216.34")
        let name = OutboundRule.Hosts.name(try #require(HostName("example.com")))
        let known: (OutboundRule.Hosts, IPAddress) -> Bool = { $0 == name && $1 == resolved }
        #expect(policy.allowsConnect(resolved, port: 443, isResolved: known))
        #expect(!policy.allowsConnect(resolved, port: 80, isResolved: known))
        #expect(try !policy.allowsConnect(address("93.184.216.35"), port: 443, isResolved: known))
    }

    @Test(arguments: [
        ("example.com:443", "example.com", true), ("example.com:443", "EXAMPLE.com.", true),
        ("example.com:443", "www.example.com", false), ("*.example.com:443", "www.example.com", true),
        ("*.example.com:443", "a.b.example.com", true), ("*.example.com:443", "example.com", false),
        ("*.example.com:443", "badexample.com", false), ("*", "example.com", true), ("*:53", "example.com", true),
        ("10.0.0.0/8", "example.com", false),
    ])
    func looksUpOnlyNamesOfItsRules(rule: String, name: String, isAllowed: Bool) throws {
        #expect(try policy(outbound: rule).allowsLookup(#require(HostName(name))) == isAllowed)
    }

    @Test(arguments: [
        ("8080:80", "0.0.0.0", 80, "0.0.0.0:8080"), ("8080:80", "::", 80, "[::]:8080"),
        ("8080:80", "127.0.0.1", 80, "127.0.0.1:8080"),
        ("127.0.0.1:8080:80", "0.0.0.0", 80, "127.0.0.1:8080"),
        ("127.0.0.1:8080:80", "127.0.0.1", 80, "127.0.0.1:8080"),
        ("127.0.0.1:8080:80", "::", 80, "[::ffff:127.0.0.1]:8080"),
        ("0.0.0.0:8080:80", "::", 80, "[::ffff:0.0.0.0]:8080"),
        ("[::1]:8080:80", "::", 80, "[::1]:8080"),
        ("[::]:8080:80", "0.0.0.0", 80, "0.0.0.0:8080"),
    ])
    func aGrantedPortLeadsToTheHostsPort(mapping: String, asked: String, port: UInt16, host: String) throws {
        let grant = try policy(ports: mapping).grant(binding: address(asked), port: port, .tcp)
        #expect(grant?.hostAddress.description == host)
    }

    @Test(arguments: [
        ("8080:80", "0.0.0.0", 8080), ("8080:80/udp", "0.0.0.0", 80), ("127.0.0.1:8080:80", "10.0.0.1", 80),
        ("127.0.0.1:8080:80", "::1", 80), ("[::1]:8080:80", "0.0.0.0", 80), ("0.0.0.0:8080:80", "::1", 80),
        ("8080:80", "0.0.0.0", 0),
    ])
    func refusesToBindWhatIsNotGranted(mapping: String, asked: String, port: UInt16) throws {
        #expect(try !policy(ports: mapping).allowsBind(address(asked), port: port, .tcp))
    }

    @Test func everyHostDoesNotMeanAnAddressOfThisMachine() throws {
        let policy = try policy(outbound: "*, 192.0.2.9:80")
        let own: (IPAddress) -> Bool = { ["192.0.2.7", "192.0.2.9"].contains($0.description) }
        #expect(try !policy.allowsConnect(address("192.0.2.7"), port: 80, isOwn: own))
        #expect(try !policy.allowsConnect(address("::ffff:192.0.2.7"), port: 80, isOwn: own))
        #expect(try policy.allowsConnect(address("192.0.2.8"), port: 80, isOwn: own))
        #expect(try policy.allowsConnect(address("192.0.2.9"), port: 80, isOwn: own), "a rule names it")
        #expect(try !policy.allowsConnect(address("192.0.2.9"), port: 81, isOwn: own))
    }
}
