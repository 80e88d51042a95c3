// swift-tools-version: 6.1
import PackageDescription

// Imports run one way:
//
//     CLua → CLuaBridge → LuaBridge ┐
//                                   ├→ Multiprocessing ┐
//         CInterProcess → InterProcess ┘               ├→ mprun
//         CInterProcess → CCommand ────────────────────┘

/// The files of Sources/mprun/Editor/library.
let annotations = [
    "multiprocessing", "process", "queues", "connections", "locks", "synchronisation", "shared_data",
    "managers",
    "pool", "executor", "errors", "logging", "time",
]

let package = Package(
    name: "mprun",
    products: [
        .executable(name: "mprun", targets: ["mprun"]),
        .library(name: "Multiprocessing", targets: ["Multiprocessing"]),
        .library(name: "LuaBridge", targets: ["LuaBridge"]),
        .library(name: "InterProcess", targets: ["InterProcess"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-atomics", from: "1.3.0")
    ],
    targets: [
        .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
        .target(name: "CLuaBridge", dependencies: ["CLua"]),
        .target(name: "LuaBridge", dependencies: ["CLuaBridge"]),
        .target(name: "CInterProcess"),
        .target(
            name: "InterProcess",
            dependencies: ["CInterProcess", .product(name: "Atomics", package: "swift-atomics")]),
        // Pool and Executor are written in Lua; their sources become part of the binary.
        .target(
            name: "Multiprocessing", dependencies: ["LuaBridge", "InterProcess"],
            resources: ["arguments", "worker", "books", "owner", "imap", "progress", "pool", "executor"].map {
                .embedInCode("Pool/\($0).lua")
            }),
        .target(name: "CCommand", dependencies: ["CInterProcess"]),
        // What --init installs for editors and linters becomes part of the binary as well.
        .executableTarget(
            name: "mprun", dependencies: ["Multiprocessing", "CCommand"],
            resources: [.embedInCode("Editor/luarc.json"), .embedInCode("Editor/luacheckrc.lua")]
                + annotations.map { .embedInCode("Editor/library/\($0).lua") }),

        .testTarget(name: "LuaBridgeTests", dependencies: ["LuaBridge"]),
        .testTarget(name: "MultiprocessingTests", dependencies: ["Multiprocessing"]),
        // Forks and kills: an executable, since a test runner has threads.
        .target(name: "CSingleStep", path: "Tests/CSingleStep"),
        .executableTarget(
            name: "InterProcessTorture", dependencies: ["InterProcess", "CSingleStep"],
            path: "Tests/InterProcessTorture"),
    ],
    swiftLanguageModes: [.v6]
)
