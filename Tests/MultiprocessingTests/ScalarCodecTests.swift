import XCTest

@testable import Multiprocessing

final class ScalarCodecTests: CodecTestCase {
    func testScalarsArriveExactly() throws {
        for value in [
            "nil", "true", "false", "0", "1.0", "-1.5", "0.0", "-0.0", "0/0", "1/0", "-1/0", "5e-324", "2^53",
            "''", "'text'",
        ] {
            try assertCrosses(value)
        }
    }

    func testIntegersAroundEveryPowerOfTwoArriveExactly() throws {
        for bits in 0..<63 {
            for offset in -2...2 {
                try assertCrosses("(1 << \(bits)) + \(offset)")
                try assertCrosses("-(1 << \(bits)) + \(offset)")
            }
        }
        try assertCrosses("math.maxinteger")
        try assertCrosses("math.mininteger")
    }

    func testIntegersTakeTheShortestForm() throws {
        let lengths: [(Int64, Int)] = [
            (0, 1), (127, 1), (128, 2), (255, 2), (256, 3), (65535, 3), (65536, 5), (0xffff_ffff, 5),
            (0x1_0000_0000, 9),
            (-1, 1), (-32, 1), (-33, 2), (-128, 2), (-129, 3), (-32768, 3), (-32769, 5), (-2_147_483_648, 5),
            (-2_147_483_649, 9),
        ]
        for (value, length) in lengths {
            XCTAssertEqual(try encoded("\(value)").count, length, "\(value)")
        }
    }

    func testBytesAreThoseOfMessagePack() throws {
        let messages: [(String, [UInt8])] = [
            ("nil", [0xc0]), ("false", [0xc2]), ("true", [0xc3]), ("200", [0xcc, 200]), ("-2", [0xfe]),
            ("math.maxinteger", [0xcf, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
            ("math.mininteger", [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            ("1.5", [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]),
            ("'hi'", [0xa2, 0x68, 0x69]), ("'\\xff'", [0xc4, 1, 0xff]),
            ("{}", [0x90]), ("{1, 'x'}", [0x92, 1, 0xa1, 0x78]), ("{a = 1}", [0x81, 0xa1, 0x61, 1]),
            ("{[2] = true}", [0x81, 2, 0xc3]), ("{{}}", [0x91, 0x90]),
        ]
        for (value, bytes) in messages { XCTAssertEqual(try encoded(value), bytes, value) }
    }

    func testStringsOfEveryLengthArrive() throws {
        for length in [
            0, 1, 7, 8, 31, 32, 33, 255, 256, 4095, 4096, 4097, 16383, 16384, 16385, 65535, 65536, 1 << 20,
        ] {
            try assertCrosses("('x'):rep(\(length))")
            try assertCrosses("('\\xff'):rep(\(length))")
            try assertCrosses("{('é'):rep(\(length)), ('x'):rep(\(length)), key = ('\\0'):rep(\(length))}")
        }
        try assertCrosses(
            "(function() local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end; return table.concat(all) end)()"
        )
    }

    func testShortTextIsStrAndEverythingElseIsBin() throws {
        let texts = [
            "é", "包子", "🥟", "\u{7ff}\u{800}\u{ffff}\u{10ffff}", "abcdefg\u{80}",
            "0123456789012345678901234567890é",
        ]
        for text in texts {
            let lead = try encoded("'\(text)'")[0]
            XCTAssertTrue(lead & 0xe0 == 0xa0 || lead == 0xd9, text)
        }
        let others = [
            "\\x80", "\\xc0\\x80", "\\xc1\\xbf", "\\xe0\\x9f\\xbf", "\\xed\\xa0\\x80", "\\xf0\\x8f\\xbf\\xbf",
            "\\xf4\\x90\\x80\\x80",
            "\\xf5\\x80\\x80\\x80", "\\xff", "\\xc3", "\\xe2\\x82", "\\xf0\\x9f\\xa5", "a\\xc3(",
            "01234567890123456789012345678901\\xff",
        ]
        for bytes in others { XCTAssertEqual(try encoded("'\(bytes)'")[0], 0xc4, bytes) }
        XCTAssertEqual(try encoded("('x'):rep(4096)")[0], 0xda)
        XCTAssertEqual(try encoded("('x'):rep(4097)")[0], 0xc5)
    }

    func testForeignFormsAreRead() throws {
        let messages: [([UInt8], String)] = [
            ([0xca, 0x3f, 0xc0, 0, 0], "1.5"), ([0xd2, 0, 0, 0, 1], "1"), ([0xcd, 0, 1], "1"),
            ([0xd3, 0, 0, 0, 0, 0, 0, 0, 255], "255"), ([0xd9, 1, 0x61], "'a'"),
            ([0xdb, 0, 0, 0, 1, 0x61], "'a'"),
            ([0xc6, 0, 0, 0, 1, 0x61], "'a'"), ([0xdc, 0, 1, 1], "{1}"), ([0xdd, 0, 0, 0, 1, 1], "{1}"),
            ([0xde, 0, 1, 0xa1, 0x61, 2], "{a = 2}"), ([0xdf, 0, 0, 0, 1, 0xa1, 0x61, 2], "{a = 2}"),
            ([0x80], "{}"), ([0x93, 1, 0xc0, 3], "{1, nil, 3}"), ([0x81, 0xa1, 0x61, 0xc0], "{}"),
        ]
        for (bytes, value) in messages {
            try decode(bytes)
            try run("return same(..., \(value))", results: 1, arguments: 1)
            XCTAssertTrue(lua.isTruthy(at: -1), value)
            lua.pop()
        }
    }

    func testRootNamesCanHaveAnIndex() {
        assertRefused("coroutine.create(print)", "cannot send a coroutine (at args[3])", root: "args[\(3)]")
        assertRefused("coroutine.create(print)", "cannot send a coroutine (at result)", root: "result")
    }
}
