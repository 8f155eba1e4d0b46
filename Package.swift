// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// The rings of the house, outermost first.
///
/// A target may depend on its own ring or on a ring below it, never above.
enum Ring: String {
    case apps = "Apps"
    case services = "Services"
    case protocols = "Protocols"
    case domain = "Domain"
}

func layer(
    _ ring: Ring,
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(ring.rawValue)/\(name)",
        resources: resources,
        swiftSettings: strict
    )
}

func tests(_ ring: Ring, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        path: "Tests/\(ring.rawValue)/\(name)Tests",
        exclude: [],
        swiftSettings: strict
    )
}

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluice-hub", targets: ["sluice-hub"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Without traits it links FoundationEssentials only; its defaults pull in all of Foundation (+40 MB).
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System: module maps for the C libraries.
        .systemLibrary(
            name: "CCrypt",
            path: "Sources/System/CCrypt",
            providers: [.apt(["libcrypt-dev"])]
        ),
        .systemLibrary(
            name: "CSQLite",
            path: "Sources/System/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(name: "CMalloc", path: "Sources/System/CMalloc"),
        .systemLibrary(name: "CTimex", path: "Sources/System/CTimex"),
        .systemLibrary(
            name: "CZstd",
            path: "Sources/System/CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"])]
        ),

        // Domain: pure values and machines.
        layer(.domain, "Events"),
        layer(.domain, "Batching", ["Events", "CZstd"]),
        layer(.domain, "Provenance", ["Events", crypto]),
        layer(.domain, "Certification", [crypto]),
        // Crypto: a cipher with a key and a counter is as pure as any other function.
        layer(.domain, "Sealing", [crypto]),
        layer(.domain, "Settings", ["Events"]),

        // Protocols: codecs and session machines over ByteBuffer; no sockets, no clocks.
        layer(.protocols, "MQTT", ["Events", nioCore]),
        layer(.protocols, "UplinkFrames", ["Events", "Sealing", nioCore]),

        // Services: sockets, files, clocks and threads.
        layer(
            .services,
            "Storage",
            ["Events", "Batching", "CSQLite", "CTimex", logging],
            resources: [
                .embedInCode("AgentStore/schema-01-store.sql"), .embedInCode("AgentStore/schema-02-primers.sql"),
                .embedInCode("AgentStore/schema-03-clocks.sql"),
                .embedInCode("AgentStore/schema-04-packs.sql"), .embedInCode("AgentStore/schema-05-records.sql"),
            ]
        ),
        layer(.services, "Keys", ["Certification", "Provenance", "Sealing", nioCore, nioSSL, nioTLS, crypto, logging]),
        // NIOSSL for TLS listeners: the hub has it from here only, 3.3 MB of its 28.0 stripped; an agent's links have it anyway.
        layer(
            .services,
            "Broker",
            [
                "CCrypt", "CMalloc", "Events", "Keys", "MQTT", nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL,
                nioTLS,
                logging, lifecycle,
            ]
        ),
        layer(
            .services,
            "Uplink",
            [
                "Events", "Batching", "Keys", "Sealing", "UplinkFrames", "Storage", nioCore, nioPosix, nioHTTP1,
                nioWebSocket, nioSSL, logging, lifecycle,
            ]
        ),
        layer(
            .services,
            "Reception",
            [
                "Events", "Batching", "Keys", "Provenance", "Sealing", "UplinkFrames", "Storage", nioCore, nioPosix,
                nioHTTP1, nioWebSocket, logging, lifecycle,
            ]
        ),
        layer(
            .services,
            "Enrolment",
            [
                "Certification", "Keys", crypto, nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS, logging, lifecycle,
            ]
        ),
        layer(.services, "Landing", ["Events", "Storage", logging, lifecycle]),
        layer(.services, "Notary", ["CSQLite", "Events", "Keys", "Provenance", "Storage", logging, lifecycle]),

        // Apps: composition, the command line, the executables.
        layer(
            .apps,
            "Startup",
            ["Events", "Settings", "Storage", nioCore, nioPosix, logging, lifecycle, unixSignals, configuration]
        ),
        layer(
            .apps,
            "Agent",
            [
                "Certification", "Events", "Enrolment", "Keys", "Settings", "Startup", "Storage", "Broker", "Uplink",
                nioCore, nioPosix, logging, lifecycle, configuration,
            ]
        ),
        layer(
            .apps,
            "Hub",
            [
                "Events", "Enrolment", "Keys", "Notary", "Provenance", "Settings", "Startup", "Storage", "Broker",
                "Reception",
                "Landing", nioCore, nioPosix, logging, lifecycle, configuration,
            ]
        ),
        layer(.apps, "Demo", ["Events", "MQTT", "Broker", "Startup", nioCore, nioPosix]),
        layer(.apps, "CodecBench", ["Batching", "CZstd", "Demo", "Events", "Startup"]),
        layer(.apps, "Inspect", ["Batching", "Events", "Startup"]),
        layer(
            .apps,
            "Doctor",
            [
                "Agent", "CTimex", "Demo", "Events", "Keys", "Settings", "Startup", "Storage", "Uplink", nioCore,
                logging,
                configuration,
            ]
        ),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Agent", "Broker", "Certification", "CodecBench", "Demo", "Doctor", "Enrolment", "Events", "Inspect",
                "Keys",
                "MQTT", "Provenance", "Settings", "Startup", "Storage", nioCore, nioPosix, logging, lifecycle,
                configuration, arguments,
            ],
            path: "Sources/Apps/sluice",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "sluice-hub",
            dependencies: [
                "Hub", "Certification", "Enrolment", "Events", "Keys", "Notary", "Provenance", "Settings", "Startup",
                "Storage", nioCore, nioPosix,
                logging, lifecycle, configuration, arguments,
            ],
            path: "Sources/Apps/sluice-hub",
            swiftSettings: strict
        ),

        // Tests mirror Sources.
        .target(
            name: "TestSupport",
            dependencies: ["CZstd", "Events", "CSQLite"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests(.domain, "Events"),
        tests(.domain, "Batching", ["Events"]),
        tests(.domain, "Provenance", ["Events", crypto]),
        tests(.domain, "Certification", [crypto]),
        tests(.domain, "Sealing", [crypto]),
        tests(.domain, "Settings", ["Events"]),
        tests(.protocols, "MQTT", ["Events", nioCore, nioEmbedded]),
        tests(.protocols, "UplinkFrames", ["Events", "Sealing", nioCore]),
        tests(.services, "Storage", ["Events", "Batching", "CSQLite", logging]),
        tests(
            .services,
            "Broker",
            ["Events", "Keys", "MQTT", nioCore, nioPosix, nioEmbedded, nioSSL, nioWebSocket, logging, lifecycle]
        ),
        tests(
            .services,
            "Uplink",
            [
                "Events", "Batching", "UplinkFrames", "Storage", nioCore, nioPosix, nioHTTP1, nioWebSocket, logging,
                lifecycle,
            ]
        ),
        tests(
            .services,
            "Reception",
            [
                "Events", "Batching", "Keys", "Sealing", "UplinkFrames", "Storage", "Uplink", nioCore, nioEmbedded,
                nioPosix, nioSSL, nioWebSocket, logging, lifecycle,
            ]
        ),
        tests(.services, "Keys", ["Certification", "Provenance", "Sealing", crypto, nioSSL]),
        tests(
            .services,
            "Enrolment",
            ["Certification", "Keys", crypto, nioCore, nioPosix, nioSSL, logging, lifecycle]
        ),
        tests(.services, "Landing", ["Events", "Batching", "Storage", logging, lifecycle]),
        tests(
            .services,
            "Notary",
            ["Batching", "Events", "Keys", "Provenance", "Storage", "CSQLite", logging, lifecycle]
        ),
        tests(.apps, "Startup", ["Settings", "Storage", nioPosix, logging, lifecycle, configuration]),
        tests(
            .apps,
            "Hub",
            [
                "Batching", "Broker", "Events", "Keys", "Provenance", "Reception", "Settings", "Startup", "Storage",
                nioPosix, logging, lifecycle, configuration,
            ]
        ),
        tests(
            .apps,
            "Agent",
            [
                "Broker", "Certification", "Enrolment", "Events", "Hub", "Keys", "Reception", "Settings", "Startup",
                "Storage", "Uplink", "UplinkFrames", nioCore, nioPosix, nioSSL, logging, lifecycle, configuration,
            ]
        ),
        tests(.apps, "CodecBench", ["Batching", "Demo", "Events"]),
        tests(.apps, "Inspect", ["Batching", "Demo", "Events"]),
        tests(
            .apps,
            "Doctor",
            [
                "Agent", "Demo", "Hub", "Settings", "Startup", "Storage", "Uplink", nioCore, nioPosix, logging,
                configuration,
            ]
        ),
        tests(.apps, "Demo", ["Broker", "Events", nioCore, nioPosix, logging]),
        .testTarget(
            name: "TortureTests",
            dependencies: ["Broker", "Demo", "Events", "MQTT", "Startup", "Storage", "TestSupport", nioCore, nioPosix],
            path: "Tests/Apps/TortureTests",
            swiftSettings: strict
        ),
    ]
)

// Fuzz targets, built by .ci/fuzz only: libFuzzer brings its own main, which no other build would find.
if Context.environment["FUZZ"] != nil {
    func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(
            name: "fuzz-\(name)",
            dependencies: dependencies,
            path: "Tests/Fuzz/\(name)",
            swiftSettings: strict
        )
    }
    package.targets += [
        fuzz("Batching", ["Batching", "Events"]),
        fuzz("Certification", ["Certification"]),
        fuzz("MQTT", ["MQTT", nioCore]),
        fuzz("Provenance", ["Events", "Provenance"]),
        fuzz("Records", ["Events", "Storage"]),
        fuzz("Salvage", ["Events", "Storage"]),
        fuzz("UplinkFrames", ["Events", "Sealing", "UplinkFrames", nioCore]),
    ]
    // The trial that the broker's unit tests run: a file belongs to one target only.
    package.targets.removeAll { $0.name == "BrokerTests" }
    package.targets.append(
        .executableTarget(
            name: "fuzz-Broker",
            dependencies: ["Broker", "Events", "MQTT", nioCore, nioEmbedded, logging],
            path: "Tests",
            sources: ["Fuzz/Broker", "Services/BrokerTests/Trial"],
            swiftSettings: strict
        )
    )
}
