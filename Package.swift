// swift-tools-version: 6.2
import PackageDescription

// The targets stand in the order of the layers: a target depends only on what stands above it (ARCHITECTURE.md).

/// Our own Swift: warnings are errors, and every import and existential is spelled out.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
/// For values that can't outlive what they point into: guest memory during a host call.
let lifetimes = strict + [.enableExperimentalFeature("Lifetimes")]

/// For a program of a few pages without any library, Swift's and the C library included: `martlet` itself. Embedded Swift, always
/// optimized, with nothing that a loader would have to relocate.
let bare = (
    c: [CSetting.unsafeFlags(["-ffreestanding", "-fno-stack-protector", "-fPIE", "-Os"])],
    swift: [
        SwiftSetting.treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Embedded"),
        .unsafeFlags([
            "-wmo", "-Osize", "-parse-as-library", "-no-static-stdlib", "-Xfrontend", "-disable-stack-protector",
            "-Xfrontend", "-function-sections", "-Xfrontend", "-no-allocations",
        ]),
    ],
    linker: [
        LinkerSetting.unsafeFlags([
            "-nostartfiles", "-no-static-stdlib", "-enable-experimental-feature", "Embedded", "-wmo", "-use-ld=lld",
            "-Xlinker", "--gc-sections", "-Xclang-linker", "-nostdlib", "-Xclang-linker", "-static-pie",
        ])
    ]
)

/// A library of martlet's and the tests that state its behaviour.
///
/// - Parameter tests: what the tests need besides the library and its own dependencies.
func layer(
    _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency] = [],
    settings: [SwiftSetting] = strict
) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, swiftSettings: settings),
        .testTarget(
            name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies + tests, swiftSettings: settings),
    ]
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let httpClient: [Target.Dependency] = [
    .product(name: "AsyncHTTPClient", package: "async-http-client"),
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .executable(name: "martlet-runtime", targets: ["martlet-runtime"]),
        .executable(name: "martlet-prepare", targets: ["martlet-prepare"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // Headers and stubs of ours; the library itself is loaded by the first call of it.
        .target(name: "CWasmtime", publicHeadersPath: "."),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(name: "CLinuxShims"),
        // What `martlet` and a zygote say to each other.
        .target(name: "CZygoteProtocol", publicHeadersPath: "."),
        .target(name: "CLauncher", dependencies: ["CZygoteProtocol"], cSettings: bare.c),
        .target(name: "Launcher", dependencies: ["CLauncher", "CZygoteProtocol"], swiftSettings: bare.swift),
    ]
        + layer("SystemCalls", ["CLinuxShims"])
        + layer("JSON")
        + layer("OCISpec", ["JSON"])
        + layer("ContentHashing", ["OCISpec", crypto])
        + layer("WasmBinary", tests: ["WasmEngine"])
        + layer("Archive", ["CArchive", "SystemCalls"], tests: ["ArchiveFixtures"])
        + layer("LayerUnpacking", ["Archive", "SystemCalls"], tests: ["ArchiveFixtures"])
        + layer("ImageStore", ["JSON", "OCISpec", "SystemCalls"])
        + layer(
            "ImageTransfer",
            [
                "Archive", "ContentHashing", "ImageStore", "JSON", "LayerUnpacking", "OCISpec", "SystemCalls",
                "WasmBinary", crypto,
            ],
            tests: ["ArchiveFixtures"])
        + layer("Registry", ["ContentHashing", "JSON", "OCISpec", "SystemCalls"] + httpClient, tests: [crypto])
        + layer("WasmEngine", ["CWasmtime", "SystemCalls", "WasmBinary"], settings: lifetimes)
        + layer("HostCapabilities", ["SystemCalls"])
        + layer("WASIPreview1", ["HostCapabilities", "SystemCalls", "WasmBinary", "WasmEngine"])
        + layer("Cgroups", ["JSON", "OCISpec", "SystemCalls"], tests: ["CgroupProbe", "ProbeRunner"])
        + [.target(name: "FieldErrors", dependencies: ["SystemCalls"], swiftSettings: strict)]
        + layer("ContainerMounts", ["FieldErrors", "OCISpec", "SystemCalls"], tests: ["JSON", "MountProbe"])
        + layer(
            "ProcessSettings", ["CSeccomp", "FieldErrors", "JSON", "OCISpec", "SystemCalls"],
            tests: ["FilterMachine", "ProbeRunner", "ProcessProbe"])
        + layer(
            "Sandbox", ["SystemCalls"],
            tests: ["CForgedCode", "ConfinementProbe", "CSeccomp", "FilterMachine", "ProbeRunner"])
        + layer(
            "ContainerLifecycle", ["Cgroups", "HostCapabilities", "JSON", "SystemCalls"],
            tests: ["ConfinementProbe", "ProbeRunner"])
        + layer(
            "WasmWorkload",
            [
                "ContainerLifecycle", "ContainerMounts", "FieldErrors", "HostCapabilities", "JSON", "OCISpec",
                "Sandbox", "SystemCalls", "WASIPreview1", "WasmBinary", "WasmEngine",
            ])
        + layer(
            "BundleRuntime",
            [
                "CZygoteProtocol", "Cgroups", "ContainerLifecycle", "ContainerMounts", "FieldErrors",
                "HostCapabilities", "ImageStore", "JSON", "OCISpec", "ProcessSettings", "Sandbox", "SystemCalls",
                "WasmBinary", "WasmEngine", "WasmWorkload",
            ])
        + layer(
            "RuntimeCommands",
            [
                "BundleRuntime", "CZygoteProtocol", "Cgroups", "ContainerLifecycle", "ContainerMounts",
                "HostCapabilities", "ImageStore", "JSON", "OCISpec", "Sandbox", "SystemCalls", "WasmBinary",
                "WasmEngine", "WasmWorkload",
            ])
        + layer(
            "PrepareCommands",
            [
                "Archive", "ImageStore", "ImageTransfer", "JSON", "LayerUnpacking", "OCISpec", "Registry", "Sandbox",
                "SystemCalls", "WasmBinary", "WasmEngine", "WasmWorkload", argumentParser,
            ], tests: ["ContentHashing", "martlet-prepare"])
        + [
            .executableTarget(
                name: "martlet", dependencies: ["Launcher"], cSettings: bare.c, linkerSettings: bare.linker),
            .executableTarget(
                name: "martlet-runtime", dependencies: ["RuntimeCommands", "SystemCalls"], swiftSettings: strict),
            .executableTarget(
                name: "martlet-prepare", dependencies: ["PrepareCommands", "SystemCalls"], swiftSettings: strict),
            .executableTarget(
                name: "hostcall", dependencies: ["WasmEngine"], path: "Benchmarks/hostcall", swiftSettings: strict),
            // The C API's declarations, held against the library.
            .testTarget(name: "CWasmtimeTests", dependencies: ["CWasmtime"], swiftSettings: strict),
            // Archives that a careful writer would never make.
            .target(
                name: "ArchiveFixtures", dependencies: ["Archive", "SystemCalls"], path: "Tests/ArchiveFixtures",
                swiftSettings: strict),
            // A process with one thread that confines itself and runs workloads, the C code that attacks from inside of it,
            // and how tests run it.
            .target(name: "CForgedCode", path: "Tests/CForgedCode"),
            .target(
                name: "ProbeWords", dependencies: ["SystemCalls"], path: "Tests/ProbeWords", swiftSettings: strict),
            .executableTarget(
                name: "ConfinementProbe",
                dependencies: [
                    "CForgedCode", "Cgroups", "ContainerLifecycle", "OCISpec", "ProbeWords", "Sandbox", "SystemCalls",
                ],
                path: "Tests/ConfinementProbe", swiftSettings: strict),
            // The same for the mount tree and for what config.json asks of one process.
            .executableTarget(
                name: "MountProbe", dependencies: ["ContainerMounts", "JSON", "OCISpec", "ProbeWords", "SystemCalls"],
                path: "Tests/MountProbe", swiftSettings: strict),
            .executableTarget(
                name: "CgroupProbe", dependencies: ["Cgroups", "JSON", "OCISpec", "SystemCalls"],
                path: "Tests/CgroupProbe", swiftSettings: strict),
            .executableTarget(
                name: "ProcessProbe", dependencies: ["JSON", "OCISpec", "ProcessSettings", "SystemCalls"],
                path: "Tests/ProcessProbe", swiftSettings: strict),
            // What a filter of system calls decides.
            .target(
                name: "FilterMachine", dependencies: ["SystemCalls"], path: "Tests/FilterMachine",
                swiftSettings: strict),
            .target(
                name: "ProbeRunner", dependencies: ["SystemCalls"], path: "Tests/ProbeRunner", swiftSettings: strict),
            // The programs as a user runs them; every folder of oci-samples among it.
            .testTarget(
                name: "CommandTests", dependencies: ["JSON", "SystemCalls", "martlet-runtime", "martlet-prepare"],
                swiftSettings: strict),
            // The OCI runtime as podman and containerd run it; most of it needs root.
            .testTarget(
                name: "RuntimeTests",
                dependencies: [
                    "FilterMachine", "JSON", "Sandbox", "SystemCalls", "martlet-runtime", "martlet-prepare",
                ],
                swiftSettings: strict),
        ]
)
