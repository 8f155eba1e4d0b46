// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Measures the programs from outside, as processes over sockets, beside what the machine and a peer can do.
let package = Package(
    name: "sluice-benchmarks",
    targets: [
        .systemLibrary(name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3"),
        .executableTarget(
            name: "Bench",
            dependencies: ["CSQLite"],
            path: "Sources/Bench",
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
        ),
    ]
)
