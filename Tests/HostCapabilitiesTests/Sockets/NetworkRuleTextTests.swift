import Testing

@testable import HostCapabilities

@Suite struct NetworkRuleTextTests {
    @Test(arguments: [
        ("8080:80", "8080:80/tcp"), ("8080:80/tcp", "8080:80/tcp"), ("53:5353/udp", "53:5353/udp"),
        ("0:80", "0:80/tcp"), ("127.0.0.1:8080:80", "127.0.0.1:8080:80/tcp"),
        ("[::1]:8080:80/udp", "[::1]:8080:80/udp"),
    ])
    func readsPortMappings(text: String, form: String) throws {
        #expect(try PortMapping(parsing: text).description == form)
    }

    @Test(arguments: [
        ("80", "80:80"), ("", "[ip:]host:guest"), ("/udp", "[ip:]host:guest"), ("8080:0", "1 to 65535"),
        ("8080:65536", "1 to 65535"), ("x:80", "0 to 65535"),
        ("8080:80/sctp", "/tcp or /udp"), ("::1:8080:80", "[::1]:8080:80"), ("host:8080:80", "[ip:]host:guest"),
        ("08080:80", "0 to 65535"), ("8080:80/", "/tcp or /udp"), ("+1:80", "0 to 65535"), ("8080: 80", "1 to 65535"),
        ("[::1:8080:80", "[ip:]host:guest"),
    ])
    func anUnreadableMappingSaysWhatToWrite(text: String, advice: String) {
        let error = #expect(throws: NetworkRuleError.self) { try PortMapping(parsing: text) }
        #expect(error?.description.contains(advice) == true, "\(error?.description ?? "")")
    }

    @Test func readsAListOfMappings() throws {
        #expect(try PortMapping.list(parsing: "8080:80, 53:53/udp").map(\.guestPort) == [80, 53])
        #expect(throws: NetworkRuleError.self) { try PortMapping.list(parsing: "8080:80,8081:80") }
        #expect(throws: NetworkRuleError.self) { try PortMapping.list(parsing: "8080:80,") }
        let many = (1...257).map { "\($0):\($0)" }.joined(separator: ",")
        #expect(throws: NetworkRuleError.self) { try PortMapping.list(parsing: many) }
    }

    @Test(arguments: [
        ("*", "*"), ("*:443", "*:443"), ("*:*", "*"), ("example.com:443", "example.com:443"),
        ("Example.COM:*", "example.com:*"), ("*.example.com:443", "*.example.com:443"), ("10.0.0.7:80", "10.0.0.7:80"),
        ("10.0.0.0/8", "10.0.0.0/8:*"), ("10.0.0.0/8:5432", "10.0.0.0/8:5432"), ("0.0.0.0/0", "0.0.0.0/0:*"),
        ("[2001:db8::7]:80", "[2001:db8::7]:80"), ("[2001:db8::]/32", "[2001:db8::]/32:*"),
        ("[2001:db8::]/32:443", "[2001:db8::]/32:443"), ("[::]/0", "[::]/0:*"), ("[::1]:*", "[::1]:*"),
        ("[2001:db8:0:0:8000::]/65", "[2001:db8:0:0:8000::]/65:*"),
    ])
    func readsOutboundRules(text: String, form: String) throws {
        #expect(try OutboundRule(parsing: text).description == form)
    }

    @Test(arguments: [
        ("example.com", "example.com:443"), ("", "host:port"), ("example.com:0", "1 to 65535"),
        ("example.com:http", "1 to 65535"), ("::1", "[::1]:443"), ("2001:db8::/32", "[2001:db8::]/32"),
        ("10.0.0.1/8", "10.0.0.0/8"), ("10.0.0.0/33", "0 to 32"), ("[2001:db8::1]/32", "[2001:db8::]/32"),
        ("[::1]", "[::1]:443"), ("[::1", "[address]:port"), ("[::1]x", "host:port"),
        ("[1.2.3.4]:80", "[2001:db8::7]:443"),
        ("exa mple:80", "host:port"), ("*.*.com:80", "host:port"), ("https://example.com:443", "host:port"),
        ("127.1:80", "host:port"), ("0x7f000001:80", "host:port"), ("10.0.0.0/8:", "1 to 65535"),
        ("10.0.0.0/:80", "0 to 32"), ("[::]/129", "0 to 128"),
    ])
    func anUnreadableRuleSaysWhatToWrite(text: String, advice: String) {
        let error = #expect(throws: NetworkRuleError.self) { try OutboundRule(parsing: text) }
        #expect(error?.description.contains(advice) == true, "\(error?.description ?? "")")
    }
}
