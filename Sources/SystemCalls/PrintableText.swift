extension String {
    /// A name that somebody else chose, for a message: at most 200 of its bytes, what isn't UTF-8 or printable replaced.
    public init(printable name: some Collection<UInt8>) {
        let limit = 200
        self = String(decoding: name.prefix(limit), as: UTF8.self).printable() + (name.count > limit ? "…" : "")
    }

    /// The same of its beginning alone, where it is longer than so many bytes.
    public func printable(upTo limit: Int) -> String {
        utf8.count <= limit ? printable() : String(prefix(limit)).printable() + "…"
    }

    /// Without control characters: what comes from a guest or an image mustn't move the cursor, begin a line of its own, or
    /// speak in our name. Line feeds are kept where we put them ourselves.
    public func printable(keepingLines: Bool = false) -> String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    let isKept = keepingLines && scalar == "\n" || scalar == "\t"
                    return scalar.properties.generalCategory == .control && !isKept ? "?" : scalar
                }))
    }
}
