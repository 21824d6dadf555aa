/// The ports of services that programs name instead of a number.
///
/// A short list and not `/etc/services`: that is a file of the host, and the guest's image may lack it.
public enum ServiceName {
    private static let ports: [String: UInt16] = [
        "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "http": 80, "pop3": 110, "ntp": 123, "imap2": 143,
        "imap": 143, "ldap": 389, "https": 443, "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995,
        "mqtt": 1883,
        "mysql": 3306, "postgresql": 5432, "amqp": 5672, "redis": 6379, "http-alt": 8080,
    ]

    /// A decimal number or a known name; nil for anything else.
    public static func port(_ text: String) -> UInt16? {
        StrictDecimal.parse(text.utf8, through: 65535).map { UInt16($0) } ?? ports[text]
    }
}
