import LuaBridge
import XCTest

@testable import Multiprocessing

final class GraphCodecTests: CodecTestCase {
    func testPlainTreesHaveNoWrapper() throws {
        XCTAssertEqual(try encoded("{{1}, {1}}"), [0x92, 0x91, 1, 0x91, 1])
        try assertCrosses("{{1}, {1}}", "b[1] ~= b[2]")
    }

    func testSharedTablesStayShared() throws {
        XCTAssertEqual(
            try encoded("local s = {1} return {s, s}"), [0xc9, 0, 0, 0, 6, 2, 0x92, 0x91, 1, 0xd4, 1, 2])
        try assertCrosses("local s = {'s'} return {s, {inner = s}}", "b[1] == b[2].inner and b[1][1] == 's'")
        try assertCrosses("local s = {'s'} return {s, [s] = 'key'}", "b[b[1]] == 'key'")
        try assertCrosses("local s = {} return {s, s, s, {s, x = s}}", "b[1] == b[4].x and b[2] == b[4][1]")
    }

    func testCyclesArePreserved() throws {
        try assertCrosses("local me = {} me.me = me return me", "b.me == b and b ~= a")
        try assertCrosses("local me = {{}} me[1][1] = me return me", "b[1][1] == b")
        try assertCrosses("local me = {} me[me] = me return me", "b[b] == b")
        try assertCrosses(
            "local a, b = {}, {} a.other, b.other = b, a a.list = {a, b} return {a, b}",
            "b[1].other == b[2] and b[2].other == b[1] and b[1].list[2] == b[2]")
    }

    func testTablesAsKeys() throws {
        try assertCrosses(
            "{[{1}] = {2}, [{3}] = 4}",
            "(function() local n = 0 for k, v in pairs(b) do n = n + k[1] end return n end)() == 4")
        try assertCrosses("{[{[{1}] = 2}] = 3}", "(next((next(b))))[1] == 1")
    }

    func testGraphsWithLongStringsOutsideTheBuffer() throws {
        try assertCrosses(
            "local s = {('x'):rep(20000), n = ('y'):rep(30000)} return {s, {s}, ('z'):rep(40000), k = s}",
            "b[1] == b[2][1] and b.k == b[1] and #b[1][1] == 20000 and #b[1].n == 30000 and #b[3] == 40000")
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        // The length of the second message's wrapper counts its own pieces only.
        for source in ["{('x'):rep(20000)}", "local s = {('y'):rep(30000)} return {s, s}"] {
            try push(source)
            try encoder.encode(lua, at: -1)
            lua.pop()
        }
        let second = encoder.withMessage(at: 1) { Array($0.pieces.joined()) }
        try decode(second)
        try run("local t = ... return t[1] == t[2] and #t[1][1] == 30000", results: 1, arguments: 1)
        XCTAssertTrue(lua.isTruthy(at: -1))
        lua.pop()
    }

    func testManyNodesAreFoundAgain() throws {
        for count in [10, 11, 12, 13, 14, 31, 32, 33, 100, 300, 70000] {
            try assertCrosses(
                "local t = {} for i = 1, \(count) do t[i] = {i} end for i = 1, \(count) do t[\(count) + i] = t[i] end return t",
                "(function() for i = 1, \(count) do if b[i] ~= b[\(count) + i] or b[i][1] ~= i then return false end end return true end)()"
            )
        }
        // A small message after a large one.
        try assertCrosses("local s = {} return {s, s}", "b[1] == b[2]")
    }

    func testRandomGraphsKeepTheirShape() throws {
        try run(
            """
            function random_graph()
                local nodes = {}
                for i = 1, math.random(1, 40) do nodes[i] = {id = i} end
                for _ = 1, math.random(0, 80) do
                    local from, to = nodes[math.random(#nodes)], nodes[math.random(#nodes)]
                    local how = math.random(3)
                    if how == 1 then from[#from + 1] = to elseif how == 2 then from['f' .. math.random(5)] = to else from[to] = true end
                end
                return nodes
            end
            -- Whether there is one renaming of tables that makes two graphs the same.
            function same_shape(a, b, seen)
                if type(a) ~= 'table' then return a == b end
                if seen[a] then return seen[a] == b end
                seen[a] = b
                local by_id = {}
                for k, v in pairs(b) do if type(k) == 'table' then by_id[k.id] = k end end
                for k, v in pairs(a) do
                    local other = type(k) == 'table' and by_id[k.id] or k
                    if not same_shape(k, other, seen) or not same_shape(v, b[other], seen) then return false end
                end
                return true
            end
            """)
        for _ in 0..<500 {
            try assertCrosses("random_graph()", "same_shape(a, b, {}) and same_shape(b, a, {})")
        }
    }

    func testBackReferencesAreChecked() {
        assertMalformed([0xd4, 1, 1], "a back reference to nothing")
        assertMalformed([0x92, 0x90, 0xd4, 1, 2], "a back reference to nothing")
        assertMalformed([0xc7, 4, 2, 0x91, 0xd4, 1, 2], "a back reference to nothing")
        assertMalformed([0xc7, 4, 2, 0x91, 0xd4, 1, 0], "a back reference to nothing")
        assertMalformed([0xc7, 6, 2, 0x91, 0xc7, 3, 1, 0, 0, 1], "a back reference of 3 bytes")
        assertMalformed([0xc7, 4, 2, 0xc7, 1, 2, 1], "a graph inside a message")
        assertMalformed([0x91, 0xc7, 1, 2, 1], "a graph inside a message")
        assertMalformed([0xc7, 2, 2, 1, 1], "something follows the value")
        assertMalformed([0xc7, 2, 2, 0x91, 1, 1], "something follows the value")
        assertMalformed([0xc7, 1, 2, 0x91, 1], "a graph of the wrong length")
    }
}
