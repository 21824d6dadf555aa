import JSON
import Testing

@testable import Registry

@Suite("Challenges and tokens")
struct AuthenticationTests {
    @Test func aBearerChallengeIsRead() {
        let header =
            #"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#
        #expect(
            AuthenticationChallenge.parse(header) == [
                .bearer(
                    realm: "https://auth.example/token", service: "registry.example", scope: "repository:a/b:pull,push")
            ])
    }

    @Test func theStrongestOfSeveralChallengesIsTaken() {
        let headers = [
            #"Basic realm="a, b", charset="UTF-8""#, #"bearer Realm = "https://x/" , error="invalid_token""#,
        ]
        #expect(AuthenticationChallenge.best(in: headers) == .bearer(realm: "https://x/", service: nil, scope: nil))
        #expect(
            AuthenticationChallenge.best(in: [#"Negotiate, Basic realm="x", Bearer realm="https://y/""#])
                == .bearer(realm: "https://y/", service: nil, scope: nil))
        #expect(AuthenticationChallenge.best(in: ["Basic"]) == .basic)
    }

    @Test func quotedPairsAreUnescaped() {
        #expect(
            AuthenticationChallenge.parse(#"Bearer realm="https://x/\"q\"",service=plain"#)
                == [.bearer(realm: #"https://x/"q""#, service: "plain", scope: nil)])
    }

    @Test(arguments: [
        "", ",,,", "Bearer", "Bearer realm", #"Bearer realm="unterminated"#, "Digest realm=\"x\"", "=\"x\"", "\u{0}",
    ])
    func whatIsNoChallengeOfOursIsPassedOver(_ header: String) {
        #expect(AuthenticationChallenge.best(in: [header]) == nil)
    }

    @Test func aPasswordIsShownToTheTokenServerByBasic() throws {
        let realm = try #require(WebAddress("https://auth.example/token?x=1"))
        let request = TokenRequest(
            realm: realm, service: "reg", scopes: ["repository:a:pull", "repository:b:pull"],
            credentials: .password(user: "me", secret: "se:cret")
        ).request
        #expect(request.authorization == "Basic bWU6c2U6Y3JldA==")
        #expect(
            request.address.query
                == "x=1&service=reg&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull&account=me")
    }

    @Test func anIdentityTokenIsPostedAndNeverPutIntoAnAddress() throws {
        let realm = try #require(WebAddress("https://auth.example/token"))
        let request = TokenRequest(
            realm: realm, service: "reg", scopes: ["repository:a:pull"], credentials: .identityToken("top secret")
        ).request
        guard case .bytes(let form) = request.body else {
            Issue.record("no form")
            return
        }
        #expect(request.authorization == nil)
        #expect(request.address.query == nil)
        #expect(String(decoding: form, as: UTF8.self).hasSuffix("refresh_token=top%20secret"))
    }

    @Test func bothNamesOfATokenAreRead() throws {
        #expect(try TokenRequest.token(in: Array(#"{"token":"a"}"#.utf8)) == .init(value: "a", lifetime: .seconds(60)))
        #expect(
            try TokenRequest.token(in: Array(#"{"access_token":"b","expires_in":300}"#.utf8))
                == .init(value: "b", lifetime: .seconds(300)))
    }

    @Test(arguments: [
        "{}", "[]", "", #"{"token":""}"#, #"{"token":"a\r\nX: y"}"#, #"{"token":7}"#,
        #"{"token":"a","expires_in":"x"}"#,
        #"{"token":"ä"}"#,
    ])
    func anAnswerWithoutAUsableTokenIsRefused(_ answer: String) {
        #expect(throws: JSONError.self) { try TokenRequest.token(in: Array(answer.utf8)) }
    }

    @Test func credentialsPrintWithoutTheirSecret() {
        let all = [RegistryCredentials.password(user: "me", secret: "hidden"), .identityToken("hidden")]
        #expect(!all.map { "\($0)" + String(reflecting: $0) }.joined().contains("hidden"))
    }

    @Test(arguments: ["", "user", ":secret"])
    func credentialsWithoutUserOrColonAreRefused(_ text: String) {
        #expect(RegistryCredentials(parsing: text) == nil)
    }

    @Test func base64GoesBothWays() {
        for count in 0..<40 {
            let bytes = Sample.bytes(count, seed: UInt64(count))
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes).filter { $0 != "=" }) == bytes)
        }
        #expect(Base64.encode("Man".utf8) == "TWFu" && Base64.encode("M".utf8) == "TQ==")
        #expect(Base64.decode("TW-u") == nil && Base64.decode("T") == nil && Base64.decode("TQ===") == nil)
    }
}
