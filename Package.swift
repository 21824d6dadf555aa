// swift-tools-version: 6.2
import PackageDescription

// The targets stand in the order of the layers: a target depends only on what stands above it (ARCHITECTURE.md).

/// Our own Swift: warnings are errors, and every import and existential is spelled out.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library of martlet's and the tests that state its behaviour.
func layer(_ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency]? = []) -> [Target] {
    var targets: [Target] = [.target(name: name, dependencies: dependencies, swiftSettings: strict)]
    if let tests {
        targets.append(
            .testTarget(
                name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies + tests, swiftSettings: strict))
    }
    return targets
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .executable(name: "martlet-prepare", targets: ["martlet-prepare"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CWasmtime", pkgConfig: "wasmtime"),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(name: "CLinuxShims"),
    ]
        + layer("SystemCalls", ["CLinuxShims"])
        + layer("JSON")
        + layer("OCISpec", ["JSON"])
        + layer("WasmBinary")
)
