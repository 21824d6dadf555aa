/// The statuses of the distribution specification that end an operation, in one line each.
enum AnswerFailure {
    /// - Parameter said: what the registry wrote in its body, already fit for a terminal.
    static func error(_ answer: WebAnswer, _ said: String?, subject: String, name: String) -> RegistryError {
        let said = said.map { ": \($0)" } ?? ""
        switch answer.status {
        case 401: return RegistryError(.unauthorized, subject, "\(name) wants credentials\(said) (401)")
        case 403:
            return RegistryError(
                .denied, subject, "\(name) denies access\(said) (403)",
                advice: "the user may lack the right to this repository")
        case 404: return RegistryError(.notFound, subject, "\(name) doesn't have it\(said) (404)")
        case 413: return RegistryError(.tooLarge, subject, "\(name) takes nothing of this size\(said) (413)")
        case 429:
            let wait = answer.retryAfter.map { "try again in \($0.components.seconds) s" }
            return RegistryError(
                .tooManyRequests, subject, "\(name) limits requests\(said) (429)",
                advice: wait ?? "try again later, or log in for a higher limit")
        case 500...599:
            return RegistryError(.status(answer.status), subject, "\(name) failed\(said) (\(answer.status))")
        default:
            return RegistryError(
                .status(answer.status), subject, "\(name) gave an unexpected answer\(said) (\(answer.status))")
        }
    }
}
