import Glibc
import ProbeWords
import SystemCalls

extension ConfinedProbe {
    /// Everything that preview 1 does with files, by the calls that the host makes for it.
    func useFiles() {
        guard let directory = confineForFiles() else { return }
        step("mkdir") { () throws(Errno) in try FileCalls.makeDirectory("sub", in: directory, mode: 0o755) }
        guard
            let file = try? FileCalls.open(
                "sub/file", in: directory, [.readWrite, .create, .exclusive], mode: 0o644, resolve: .beneath
            ).release()
        else { return say("open: refused") }
        transfer(file)
        change(file)
        names(directory)
        lookAround(file)
        say("done")
    }

    private func transfer(_ file: Int32) {
        step("write") { () throws(Errno) in try expect(6, write(file, "hello\n")) }
        step("gather") { () throws(Errno) in
            try expect(4, try withVectors([2, 2]) { vectors throws(Errno) in try TransferCalls.write(file, vectors) })
        }
        step("pwrite") { () throws(Errno) in
            try expect(
                3, try withVectors([3]) { vectors throws(Errno) in try TransferCalls.write(file, at: 20, vectors) })
        }
        step("seek") { () throws(Errno) in try expect(0, Int(try TransferCalls.seek(file, 0, from: .start))) }
        for sizes in [[4], [2, 2]] {
            step("read") { () throws(Errno) in
                try expect(
                    4, try withVectors(sizes) { vectors throws(Errno) in try TransferCalls.read(file, into: vectors) })
            }
        }
        step("pread") { () throws(Errno) in
            try expect(
                3, try withVectors([5]) { vectors throws(Errno) in try TransferCalls.read(file, at: 20, into: vectors) }
            )
        }
        step("negative offset") { () throws(Errno) in
            do throws(Errno) {
                _ = try withVectors([5]) { vectors throws(Errno) in try TransferCalls.read(file, at: -1, into: vectors)
                }
            } catch { return try expect(Int(EINVAL), Int(error.rawValue)) }
            throw .invalid
        }
    }

    private func change(_ file: Int32) {
        step("truncate") { () throws(Errno) in try TransferCalls.truncate(file, to: 5) }
        step("allocate") { () throws(Errno) in try TransferCalls.allocate(file, offset: 0, count: 4096) }
        step("size") { () throws(Errno) in try expect(4096, Int(try FileCalls.status(of: file).size)) }
        step("advise") { () throws(Errno) in try TransferCalls.advise(file, offset: 0, count: 0, .willNeed) }
        step("sync") { () throws(Errno) in try TransferCalls.synchronize(file, dataOnly: false) }
        step("datasync") { () throws(Errno) in try TransferCalls.synchronize(file, dataOnly: true) }
        step("flags") { () throws(Errno) in
            try TransferCalls.setStatusFlags(file, try TransferCalls.statusFlags(file).union(.append))
        }
        step("times") { () throws(Errno) in
            try FileCalls.setTimes(of: file, FileTimes(accessed: .now, modified: .set(seconds: 1, nanoseconds: 2)))
        }
    }

    /// What a host function asks besides files.
    private func lookAround(_ file: Int32) {
        step("clock") { () throws(Errno) in if Clocks.now(.processCPU) == 0 { throw .invalid } }
        step("resolution") { () throws(Errno) in if Clocks.resolution(.threadCPU) == 0 { throw .invalid } }
        step("random") { () throws(Errno) in
            var bytes = [UInt8](repeating: 0, count: 64)
            bytes.withUnsafeMutableBytes { try? Randomness.fill($0) }
            if bytes.allSatisfy({ $0 == 0 }) { throw .invalid }
        }
        step("wait") { () throws(Errno) in
            var requests = [PollRequest(file, .readable)]
            if (try? Poll.wait(&requests, timeout: 1000)) != 1 { throw .invalid }
        }
        step("no terminal") { () throws(Errno) in if Terminals.isTerminal(file) { throw .invalid } }
    }

    private func names(_ directory: Int32) {
        step("link") { () throws(Errno) in try FileCalls.link("sub/file", in: directory, to: "hard", in: directory) }
        step("symlink") { () throws(Errno) in try FileCalls.symbolicLink(to: "sub/file", at: "soft", in: directory) }
        step("readlink") { () throws(Errno) in
            try withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { (buffer) throws(Errno) in
                try expect(8, try FileCalls.readLink("soft", in: directory, into: buffer))
            }
        }
        step("rename") { () throws(Errno) in try FileCalls.rename("hard", in: directory, to: "sub/moved", in: directory)
        }
        step("stat") { () throws(Errno) in try expect(2, Int(try FileCalls.status("sub/moved", in: directory).links)) }
        step("list") { () throws(Errno) in try expect(2, try TreeCalls.names(in: directory).count) }
        step("unlink") { () throws(Errno) in
            for name in ["sub/moved", "sub/file", "soft"] {
                try FileCalls.remove(name, in: directory, isDirectory: false)
            }
        }
        step("rmdir") { () throws(Errno) in try FileCalls.remove("sub", in: directory, isDirectory: true) }
    }

    private func step(_ name: String, _ body: () throws(Errno) -> Void) {
        do throws(Errno) { try body() } catch { say("\(name): \(error)") }
    }

    private func expect(_ wanted: Int, _ found: Int) throws(Errno) {
        if wanted != found { throw .invalid }
    }

    private func write(_ file: Int32, _ text: String) -> Int {
        Array(text.utf8).withUnsafeBytes { (try? Files.write(file, $0)) ?? -1 }
    }

    private func withVectors<R>(
        _ sizes: [Int], _ body: (UnsafeBufferPointer<IOVector>) throws(Errno) -> R
    ) throws(Errno) -> R {
        let areas = sizes.map { UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 1) }
        defer { for area in areas { area.deallocate() } }
        for area in areas { area.initializeMemory(as: UInt8.self, repeating: 65) }
        let vectors = areas.map { IOVector($0) }
        return try vectors.withUnsafeBufferPointer(body)
    }
}
