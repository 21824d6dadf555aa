extension String {
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
