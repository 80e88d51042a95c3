/// libFuzzer's entrance for programs with a `main` of their own, which every SwiftPM executable has.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

nonisolated(unsafe) var count = CommandLine.argc
nonisolated(unsafe) var arguments = CommandLine.unsafeArgv
_ = runFuzzer(&count, &arguments, fuzzDecoder)
