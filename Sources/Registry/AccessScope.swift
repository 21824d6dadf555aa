/// What a token is wanted for: `repository:library/hello:pull` (distribution's token scope grammar).
struct AccessScope: Hashable, Sendable {
    enum Action: String, Sendable { case pull, push }

    let repository: String
    let actions: [Action]

    static func pull(_ repository: String) -> AccessScope { AccessScope(repository: repository, actions: [.pull]) }
    static func push(_ repository: String) -> AccessScope {
        AccessScope(repository: repository, actions: [.pull, .push])
    }

    var text: String { "repository:\(repository):\(actions.map(\.rawValue).joined(separator: ","))" }
}
