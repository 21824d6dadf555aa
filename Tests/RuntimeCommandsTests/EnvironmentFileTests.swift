import Testing

@testable import RuntimeCommands

@Suite struct EnvironmentFileTests {
    @Test func aFileHoldsOneVariableALine() throws {
        let text = "# a comment\n\nA=1\r\n  B=two words \nC=\"kept\"\nMARTLET_SURELY_UNSET\n"
        #expect(try EnvironmentFile.variables(text, path: "f") == ["A=1", "B=two words ", "C=\"kept\""])
    }

    @Test(arguments: ["=x", "A B=1", "A=\0"])
    func aLineThatIsNoVariableIsRefusedByNumber(line: String) {
        let error = #expect(throws: UsageError.self) { try EnvironmentFile.variables("OK=1\n\(line)\n", path: "f") }
        #expect(error?.message.contains("f, line 2") == true)
    }
}
