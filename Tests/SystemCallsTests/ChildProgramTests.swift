import SystemCalls
import Testing

@Suite struct ChildProgramTests {
    private func run(
        _ words: [String], outputLimit: Int = 1 << 10, timeout: Duration = .seconds(20)
    ) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            words[0], arguments: words, environment: [], input: .bytes([]), outputLimit: outputLimit, timeout: timeout)
    }

    @Test func whatAProgramPrintsAndHowItEndsComesBack() throws {
        let outcome = try run(["/bin/sh", "-c", "printf words; exit 3"])
        #expect(outcome.end == .exited(.code(3)))
        #expect(outcome.output == Array("words".utf8))
    }

    @Test func aProgramThatTakesTooLongIsEnded() throws {
        let start = Clocks.now(.monotonic)
        #expect(try run(["/bin/sleep", "60"], timeout: .milliseconds(50)).end == .tookTooLong)
        let milliseconds = (Clocks.now(.monotonic) - start) / 1_000_000
        #expect((50..<10_000).contains(milliseconds))
    }

    @Test func aTimeWithoutABoundIsNoTimeInThePast() throws {
        let endless = Duration.seconds(Int64.max)
        #expect(try run(["/bin/true"], timeout: endless).end == .exited(.code(0)))
    }

    @Test func aProgramThatWritesTooMuchIsEnded() throws {
        #expect(try run(["/bin/sh", "-c", "while :; do echo words; done"], outputLimit: 64).end == .wroteTooMuch)
    }
}
