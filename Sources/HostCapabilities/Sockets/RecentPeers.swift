/// Who lately sent something to a granted datagram port: they may be answered.
struct RecentPeers: Sendable {
    private var known: Set<SocketAddress> = []
    private var order: [SocketAddress] = []
    private var oldest = 0

    /// How many are remembered; the oldest is forgotten first.
    static let limit = 1024

    func contains(_ address: SocketAddress) -> Bool { known.contains(address) }

    mutating func insert(_ address: SocketAddress) {
        guard known.insert(address).inserted else { return }
        if order.count < Self.limit {
            order.append(address)
        } else {
            known.remove(order[oldest])
            order[oldest] = address
            oldest = (oldest + 1) % Self.limit
        }
    }
}
