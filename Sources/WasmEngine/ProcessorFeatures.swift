import CWasmtime

/// What this machine's processor can do, as far as compiled code may depend on it.
enum ProcessorFeatures {
    static let words: [UInt32] = {
        [UInt32](unsafeUninitializedCapacity: Int(MARTLET_PROCESSOR_WORDS)) { buffer, count in
            count = buffer.baseAddress.map { Int(martlet_processor_features($0)) } ?? 0
        }
    }()

    static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            #error("libwasmtime is published for x86-64 and aarch64 only")
        #endif
    }
}
