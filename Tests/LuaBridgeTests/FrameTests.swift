import LuaBridge
import XCTest

/// Two classes whose objects look the same but for their class.
private func makeClass(_ name: StaticString) -> LuaClass<Int64> {
    LuaClass(
        name,
        methods: [
            LuaFunction(
                "arguments", quick: { answer($0, Int64(cluabridge_frame_arguments($0.unsafelyUnwrapped))) }
            ) { _ in 0 },
            LuaFunction(
                "isProbe",
                quick: {
                    answer($0, cluabridge_frame_object($0.unsafelyUnwrapped, probe.number) != nil ? 1 : 0)
                }
            ) { _ in 0 },
            LuaFunction("line", quick: notedLine) { Lua.run($0, line) },
            LuaFunction("slowly", quick: { _ in -1 }) {
                Lua.run($0) { lua throws(LuaFault) in throw .message("refused") }
            },
        ])
}

private let probe = makeClass("Probe")
private let other = makeClass("Other")

private func answer(_ state: OpaquePointer?, _ value: Int64) -> Int32 {
    lua_pushinteger(state, value)
    return 1
}

private func notedLine(_ state: OpaquePointer?) -> Int32 {
    let note = cluabridge_call_site_note(state.unsafelyUnwrapped)
    return note == 0 ? -1 : answer(state, Int64(note))
}

nonisolated(unsafe) private var linesFound = 0

private func line(_ lua: Lua) throws(LuaFault) -> Int32 {
    linesFound += 1
    let line = cluabridge_line_in(lua.pointer, "test.lua")
    if line > 0 { cluabridge_note_call_site(lua.pointer, UInt64(line)) }
    lua.push(Int64(line))
    return 1
}

/// Quick bodies, and what they look at: the frame of their call as it lies in memory.
final class FrameTests: LuaTestCase {
    private func makeProbes() -> Host {
        let host = makeHost([
            LuaFunction("Probe") {
                Lua.run($0) { lua throws(LuaFault) in
                    probe.push(1, to: lua)
                    return 1
                }
            },
            LuaFunction("Other") {
                Lua.run($0) { lua throws(LuaFault) in
                    other.push(1, to: lua)
                    return 1
                }
            },
        ])
        expect(host, "p, o = Probe(), Other()", "")
        linesFound = 0
        return host
    }

    func testFramesAreKnown() {
        XCTAssertTrue(makeHost(libraries: false).lua.record.pointee.knows_frames)
    }

    func testANewStateIsEmpty() {
        XCTAssertEqual(makeHost(libraries: false).lua.top, 0)
    }

    func testWhereFramesAreNotKnownTheBodiesDoTheWork() {
        let host = makeProbes()
        host.lua.record.pointee.knows_frames = false
        expect(host, "return p:arguments(), p:isProbe(), p:line(), p:line()", "-1 0 1 1")
        XCTAssertEqual(linesFound, 2)
    }

    func testAQuickBodyBelongsToItsFunction() {
        let host = makeHost()
        let body: LuaBody = { answer($0, 0) }
        let one: LuaQuickBody = { answer($0, 1) }
        let two: LuaQuickBody = { answer($0, 2) }
        for (name, quick) in [("f", one), ("g", two), ("h", one)] as [(StaticString, LuaQuickBody)] {
            cluabridge_push_quick_function(host.lua.pointer, quick, body)
            XCTAssertNoThrow(try host.lua.setGlobal(name))
        }
        expect(host, "return f(), g(), h()", "1 2 1")
    }

    func testCountsArguments() {
        let host = makeProbes()
        expect(host, "return p:arguments(), p.arguments(), p:arguments(nil, 2), p.arguments(nil)", "1 0 3 1")
        expect(host, "return select(2, pcall(p.arguments, 1, 2, 3))", "3")
        expect(host, "return p.arguments(table.unpack({}, 1, 200))", "200")
        expect(host, "return coroutine.wrap(p.arguments)(1, 2)", "2")
        expect(
            host, "local function f(...) return p.arguments(...) end return coroutine.wrap(f)(1, 2, 3)", "3")
        expect(
            host,
            "return #{string.gsub('abc', '.', p.arguments)}, (string.gsub('abc', '(.)(.)', p.arguments))",
            "2 2c")
    }

    func testTellsObjects() {
        let host = makeProbes()
        expect(host, "return p:isProbe(), o:isProbe(), p.isProbe(o), o.isProbe(p)", "1 0 0 1")
        expect(
            host, "return p.isProbe(), p.isProbe(nil, p), p.isProbe({}), p.isProbe('12345678'), p.isProbe(1)",
            "0 0 0 0 0")
        expect(
            host, "return p.isProbe(io.stdout), p.isProbe(print), p.isProbe(coroutine.create(print))", "0 0 0"
        )
        expect(host, "return (select(2, pcall(p.isProbe, p)))", "1")
    }

    func testTheBodyDoesWhatTheQuickOneDoesNot() {
        expect(makeProbes(), "p:slowly()", "error: test.lua:1: refused")
    }

    func testNotesTellLinesApart() {
        let host = makeProbes()
        let code = """
            local lines = {}
            for i = 1, 100 do
                lines[1] = p:line()
                lines[2], lines[3] = p:line(), p.line()
                local function inner() return p:line() end
                lines[4] = inner()
                lines[5] = coroutine.wrap(function()
                    return (p:line())
                end)()
                local noted, found = select(2, pcall(p.line))
                lines[6] = noted
            end
            return table.unpack(lines)
            """
        expect(host, code, "3 4 4 5 8 0")
        linesFound = 0
        expect(
            host, "local a, b for i = 1, 100 do a, b = p:line(), p.line() end return a, b, (p:line())",
            "1 1 1")
        XCTAssertEqual(linesFound, 3, "once for each place, where nothing is freed")
    }

    func testNotesAreForgottenWithTheirCode() {
        let host = makeProbes()
        let code = """
            local long = "p = p " -- so that its memory is used again at once
            local function once(line)
                local code = assert(load(("\\n"):rep(line - 1) .. long:rep(500) .. "local a = p:line() return a, (p:line())", "@test.lua"))
                for _ = 1, 3 do
                    local first, second = code()
                    if first ~= line or second ~= line then return 1 end
                end
                return 0
            end
            local wrong = 0
            for i = 1, 500 do
                wrong = wrong + once(i % 7 + 1)
                collectgarbage()
            end
            return wrong
            """
        expect(host, code, "0")
    }
}
