import Testing

@testable import HostCapabilities

@Suite struct ResolverConfigurationTests {
    @Test func readsTheHostsFile() throws {
        let configuration = ResolverConfiguration(
            hostsFile: """
                127.0.0.1\tlocalhost
                # a comment
                10.0.0.7  db db.internal # the database
                ::1 localhost ip6-localhost
                not-an-address name
                10.0.0.8
                """, resolverFile: "")
        #expect(configuration.hosts[try #require(HostName("db"))] == [try #require(IPAddress("10.0.0.7"))])
        #expect(configuration.hosts[try #require(HostName("localhost"))]?.count == 2)
        #expect(configuration.hosts.count == 4)
    }

    @Test func readsTheResolverFile() {
        let configuration = ResolverConfiguration(
            hostsFile: "",
            resolverFile: """
                ; generated
                nameserver 10.96.0.10
                nameserver 2001:db8::53
                nameserver fe80::1%eth0
                nameserver 10.0.0.3
                nameserver nonsense
                search ns.svc.cluster.local svc.cluster.local
                options ndots:5 timeout:2 attempts:99 rotate edns0 ndots:x
                """)
        #expect(configuration.servers.map(\.description) == ["10.96.0.10:53", "[2001:db8::53]:53", "[fe80::1]:53"])
        #expect(configuration.searchDomains.map(\.text) == ["ns.svc.cluster.local", "svc.cluster.local"])
        #expect(configuration.dotsForAbsolute == 5)
        #expect(configuration.timeout == 2_000_000_000)
        #expect(configuration.attempts == 5)
    }

    @Test func withoutAServerTheMachineItselfIsAsked() {
        #expect(ResolverConfiguration(hostsFile: "", resolverFile: "").servers.map(\.description) == ["127.0.0.1:53"])
    }

    @Test func missingFilesCountAsEmpty() {
        let configuration = ResolverConfiguration.load(hosts: "/nonexistent/hosts", resolver: "/nonexistent/resolv")
        #expect(configuration.hosts.isEmpty)
        #expect(configuration.servers.count == 1)
    }

    @Test(arguments: [
        ("db", ["db.a.example", "db.b.example", "db"]), ("db.x", ["db.x", "db.x.a.example", "db.x.b.example"]),
    ])
    func triesTheSearchListByTheDots(name: String, candidates: [String]) throws {
        var configuration = ResolverConfiguration(hostsFile: "", resolverFile: "search a.example b.example")
        #expect(
            HostNameResolver(configuration: configuration).candidates(for: try #require(HostName(name))).map(\.text)
                == candidates)
        configuration.dotsForAbsolute = 5
        let late = HostNameResolver(configuration: configuration).candidates(for: try #require(HostName("a.b.c.d")))
        #expect(late.last?.text == "a.b.c.d")
    }
}
