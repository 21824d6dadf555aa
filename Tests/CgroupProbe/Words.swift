import Cgroups
import SystemCalls

/// One fact, written at once: a killed process has said what it knew.
func report(_ name: String, _ value: some CustomStringConvertible) {
    try? Files.writeAll(1, Array("\(name)=\(value)\n".utf8))
}

func pause(milliseconds: UInt64) {
    var nothing: [PollRequest] = []
    _ = try? Poll.wait(&nothing, timeout: milliseconds * 1_000_000)
}

/// A child that does something and then sleeps until it is killed; returns when it has done it.
func child(_ body: () throws -> Void) throws -> Int32 {
    let pipe = try Descriptors.pipe()
    switch try Processes.fork() {
    case .child:
        do {
            try Confinement.dieWithParent()
            try body()
        } catch { report("child", "\(error)") }
        try? Files.writeAll(pipe.write.rawValue, [1])
        while true { pause(milliseconds: 60_000) }
    case .parent(let process):
        let reading = pipe.keepRead()
        _ = try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { try Files.read(reading.rawValue, into: $0) }
        return process
    }
}

/// How many of the container's groups a process is in.
func count(of process: Int32, in cgroup: ContainerCgroup) throws -> Int {
    let hierarchy = try CgroupHierarchy.current(withRoots: true)
    let membership = try CgroupMembership.of(process)
    return hierarchy.trees.filter { tree in
        membership.directory(in: tree).map { directory in cgroup.groups.contains { $0.directory == directory } }
            ?? false
    }.count
}

func text(_ path: String) -> String {
    guard let bytes = try? Files.contents(of: path, limit: 1 << 16) else { return "missing" }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
}

func write(_ text: String, to path: String) throws {
    let file = try Files.open(path, flags: .writeOnly)
    try Files.writeAll(file.rawValue, Array(text.utf8))
}
