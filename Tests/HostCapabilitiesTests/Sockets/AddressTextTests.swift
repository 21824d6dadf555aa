import Testing

@testable import HostCapabilities

@Suite struct AddressTextTests {
    @Test(arguments: ["0.0.0.0", "127.0.0.1", "255.255.255.255", "1.20.3.4"])
    func readsIPv4(text: String) { #expect(IPv4Address(text)?.description == text) }

    @Test(arguments: [
        "", "1", "127.1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1", "1..2.3",
        "1.2.3.-4", "1.2.3.+4", "１.2.3.4",
    ])
    func refusesIPv4(text: String) { #expect(IPv4Address(text) == nil) }

    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::7", "2001:db8::7"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("fe80::0001", "fe80::1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ])
    func readsIPv6(text: String, form: String) { #expect(IPv6Address(text)?.description == form) }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "1.2.3.4",
        "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "[::1]", ":1::", "1::2:", "::+1",
        "1:2:3:4:5:6:7:1.2.3.4",
    ])
    func refusesIPv6(text: String) { #expect(IPv6Address(text) == nil) }

    @Test func octetsAreInNetworkOrder() throws {
        let address = try #require(IPv6Address("102:304:506:708:90a:b0c:d0e:f10"))
        #expect(address.octets == Array(1...16))
        #expect(IPv6Address(octets: address.octets) == address)
        #expect(IPv6Address(octets: [1, 2, 3]) == nil)
    }

    @Test(arguments: [
        "example.com", "a", "x-y.z_1.example", "EXAMPLE.com.", "xn--bcher-kva.example", "_sip._tcp.example",
    ])
    func readsNames(text: String) { #expect(HostName(text) != nil) }

    @Test(arguments: [
        "", ".", "..", "a..b", ".a", "-a.b", "a-.b", "a b", "bücher.example", "a/b", "1.2.3.4", "127.1", "1", "a.1",
        "0x7f000001", String(repeating: "a", count: 64), String(repeating: "a.", count: 130) + "b",
    ])
    func refusesNames(text: String) { #expect(HostName(text) == nil) }
}
