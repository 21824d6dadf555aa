import Foundation
import SystemCalls

/// A network namespace in which an engine may make bridges, addresses and tables of a packet filter. It goes with its holder.
final class NetworkOfItsOwn: Sendable {
    private let holder: Running

    /// What takes hold of one, goes into it and raises its loopback interface.
    static let isPossible = ["unshare", "nsenter", "busybox"].allSatisfy { Machine.program($0) != nil }

    init(in folder: URL) throws {
        let script = "busybox ip link set lo up && echo made && exec sleep 600"
        holder = try Running.start(
            [Machine.program("unshare") ?? "unshare", "--net", "/bin/sh", "-c", script], in: folder)
        guard holder.wrote("made") else { throw Running.TookTooLong(description: "no network: \(holder.error)") }
    }

    deinit { holder.kill() }

    /// In front of a command that is to run in it.
    var entering: [String] { [Machine.program("nsenter") ?? "nsenter", "--net=/proc/\(holder.process)/ns/net"] }

    /// Sends a line to a port and returns the answer; nothing when there is none yet.
    func ask(_ address: String, _ port: Int, _ line: String) throws -> String {
        let script = "exec 3<>/dev/tcp/\(address)/\(port) && echo '\(line)' >&3 && cat <&3"
        let outcome = try Running.start(entering + ["/bin/bash", "-c", script], in: holder.folder).wait()
        return outcome.output
    }
}
