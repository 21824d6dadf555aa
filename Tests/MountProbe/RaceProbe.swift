import ContainerMounts
import OCISpec
import ProbeWords
import SystemCalls

/// Mounts onto `/a` of the root of `bundle=…` again and again, while another process exchanges it with the link `/b`.
///
/// Ends after `exchanges=…` exchanges and `mounts=…` mounts, and says what came of it.
struct RaceProbe {
    let words: Words

    init(_ arguments: ArraySlice<String>) { words = Words(arguments) }

    private func number(_ name: String) -> Int { words.value(name).flatMap { Int($0) } ?? 1 }

    func run() {
        do {
            let bundle = words.value("bundle") ?? "/nowhere"
            let configuration = try RuntimeConfiguration(
                reading: try Files.contents(of: bundle + "/config.json", limit: 1 << 20))
            let plan = try MountPlan(configuration, bundle: bundle, workload: .native)
            let attacker = try startAttacker(bundle + "/rootfs")
            var done = 0
            var rounds = 0
            // The attacker ends by itself when the numbers are full; rounds go on until then.
            while try Processes.poll(attacker) == nil || done < number("mounts") {
                done += try round(plan, bundle)
                rounds += 1
            }
            say("mounts=\(done) rounds=\(rounds)")
        } catch {
            say("failed=\(error)")
            Processes.exit(1)
        }
    }

    private func startAttacker(_ root: String) throws -> Int32 {
        switch try Processes.fork() {
        case .parent(let child): return child
        case .child:
            guard let directory = try? Files.open(root, flags: [.readOnly, .directory]) else { Processes.exit(1) }
            var exchanged = 0
            while exchanged < number("exchanges") {
                try? TreeCalls.exchange("a", in: directory.rawValue, with: "b", in: directory.rawValue)
                exchanged += 1
            }
            say("exchanges=\(exchanged)")
            Processes.exit(0)
        }
    }

    /// One process with a namespace of its own and many tries in it; how many.
    private func round(_ plan: MountPlan, _ bundle: String) throws -> Int {
        let tries = 200
        switch try Processes.clone(into: .mount) {
        case .parent(let child, _):
            guard try Processes.wait(for: child) == .code(0) else {
                throw SystemCallError("round", nil, .invalid)
            }
            return tries
        case .child:
            do {
                var root = try ContainerRoot(plan, sources: MountSources())
                for _ in 0..<tries { try? root.mountAll(sources: MountSources()) }
                let table = String(
                    decoding: try Files.contents(of: "/proc/self/mountinfo", limit: 1 << 24), as: UTF8.self)
                let escaped = table.split(separator: "\n").compactMap { line -> Substring? in
                    let fields = line.split(separator: " ")
                    guard fields.count > 4, fields[4].hasPrefix(bundle) else { return nil }
                    return fields[4].hasPrefix(bundle + "/rootfs") ? nil : fields[4]
                }
                for place in escaped { say("escaped=\(place)") }
                Processes.exit(escaped.isEmpty ? 0 : 1)
            } catch {
                say("failed=\(error)")
                Processes.exit(1)
            }
        }
    }
}
