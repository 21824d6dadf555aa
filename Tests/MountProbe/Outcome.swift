import SystemCalls

/// `ok`, or the error.
func outcome(_ body: () throws -> String) -> String {
    do { return try body() } catch let error as SystemCallError { return "\(error.errno)" } catch { return "\(error)" }
}
