-- Every example runs and prints what it should. They sleep a lot, so they all run at once.

local test = require "tap"
local support = require "support"

local examples = support.fixtures .. "/../../examples/"
local servers = { ["echo_server.lua"] = true, ["bounded_server.lua"] = true, ["echo_client.lua"] = true }

-- Output, lines, status and errors of an example, once asked for.
local function start(name)
    local pipe = io.popen(("timeout 120 %s %s 2>%s.err; s=$?; echo; echo status $s"):format(
        support.quote(support.mprun), support.quote(examples .. name), name))
    return function()
        local text, status = pipe:read("a"):match "^(.*)\nstatus (%d+)\n$"
        pipe:close()
        return text, tonumber(status), support.read(name .. ".err")
    end
end

local running = {}
for name in io.popen("ls " .. support.quote(examples)):lines() do
    if name:find "%.lua$" and not servers[name] then running[name] = start(name) end
end

-- Asks for an example's output and checks that it ended well.
local function finished(name, with_errors)
    local finish = running[name]
    running[name] = nil
    local text, status, errors = finish()
    test.is(status, 0, name)
    if not with_errors then test.is(errors, "", name) end
    return text, errors
end

local count = support.count

-- Each of the parts is in the text, one after the other.
local function in_order(text, ...)
    local at = 1
    for _, part in ipairs { ... } do
        local from, to = text:find(part, at, true)
        if not test.ok(from, ("no %q after byte %d of:\n%s"):format(part, at, text)) then return end
        at = to + 1
    end
end

test("process_function.lua", function()
    local text = finished "process_function.lua"
    for _, name in ipairs { "egon", "alex", "jack", "tom" } do
        in_order(text, name .. " piaoing..\n", name .. " piao end..\n")
    end
    in_order(text, "p1 name is Process-1.\n", "主进程...\n")
    in_order(text, "egon piao end..\n", "主进程...\n")
    test.is(count(text, "\n"), 10)
end)

test("process_subclass.lua", function()
    local text = finished "process_subclass.lua"
    in_order(text, "egon piaoing..\n", "egon piao end..\n")
    in_order(text, "父进程...\n", "egon piao end..\n")
end)

test("daemon.lua", function()
    local text = finished "daemon.lua"
    test.has(text, "主进程.\n")
    test.is(count(text, "is gone"), 0)
end)

test("producer_consumer.lua", function()
    local text = finished "producer_consumer.lua"
    for i = 0, 9 do
        test.is(count(text, ("\27[42m生产者 厨师 生产了 包子%d .\27[0m\n"):format(i)), 1)
        test.is(count(text, ("\27[41m消费者 egon 拿到了 包子%d .\27[0m\n"):format(i)), 1)
        if i > 0 then in_order(text, "拿到了 包子" .. i - 1, "拿到了 包子" .. i) end
    end
    test.like(text, "主进程%.%.\n$")
end)

test("joinable_queue.lua", function()
    local text = finished "joinable_queue.lua"
    for i = 0, 9 do
        test.is(count(text, ("\27[42m生产者 厨师 生产了 包子%d .\27[0m\n"):format(i)), 1)
        test.is(count(text, ("拿到了 包子%d .\27[0m\n"):format(i)), 1)
        in_order(text, "拿到了 包子" .. i, "包子卖完了..\n")
    end
    test.like(text, "包子卖完了%.%.\n主进程%.%.\n$")
end)

test("pipe.lua", function()
    test.is(finished "pipe.lua", "1 + 1 = 2\n2 + 4 = 6\n3 + 9 = 12\n子进程: 管道关闭了\n主进程..\n")
end)

test("lock.lua", function()
    local text = finished "lock.lua"
    test.has(text, "\n加锁: 800, 应该是 800\n")
    -- Also more than 800: what one process writes may get mixed with the digits of another.
    test.ok(tonumber(text:match "不加锁: (%d+)") ~= 800, "updates without a lock are lost")
end)

test("exit_codes.lua", function()
    local text, errors = finished("exit_codes.lua", true)
    test.is(text, "正常结束\t0\nos.exit(7)\t7\n出错\t1\n被杀死\t-9\n运行中\tnil\nterminate之后\t-15\n")
    test.has(errors, "Process Process-3:")
    test.has(errors, "没有包子了")
end)

test("terminate.lua", function()
    test.is(finished "terminate.lua", "开始之前\tfalse\n拿到锁了\ttrue\n终止之后\tfalse\t-15\n" ..
        "false\tOwnerDiedError\n恢复之后\ttrue\n")
end)

test("semaphore.lua", function()
    test.is(finished "semaphore.lua", "同时在座最多:\t2\t剩余座位:\t2\n一个访客占了座位, 剩余:\t1\n它被杀死之后, 剩余:\t2\n")
end)

test("condition.lua", function()
    local text = finished "condition.lua"
    test.has(text, "消费者1\t吃了\t6\t个\n")
    test.has(text, "消费者2\t吃了\t6\t个\n")
    test.like(text, "架子上还有\t0\t个\n$")
end)

test("event.lua", function()
    local text = finished "event.lua"
    for i = 1, 3 do in_order(text, "绿灯亮了\n", ("车 %d 看到红灯\n"):format(i), ("车 %d 通过\n"):format(i)) end
end)

test("barrier.lua", function()
    test.is(finished "barrier.lua", "全部到齐, 第\t1\t圈开始\n全部到齐, 第\t2\t圈开始\nBrokenBarrierError\n")
end)

test("shared_data.lua", function()
    test.is(finished "shared_data.lua", "总和:\t2036\n平方:\t1.0 4.0 9.0 16.0 25.0 36.0 49.0 64.0\n来自子进程\n")
end)

test("manager.lua", function()
    test.is(finished "manager.lua", "行长:\t30 43\n常见的词:\tdog=2 fox=2 the=4\n已检查:\ttrue\n")
end)

test("logging.lua", function()
    local text, errors = finished("logging.lua", true)
    test.is(text, "")
    in_order(errors, "[INFO/Process-1] child process calling self.run()\n", "[INFO/Process-1] got SIGUSR1\n",
        "[WARNING/Process-1] reloading\n", "[INFO/Process-1] process exiting with exitcode 0\n")
end)

test("pool.lua", function()
    local text = finished "pool.lua"
    in_order(text, "apply:\t49\n", "map:\t1 4 9 16 25\n", "starmap:\t9 8\n", "imap:\t1\t100\n", "imap:\t3\t900\n",
        "ready:\tfalse\n", "callback:\t算完了\n", "get:\t算完了\n", "RemoteError\tattempt to divide by zero\n",
        "ProcessError\t-9\n", "map:\t36 49 64\n")
end)

test("word_count.lua", function()
    local text, errors = finished("word_count.lua", true)
    test.is(count(text, "\n"), 10)
    test.like(text, "^ *%d+  local\n")
    test.like(errors, "(%d+)/%1  [^\n]*\n$", "no bar where stderr is no terminal")
    test.is(count(errors, "\n"), 1)
end)

test("mandelbrot.lua", function()
    local path = finished("mandelbrot.lua"):match "^320 x 240, ([^\n]*)\n$"
    local picture = support.read(path)
    os.remove(path)
    test.is(picture:sub(1, 15), "P6\n320 240\n255\n")
    test.is(#picture, 15 + 320 * 240 * 3)
    local _, black = picture:sub(16):gsub("%z%z\255", "")
    test.between(black, 5000, 40000, "the set itself")
end)

test("crawler.lua", function()
    local text = finished "crawler.lua"
    in_order(text, "/        2 links\n", "/news    3 links\n", "/news/1  1 links\n", "5\tpages\n")
end)

test("task_timeout.lua", function()
    test.is(finished "task_timeout.lua", "TimeoutError\n第 3 次成功\n2 4 6\n")
end)

test("no example without a test", function()
    for name in pairs(running) do test.ok(false, name) end
end)

test.done()
