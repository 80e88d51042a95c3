// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "Embedding",
    dependencies: [
        .package(name: "mprun", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "Embedding",
            dependencies: [
                .product(name: "LuaBridge", package: "mprun"),
                .product(name: "Multiprocessing", package: "mprun"),
            ]),
        .executableTarget(
            name: "Runner",
            dependencies: [
                .product(name: "InterProcess", package: "mprun"),
                .product(name: "LuaBridge", package: "mprun"),
                .product(name: "Multiprocessing", package: "mprun"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
