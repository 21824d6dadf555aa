import Testing

@testable import Registry

@Suite("Addresses")
struct WebAddressTests {
    @Test func anAddressIsSplitAndPutTogetherAgain() throws {
        let address = try #require(WebAddress("https://Registry.Example.com:8443/v2/a/b?x=1&y=%20"))
        #expect(address.origin == .init(scheme: .https, host: "registry.example.com", port: 8443))
        #expect(address.path == "/v2/a/b")
        #expect(address.query == "x=1&y=%20")
        #expect(address.text == "https://registry.example.com:8443/v2/a/b?x=1&y=%20")
        #expect(address.withoutQuery == "https://registry.example.com:8443/v2/a/b")
    }

    @Test func theDefaultPortIsTheSameAsNone() {
        #expect(WebAddress("https://a.example:443/x")?.origin == WebAddress("https://a.example/x")?.origin)
        #expect(WebAddress("http://a.example:80")?.text == "http://a.example/")
    }

    @Test(arguments: [
        "", "a.example", "ftp://a.example/", "https://", "https:///x", "https://u@a.example/", "https://u:p@a.example/",
        "https://a.example:0/", "https://a.example:65536/", "https://a.example:/", "https://a.example:1x/",
        "https://a.ex ample/", "https://a.example/\r\nX: y", "https://ä.example/", "https://[::1/", "https://[x]/",
        "https://a.example\\@b.example/", "https://[]/", "javascript://x",
    ])
    func whatIsNotPlainlyAnAddressIsRefused(_ text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test(arguments: [
        ("/v2/x", "https://a.example:5000/v2/x"), ("x?q=1", "https://a.example:5000/v2/up/x?q=1"),
        ("//b.example/x", "https://b.example/x"), ("http://c.example/y#f", "http://c.example/y"),
        ("/a:b://c", "https://a.example:5000/a:b://c"),
    ])
    func aLocationIsResolvedAgainstTheAddressItAnswers(_ location: String, _ expected: String) throws {
        let base = try #require(WebAddress("https://a.example:5000/v2/up/123?state=abc"))
        #expect(base.resolving(location)?.text == expected)
    }

    @Test(arguments: ["", "?x", "#x", "ftp://x/", "mailto:x", "/a b", "http://u@x/", "/x\u{7f}"])
    func aLocationThatLeadsNowhereIsRefused(_ location: String) throws {
        let base = try #require(WebAddress("https://a.example/v2/"))
        #expect(base.resolving(location) == nil)
    }

    @Test func aQueryItemIsAddedAfterTheServersOwn() throws {
        let address = try #require(WebAddress("https://a.example/up?_state=x%2F"))
        #expect(address.adding("digest", "sha256:ab c").query == "_state=x%2F&digest=sha256%3Aab%20c")
        #expect(WebAddress("https://a.example/up")?.adding("a", "b").query == "a=b")
    }

    @Test(arguments: ["localhost", "localhost:5000", "127.0.0.1", "127.255.3.4:80", "[::1]:5000"])
    func thisMachineIsRecognized(_ authority: String) {
        #expect(WebAddress.Origin(scheme: .http, authority: authority[...])?.isLoopback == true)
    }

    @Test(arguments: [
        "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]", "127.1", "127.0.0.256", "0.0.0.0",
    ])
    func otherHostsAreNotTakenForThisMachine(_ authority: String) {
        #expect(WebAddress.Origin(scheme: .http, authority: authority[...])?.isLoopback == false)
    }

    @Test func plainHTTPIsForThisMachineAndForHostsThatWereNamed() throws {
        let none = PlainHTTPPolicy()
        let loopback = PlainHTTPPolicy(loopback: true)
        let named = PlainHTTPPolicy(hosts: ["10.0.0.1:5000", "lab.example"])
        #expect(try none.scheme(forRegistry: "localhost:5000") == .https)
        #expect(try loopback.scheme(forRegistry: "localhost:5000") == .http)
        #expect(try named.scheme(forRegistry: "10.0.0.1:5000") == .http)
        #expect(try named.scheme(forRegistry: "10.0.0.1:5001") == .https)
        #expect(try named.scheme(forRegistry: "lab.example:77") == .http)
        #expect { try loopback.scheme(forRegistry: "registry.example.com") } throws: {
            ($0 as? RegistryError)?.code == .notPermitted
        }
    }
}
