/// A content identifier: an algorithm and the hash it gave, in lower-case hexadecimal.
///
/// Image specification, "Digests". Only the registered algorithms that martlet can compute are accepted: content that can't be
/// checked isn't content.
public struct Digest: Hashable, Sendable {
    /// The registered algorithms that martlet computes.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512

        /// Length of the hash in hexadecimal digits.
        public var digits: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    public let algorithm: Algorithm
    public let hex: String

    /// Nil unless `hex` has the algorithm's length and lower-case hexadecimal digits only.
    public init?(_ algorithm: Algorithm, hex: String) {
        guard hex.utf8.count == algorithm.digits, hex.utf8.allSatisfy(Self.isHexadecimal) else { return nil }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// Nil unless `hash` has the algorithm's length.
    public init?(_ algorithm: Algorithm, hash: some Sequence<UInt8>) {
        let digest = Digest(algorithm, computed: hash)
        guard digest.hex.utf8.count == algorithm.digits else { return nil }
        self = digest
    }

    /// The result of a hash function, whose length is the algorithm's by its type.
    package init(_ algorithm: Algorithm, computed hash: some Sequence<UInt8>) {
        var hex: [UInt8] = []
        let digits = Array("0123456789abcdef".utf8)
        for byte in hash {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        self.algorithm = algorithm
        self.hex = String(decoding: hex, as: UTF8.self)
    }

    /// Reads `sha256:…` or `sha512:…`.
    public init(parsing text: String) throws(InvalidDigest) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw InvalidDigest(text: text, problem: "has no algorithm; expected sha256:…")
        }
        guard let algorithm = Algorithm(rawValue: String(text[..<colon])) else {
            throw InvalidDigest(text: text, problem: "has an algorithm that isn't supported; sha256 and sha512 are")
        }
        let hex = String(text[text.utf8.index(after: colon)...])
        guard let digest = Digest(algorithm, hex: hex) else {
            throw InvalidDigest(text: text, problem: "needs \(algorithm.digits) lower-case hexadecimal digits")
        }
        self = digest
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// The first twelve digits: what a person reads and types.
    public var short: String { String(hex.prefix(12)) }
}

extension Digest: CustomStringConvertible {
    public var description: String { "\(algorithm.rawValue):\(hex)" }
}
