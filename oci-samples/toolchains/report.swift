// Embedded Swift; CommandLine doesn't exist there, so C's main hands the arguments over.

@_cdecl("main")
func report(_ count: Int32, _ words: UnsafePointer<UnsafePointer<CChar>>) -> Int32 {
    print("Swift")
    for index in 1..<max(1, Int(count)) {
        print("argument: \(String(cString: words[index]))")
    }
    print("greeting: \(getenv("GREETING").map { String(cString: $0) } ?? "none")")
    guard let note = fopen("/note.txt", "r") else { return 1 }
    print("note: ", terminator: "")
    while case let byte = fgetc(note), byte >= 0 { putchar(byte) }
    return fclose(note) == 0 ? 0 : 1
}
