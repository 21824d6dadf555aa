import CLinuxShims
import Glibc

/// The pages of this program's code and constants.
public enum ProgramPages {
    private static let mapLimit = 1 << 20

    /// Maps every page of them that is in memory anyway, so that nothing of it is a fault later. A process that waits has the
    /// time.
    ///
    /// - Parameter exception: how the path of a file ends that is left out.
    public static func populate(except exception: String) {
        guard let text = try? Files.contents(of: "/proc/self/maps", limit: mapLimit) else { return }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 5)
            // Code, and constants that aren't written to: whatever is private and has a file. The program's own file has no
            // path but "/" when it is a clone that is mounted nowhere.
            guard fields.count == 6, fields[1] == "r-xp" || fields[1] == "r--p", !fields[5].hasSuffix(exception),
                fields[4] != "0", let dash = fields[0].firstIndex(of: "-"),
                let start = UInt(fields[0][..<dash], radix: 16),
                let end = UInt(fields[0][fields[0].index(after: dash)...], radix: 16), start < end
            else { continue }
            // Where it can't be done, faults do it.
            _ = martlet_populate(start, end - start)
        }
    }
}
