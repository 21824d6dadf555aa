import Testing

@testable import PrepareCommands

@Suite("What people read")
struct OutputTests {
    @Test func columnsAreAligned() {
        var table = Table("NAME", "SIZE", "X")
        table.add("a", "12 B", "y")
        table.add("longer", "1", "")
        #expect(table.text == "NAME    SIZE  X\na       12 B  y\nlonger  1     \n")
    }

    @Test(arguments: [
        (0, "just now"), (7, "7 seconds ago"), (60, "1 minute ago"), (3_599, "59 minutes ago"), (7_200, "2 hours ago"),
        (86_400, "1 day ago"), (14 * 86_400, "2 weeks ago"), (400 * 86_400, "1 year ago"), (-5, "in the future"),
    ])
    func timesAreRelative(_ passed: Int64, _ expected: String) {
        #expect(RelativeTime.text(from: 1_000_000_000 - passed, to: 1_000_000_000) == expected)
        #expect(RelativeTime.text(from: .min, to: .max) == "in the future")
    }

    @Test(
        arguments: [
            ("0", 0), ("17", 17), ("500M", 500_000_000), ("2g", 2_000_000_000), ("1kB", 1_000), ("3 G", nil),
            ("G", nil), ("-1", nil),
            ("99999999999T", nil), ("1.5G", nil),
        ] as [(String, UInt64?)])
    func sizesAreReadAsTheyArePrinted(_ text: String, _ expected: UInt64?) {
        #expect(ByteCount.parse(text) == expected)
    }
}
