import SystemCalls
import Testing

@Suite("NAME=value, by bytes") struct AssignmentTests {
    @Test(
        arguments: [
            ("A=1", "A", "1"), ("A=", "A", ""), ("A=b=c", "A", "b=c"),
            // To Swift an equals sign and a mark behind it are one character.
            ("A=\u{301}x", "A", "\u{301}x"), ("A\u{301}=x", "A\u{301}", "x"),
        ] as [(String, String, String)])
    func theFirstEqualsSignDivides(text: String, name: String, value: String) {
        #expect(text.isAssignment)
        #expect(Array(text.assignedName.utf8) == Array(name.utf8))
        #expect(text.assignedValue.map { Array($0.utf8) } == Array(value.utf8))
    }

    @Test func withoutAnEqualsSignThereIsANameAlone() {
        #expect(!"A".isAssignment)
        #expect("A".assignedName == "A")
        #expect("A".assignedValue == nil)
    }

    @Test func withoutANameItIsNone() {
        #expect(!"=x".isAssignment)
        #expect("=x".assignedName.isEmpty)
    }
}
