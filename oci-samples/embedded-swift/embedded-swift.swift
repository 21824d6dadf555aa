// Embedded Swift on wasi-libc: reads a table from the image, sorts it by the column given as an argument, prints it.

struct Planet {
    var name: String
    var diameter: Int
    var moons: Int
}

enum Column: String {
    case name, diameter, moons

    func isInOrder(_ left: Planet, _ right: Planet) -> Bool {
        switch self {
        case .name: left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        case .diameter: left.diameter > right.diameter
        case .moons: left.moons > right.moons
        }
    }
}

func contents(ofFile path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while true {
        let byte = fgetc(file)
        guard byte >= 0 else { return bytes }
        bytes.append(UInt8(truncatingIfNeeded: byte))
    }
}

func planet(fromLine line: ArraySlice<UInt8>) -> Planet? {
    let fields = line.split(separator: UInt8(ascii: ","))
    guard fields.count == 3, let diameter = number(fields[1]), let moons = number(fields[2]) else { return nil }
    return Planet(name: String(decoding: fields[0], as: UTF8.self), diameter: diameter, moons: moons)
}

func number(_ digits: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: digits, as: UTF8.self))
}

func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
}

/// Embedded Swift's hashing asks for random bytes by this name.
@_cdecl("arc4random_buf")
func randomBytes(_ buffer: UnsafeMutableRawPointer, _ count: Int) {
    // SAFETY: the caller owns `count` bytes at `buffer`; getentropy gives at most 256 at once.
    var done = 0
    while done < count {
        let step = min(256, count - done)
        guard getentropy(buffer + done, step) == 0 else { abort() }
        done += step
    }
}

@main
struct Planets {
    static func main() {
        // CommandLine doesn't exist in Embedded Swift: the column comes by the environment.
        let wanted = getenv("SORT_BY").map { String(cString: $0) } ?? "name"
        guard let column = Column(rawValue: wanted) else {
            print("no column is named \(wanted)")
            exit(2)
        }
        guard let table = contents(ofFile: "/planets.csv") else {
            print("/planets.csv can't be read")
            exit(1)
        }
        let planets = table.split(separator: UInt8(ascii: "\n")).compactMap(planet(fromLine:))
        for planet in planets.sorted(by: column.isInOrder) {
            print("\(padded(planet.name, to: 8)) \(padded("\(planet.diameter) km", to: 10)) \(planet.moons)")
        }
        var planetsByMoons: [Bool: Int] = [:]
        for planet in planets {
            planetsByMoons[planet.moons > 0, default: 0] += 1
        }
        print("\(planetsByMoons[true] ?? 0) of \(planets.count) have moons")
    }
}
