import OCISpec
import Testing

@Suite("Image references")
struct ImageReferenceTests {
    static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(
        "a short name is completed as Docker does it",
        arguments: [
            ("hello", "docker.io/library/hello:latest"), ("hello:v1", "docker.io/library/hello:v1"),
            ("user/app", "docker.io/user/app:latest"), ("docker.io/hello", "docker.io/library/hello:latest"),
            ("index.docker.io/hello", "docker.io/library/hello:latest"),
            ("docker.io/library/hello", "docker.io/library/hello:latest"),
            ("localhost/app", "localhost/app:latest"), ("localhost:5000/app", "localhost:5000/app:latest"),
            ("ghcr.io/a/b/c:x", "ghcr.io/a/b/c:x"), ("127.0.0.1:5000/a", "127.0.0.1:5000/a:latest"),
            ("[::1]:5000/a", "[::1]:5000/a:latest"), ("[2001:db8::1]/a", "[2001:db8::1]/a:latest"),
            ("Registry/app", "Registry/app:latest"), ("a.b/c", "a.b/c:latest"),
            ("foo/bar:1.0_x-y", "docker.io/foo/bar:1.0_x-y"),
            ("a--b/c__d.e", "docker.io/a--b/c__d.e:latest"), ("hello@\(digest)", "docker.io/library/hello@\(digest)"),
            ("hello:v1@\(digest)", "docker.io/library/hello:v1@\(digest)"), ("xn--n3h.com/a", "xn--n3h.com/a:latest"),
            ("localhost", "docker.io/library/localhost:latest"), ("a:5000", "docker.io/library/a:5000"),
        ])
    func normalized(text: String, full: String) throws {
        let reference = try ImageReference(parsing: text)
        #expect(reference.description == full)
        #expect(try ImageReference(parsing: full) == reference)
        #expect(try ImageReference(parsing: reference.familiar) == reference)
    }

    @Test(
        "what the grammar doesn't allow is refused",
        arguments: [
            "", " ", ":tag", "@", "a@", "a:", "a:-x", "a:.x", "a:x y", "a/", "/a", "a//b", "a..b", "-a", "a-", "a_/b",
            "a___b", "a._b",
            "A", "User/App/x", "ghcr.io/App", "a/../b", "../a", "./a", "a:b:c", "a@sha256:abc",
            "a@md5:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
            "http://x/a", "docker://a", "-x.com/a", "x-.com/a", "x..com/a", "x.com:/a", "x.com:70000/a", "x.com:0/a",
            "x.com:5a/a",
            "[::1/a", "[]/a", "[::g]/a", "[::1]x/a", "a\u{0}", "a\n", "ä", "a:é", "a b", "a@\(digest)x", "a@@\(digest)",
            String(repeating: "0a", count: 32),
        ])
    func refused(text: String) {
        #expect(throws: InvalidReference.self) { try ImageReference(parsing: text) }
    }

    @Test("lengths are bounded: 128 for a tag, 255 for registry and repository")
    func lengths() {
        #expect(throws: Never.self) { try ImageReference(parsing: "a:" + String(repeating: "t", count: 128)) }
        #expect(throws: InvalidReference.self) {
            try ImageReference(parsing: "a:" + String(repeating: "t", count: 129))
        }
        let name = "x.com/" + String(repeating: "a", count: 249)
        #expect(throws: Never.self) { try ImageReference(parsing: name) }
        #expect(throws: InvalidReference.self) { try ImageReference(parsing: name + "a") }
        #expect(throws: InvalidReference.self) { try ImageReference(parsing: String(repeating: "a/", count: 100_000)) }
    }

    @Test(
        "the familiar form is as short as it can be typed",
        arguments: [
            ("docker.io/library/hello:latest", "hello:latest"), ("docker.io/a/b:c", "a/b:c"),
            ("ghcr.io/a:b", "ghcr.io/a:b"),
            ("docker.io/library/a/b:c", "library/a/b:c"),
        ])
    func familiar(full: String, short: String) throws {
        #expect(try ImageReference(parsing: full).familiar == short)
    }

    @Test("the error says which name and why")
    func message() {
        let error = #expect(throws: InvalidReference.self) { try ImageReference(parsing: "ghcr.io/App") }
        #expect(error?.description == #"image name "ghcr.io/App": the repository must be in lower case"#)
    }
}
