/// Runs the same work for many items, a bounded number at once; the first failure ends the others.
enum Transfers {
    static func run<Item: Sendable>(
        _ items: [Item], atOnce: Int, _ work: @escaping @Sendable (Item) async throws(RegistryError) -> Void
    ) async throws(RegistryError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                var waiting = items.makeIterator()
                for _ in 0..<max(atOnce, 1) {
                    guard let item = waiting.next() else { break }
                    group.addTask { try await work(item) }
                }
                while try await group.next() != nil {
                    guard let item = waiting.next() else { continue }
                    group.addTask { try await work(item) }
                }
            }
        } catch let error as RegistryError {
            throw error
        } catch {
            throw RegistryError(.cancelled, "", "was cancelled")
        }
    }
}
