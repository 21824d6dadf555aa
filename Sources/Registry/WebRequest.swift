import NIOHTTP1

/// One request, redirects and tries not yet thought of.
struct WebRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A stretch of a blob, read anew for each try.
        case part(BlobPart)

        var count: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .part(let part): part.count
            }
        }
    }

    var method: HTTPMethod
    var address: WebAddress
    var headers: [(name: String, value: String)] = []
    var body: Body = .none
    /// The value of `Authorization`, sent to the origin of `address` and to no other.
    var authorization: String?

    init(_ method: HTTPMethod, _ address: WebAddress, headers: [(String, String)] = [], body: Body = .none) {
        self.method = method
        self.address = address
        self.headers = headers.map { (name: $0.0, value: $0.1) }
        self.body = body
    }
}
