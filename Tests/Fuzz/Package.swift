// swift-tools-version: 6.1
import PackageDescription

// Fuzzing of the decoder with libFuzzer. A package of its own, since the whole program is built with instrumentation.
//
//     cd Tests/Fuzz
//     swift build -c release -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address \
//         -Xcc -fsanitize=fuzzer-no-link,address -Xswiftc -use-ld=lld
//     mkdir -p found
//     ASAN_OPTIONS=detect_leaks=0 .build/release/FuzzDecoder -max_len=512 -max_total_time=600 found corpus
//
// libFuzzer writes what reaches new code to the first directory, `found`, and what crashes to `crash-*`; a crash is
// replayed by `.build/release/FuzzDecoder crash-…`. `-merge=1 corpus found` adds what is worth keeping to the corpus.
let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "mprun", path: "../..")],
    targets: [
        .executableTarget(
            name: "FuzzDecoder",
            dependencies: [.product(name: "Multiprocessing", package: "mprun")],
            path: "FuzzDecoder")
    ],
    swiftLanguageModes: [.v6]
)
