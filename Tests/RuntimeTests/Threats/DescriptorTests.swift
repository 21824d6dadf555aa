import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: a leaked descriptor is a way to the host (CVE-2024-21626), and output without end.
@Suite(
    "Descriptors and the working directory", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct DescriptorTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// Runs martlet with descriptors of the host that whoever started it left open.
    private func leaking(_ words: String...) throws -> Outcome {
        let command = ([runtime.martlet] + runtime.options + words).joined(separator: " ")
        return try runtime.other("/bin/sh", "-c", "exec 3</ 4</etc 5</proc 9</etc/shadow 8</; exec \(command)")
    }

    private func numbers(_ outcome: Outcome) -> [String] {
        outcome.lines.compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test func aNativeProgramHasTheThreeStreamsAndNothingElse() throws {
        let container = try runtime.bundle(.native, "descriptors")
        let outcome = try leaking("run", "--bundle", container.bundle, container.id)
        #expect(outcome.code == 0 && numbers(outcome) == ["0", "1", "2"], "\(outcome)")
    }

    @Test func soHasOneThatWasCreatedAndStartedByTwoCommands() throws {
        let container = try runtime.bundle(.native, "descriptors")
        let created = try leaking("create", "--bundle", container.bundle, container.id)
        try #require(created.code == 0, "\(created)")
        #expect(try leaking("start", container.id).code == 0)
        #expect(try container.becomes("stopped"))
        #expect(numbers(created) == ["0", "1", "2"], "\(created)")
    }

    @Test func soHasOneThatWasExecuted() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let outcome = try leaking("exec", container.id, "/guest", "descriptors")
        #expect(outcome.code == 0 && numbers(outcome) == ["0", "1", "2"], "\(outcome)")
    }

    @Test func aWasmGuestHasTheStreamsAndItsRoot() throws {
        let container = try runtime.bundle(.wasm, "descriptors")
        let outcome = try leaking("run", "--bundle", container.bundle, container.id)
        #expect(outcome.code == 0 && numbers(outcome) == ["0", "1", "2", "3"], "\(outcome)")
        let executed = try runtime.bundle(.wasm, "rest")
        _ = try executed.launch()
        let second = try leaking("exec", executed.id, "/guest.wasm", "descriptors")
        #expect(numbers(second) == ["0", "1", "2", "3"], "\(second)")
    }

    @Test(arguments: 0..<12) func aWorkingDirectoryThatIsADescriptorIsRefusedOrStaysInside(number: Int) throws {
        for guest in Guest.allCases {
            let container = try runtime.bundle(guest, "read", "../../../../../etc/hostname") {
                $0.directory = "/proc/self/fd/\(number)"
            }
            let outcome = try leaking("run", "--bundle", container.bundle, container.id)
            #expect(outcome.output != Machine.text(of: "/etc/hostname") || outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.code != 0, "\(outcome)")
        }
    }

    @Test func soIsOneOfExec() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        for number in 3..<12 {
            let outcome = try leaking("exec", "--cwd", "/proc/self/fd/\(number)", container.id, "/guest", "list", ".")
            #expect(outcome.code != 0 && !outcome.output.contains("etc"), "\(outcome)")
        }
    }

    @Test func aWorkingDirectoryThatIsALinkStaysInside() throws {
        for target in ["/", "../../../../../../..", "/proc/1/root", "/proc/self/cwd/../../.."] {
            let container = try runtime.bundle(.native, "list", ".") { $0.directory = "/link" }
            try FileManager.default.createSymbolicLink(atPath: "\(container.root)/link", withDestinationPath: target)
            let outcome = try container.run()
            #expect(outcome.code != 0 || outcome.lines.contains("guest"), "\(target): \(outcome)")
        }
    }
}
