import Testing
import WasmWorkload

@testable import RuntimeCommands

@Suite struct OptionTableTests {
    private func parse(_ words: String...) throws -> (settings: RunSettings, operands: [String]) {
        var settings = RunSettings()
        let operands = try RunSettings.table.parse(words, into: &settings)
        return (settings, operands)
    }

    @Test func everythingAfterTheImageBelongsToTheGuest() throws {
        let (settings, operands) = try parse("--rm", "image", "-e", "--rm", "--", "x")
        #expect(settings.remove)
        #expect(operands == ["image", "-e", "--rm", "--", "x"])
    }

    @Test func twoDashesEndTheOptions() throws {
        #expect(try parse("--", "-odd-image", "a").operands == ["-odd-image", "a"])
    }

    @Test func valuesComeBehindASpaceAnEqualsSignOrTheLetter() throws {
        let (settings, _) = try parse("-e", "A=1", "-eB=2", "--env=C=3", "--env", "D=4", "-w=/x", "image")
        #expect(settings.request.environment == ["A=1", "B=2", "C=3", "D=4"])
        #expect(settings.request.workingDirectory == "/x")
    }

    @Test func flagsMayBeGrouped() throws {
        let (settings, _) = try parse("-itd", "image")
        #expect(settings.interactive && settings.request.hasTerminal && settings.detach)
    }

    @Test func aVariableWithoutAValueIsTheHostsOrNothing() throws {
        let (settings, _) = try parse("-e", "PATH", "-e", "MARTLET_SURELY_UNSET", "image")
        #expect(settings.request.environment.count == 1)
        #expect(settings.request.environment.first?.hasPrefix("PATH=/") == true)
    }

    @Test(
        arguments: [
            ["--unknown"], ["-z"], ["--env"], ["--rm=yes"], ["--memory", "much"], ["--timeout", "0"],
            ["--network", "bridge"],
            ["-p", "80"], ["-v", "named:/x"], ["--pull", "often"], ["-e", "=x"], ["--cpus", "-1"], ["-w", "relative"],
            ["--outbound", "example.com"],
        ])
    func whatCannotBeFollowedIsRefusedWithTheVerbsHelp(words: [String]) {
        var settings = RunSettings()
        let error = #expect(throws: UsageError.self) { try RunSettings.table.parse(words, into: &settings) }
        #expect(error?.message.hasSuffix("; see martlet run --help") == true)
        #expect(error?.isHelp == false)
    }

    @Test func helpListsEveryOption() {
        let error = #expect(throws: UsageError.self) { try parse("--help") }
        #expect(error?.isHelp == true)
        for option in RunSettings.table.options {
            #expect(error?.message.contains(option.names.joined(separator: ", ")) == true)
        }
    }
}
