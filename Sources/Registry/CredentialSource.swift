import JSON
import SystemCalls

/// Where credentials come from: given on the command line, or the files of podman and docker and the helpers they name.
public struct CredentialSource: Sendable {
    /// The largest credential file and the largest answer of a helper, in bytes.
    static let fileLimit = 1 << 20
    static let answerLimit = 64 << 10
    static let helperTimeout: Duration = .seconds(30)

    private enum Origin: Sendable {
        case given(RegistryCredentials)
        /// Tried in order; a missing file is skipped unless it was asked for by name.
        case files([String], mustExist: Bool)
    }

    private let origin: Origin
    private let searchPath: String

    /// Exactly these, wherever a registry asks.
    public init(_ credentials: RegistryCredentials) {
        origin = .given(credentials)
        searchPath = ""
    }

    /// This file alone.
    public init(file: String, searchPath: String = Environment.value("PATH") ?? "") {
        self.init(files: [file], mustExist: true, searchPath: searchPath)
    }

    /// The files that podman and docker keep, podman's first; `environment` looks a variable up.
    public init(environment: (String) -> String?, user: UInt32 = Processes.effectiveUser) {
        if let named = environment("REGISTRY_AUTH_FILE"), !named.isEmpty {
            self.init(file: named, searchPath: environment("PATH") ?? "")
            return
        }
        let home = environment("HOME")
        let configuration = environment("XDG_CONFIG_HOME") ?? home.map { "\($0)/.config" }
        let candidates = [
            environment("XDG_RUNTIME_DIR").map { "\($0)/containers/auth.json" } ?? "/run/containers/\(user)/auth.json",
            configuration.map { "\($0)/containers/auth.json" },
            (environment("DOCKER_CONFIG") ?? home.map { "\($0)/.docker" }).map { "\($0)/config.json" },
        ]
        self.init(files: candidates.compactMap { $0 }, mustExist: false, searchPath: environment("PATH") ?? "")
    }

    private init(files: [String], mustExist: Bool, searchPath: String) {
        origin = .files(files, mustExist: mustExist)
        self.searchPath = searchPath
    }

    /// What to show the registry at `host` (with its port, when it has one) for a repository.
    ///
    /// - Throws: `RegistryError` for a file or a helper that can't be used.
    func credentials(host: String, repository: String) throws(RegistryError) -> RegistryCredentials {
        switch origin {
        case .given(let credentials): return credentials
        case .files(let paths, let mustExist):
            for path in paths {
                guard let file = try read(path, mustExist: mustExist),
                    let entry = file.entry(host: host, repository: repository)
                else { continue }
                switch entry {
                case .credentials(let found): return found
                case .helper(let name, let server):
                    let answer = try CredentialHelper(name: name, searchPath: searchPath).credentials(for: server)
                    if answer != .anonymous { return answer }
                }
            }
            return .anonymous
        }
    }

    private func read(_ path: String, mustExist: Bool) throws(RegistryError) -> CredentialFile? {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try Files.contents(of: path, limit: Self.fileLimit)
        } catch {
            if !mustExist, [.noSuchFile, .notDirectory, .accessDenied].contains(error.errno) { return nil }
            throw RegistryError(.credentials, "credentials", "\(error)")
        }
        do throws(JSONError) {
            return try CredentialFile(bytes)
        } catch {
            throw RegistryError(
                .credentials, "credentials", "\(path): \(error)", advice: "repair the file or pass --authfile")
        }
    }
}
