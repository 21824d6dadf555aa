import FilterMachine
import Foundation
import SystemCalls

// What the kernel tells of a process of a container, from outside.

extension OtherProcess {
    /// The fields of `/proc/PID/status`.
    var status: [String: String] {
        let pairs = self("status").split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// Which namespace of a kind (a name in `/proc/PID/ns`) it is in.
    func namespace(_ kind: String) -> String? { namespaces([kind]).first }

    /// Its filters of system calls, the first one first; nil where the kernel doesn't show them to us.
    func filters(in folder: URL) throws -> [FilterMachine]? {
        let program = try Guest.built.get().appendingPathComponent("filters").path
        let outcome = try Running.start([program, String(number)], in: folder).wait()
        guard outcome.code == 0 else {
            Machine.skip("the filters of a process: \(Errno(rawValue: outcome.code))")
            return nil
        }
        var programs: [[SecureComputing.Instruction]] = []
        for line in outcome.lines {
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            if line.hasPrefix("filter") {
                programs.append([])
            } else if numbers.count == 4, !programs.isEmpty {
                programs[programs.count - 1].append(
                    .init(
                        UInt16(numbers[0]), numbers[3], jumpTrue: UInt8(numbers[1]), jumpFalse: UInt8(numbers[2])))
            }
        }
        return programs.map(FilterMachine.init(_:))
    }
}
