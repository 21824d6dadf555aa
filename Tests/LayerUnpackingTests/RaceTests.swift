import ArchiveFixtures
import LayerUnpacking
import Synchronization
import SystemCalls
import Testing

@Suite("Unpacking while somebody swaps directories for links")
struct RaceTests {
    /// Exchanges `root/NAME` and a symbolic link to the outside, again and again.
    private final class Swapper: Sendable {
        let exchanges = Atomic<Int>(0)
        let isDone = Atomic<Bool>(false)
        private let root: String

        init(root: String) { self.root = root }

        func run(_ names: [String]) {
            while !isDone.load(ordering: .relaxed) {
                for name in names {
                    let swapped: Void? = try? TreeCalls.exchange(
                        "\(root)/\(name)", in: Files.currentDirectory, with: "\(root)/swap-\(name)",
                        in: Files.currentDirectory)
                    if swapped != nil { exchanges.add(1, ordering: .relaxed) }
                }
            }
        }
    }

    @Test func nothingOutsideChangesDuringTenThousandExchanges() throws {
        let unpacking = try Unpacking()
        let root = unpacking.cage.root
        // Real directories outside, of the names that the layer has: a link that is followed finds what it looks for.
        try unpacking.apply([
            layer {
                for name in ["a", "b"] {
                    $0.directory("\(name)/")
                    $0.symbolicLink("swap-\(name)", to: name == "a" ? "../outside" : "\(unpacking.cage.outside)")
                }
            }
        ])
        let attack = layer {
            for round in 0..<20 {
                for name in ["a", "b"] {
                    $0.add("\(name)/directory", type: "5", mode: 0o777)
                    $0.add("\(name)/directory/file", data: [1], mode: 0o6777)
                    $0.file("\(name)/file", "overwritten")
                    $0.symbolicLink("\(name)/link", to: "overwritten")
                    $0.hardLink("\(name)/hard\(round)", to: "\(name)/file")
                    $0.file("\(name)/.wh.directory")
                    $0.file("\(name)/.wh.file")
                    $0.file("\(name)/.wh..wh..opq")
                    $0.file("other/file\(round)", "elsewhere")
                }
            }
        }.ended()
        let swapper = Swapper(root: root)
        let thread = try JoinableThread { swapper.run(["a", "b"]) }
        var outcomes = (whole: 0, failed: 0)
        let end = ContinuousClock.now + .seconds(60)
        while swapper.exchanges.load(ordering: .relaxed) < 20_000 || outcomes.whole + outcomes.failed < 100 {
            guard ContinuousClock.now < end else { break }
            do {
                try unpacking.apply(bytes: [attack])
                outcomes.whole += 1
            } catch { outcomes.failed += 1 }
            unpacking.expectUnharmed()
        }
        swapper.isDone.store(true, ordering: .relaxed)
        _ = consume thread
        #expect(swapper.exchanges.load(ordering: .relaxed) >= 10_000)
        // The race was a real one: it was lost at least once.
        #expect(outcomes.failed > 0)
    }

    @Test func aTreeIsRemovedWithoutFollowingWhatIsSwappedIn() throws {
        let unpacking = try Unpacking()
        let root = unpacking.cage.root
        for _ in 0..<30 {
            try? TreeRemoval.remove("\(root)/tree")
            try Files.makeDirectory("\(root)/tree", mode: 0o755)
            try unpacking.apply([
                layer {
                    for name in ["a", "b"] {
                        for index in 0..<20 { $0.file("tree/\(name)/directory/\(index)") }
                        $0.symbolicLink("tree/swap-\(name)", to: unpacking.cage.outside)
                    }
                }
            ])
            let swapper = Swapper(root: "\(root)/tree")
            let thread = try JoinableThread { swapper.run(["a", "b"]) }
            while swapper.exchanges.load(ordering: .relaxed) < 20 {}
            try? TreeRemoval.remove("\(root)/tree")
            swapper.isDone.store(true, ordering: .relaxed)
            _ = consume thread
            unpacking.expectUnharmed()
        }
    }
}
