import SystemCalls

extension String {
    /// Of a configuration's text, as much as an error quotes.
    var shortened: String { printable(upTo: 100) }
}
