---@meta _
-- Pipes and connections
--
-- A pipe has two ends; what is sent into one comes out of the other, a message at a time, of any size. The bytes are
-- those of Python's Connection, so that a process in Python can hold the other end.

---The module `multiprocessing`: pipes, and waiting for many things.
---@class multiprocessing
---@field connection { wait: fun(list: mp.Waitable[], timeout?: number): mp.Waitable[] } `mp.wait` as in Python
local mp = {}

---Makes a pipe: two connections.
---
---Raises `OSError` if there are no descriptors left, `MemoryError`.
---
---```lua
---local a, b = mp.Pipe()
---local child = mp.Process { target = function() b:send { "from", "the child" } end }:start()
---print(table.unpack(a:recv())) --> from	the child
---child:join()
---```
---@param duplex? boolean false: the first only receives, the second only sends
---@return mp.Connection first
---@return mp.Connection second
---@overload fun(options: mp.PipeOptions): mp.Connection, mp.Connection
function mp.Pipe(duplex) end

---Options of `mp.Pipe`.
---@class mp.PipeOptions
---@field duplex? boolean false: the first only receives, the second only sends
---@field name? string for messages and `tostring`

---Waits until at least one of many things is ready.
---
---Connections and descriptors are ready when something can be received, processes when they have ended, queues when
---they have an item or are shut down, events when they are set.
---
---Raises `OSError` if one is closed, `ValueError` for a queue that is closed; an error for what nobody can wait for.
---
---```lua
---local q, event = mp.Queue(), mp.Event()
---event:set()
---for _, object in ipairs(mp.wait { q, event }) do print(object == event) end --> true
---print(#mp.wait({ q }, 0.01)) --> 0
---```
---@param list mp.Waitable[]
---@param timeout? number seconds
---@return mp.Waitable[] ready in the order of the list; empty if the time was over
---@overload fun(list: mp.Waitable[], options: mp.TimeoutOptions): mp.Waitable[]
function mp.wait(list, timeout) end

---What `mp.wait` can wait for. Integers are descriptors, among them the sentinels of processes.
---@alias mp.Waitable mp.Connection|mp.Process|mp.Queue|mp.SimpleQueue|mp.Event|mp.Socket|integer

---Anything with a method `getfd`, as LuaSocket's sockets have.
---@class mp.Socket
---@field getfd fun(self: mp.Socket): integer its descriptor
---@field dirty? fun(self: mp.Socket): boolean whether input is buffered already

---One end of a pipe. It can be sent through another connection.
---
---`local a <close> = …` closes it at the end of the block.
---@class mp.Connection
---@field closed boolean whether `close` was called
---@field readable boolean whether it can receive
---@field writable boolean whether it can send
local connection = {}

---Sends a copy of a value. It may wait until the other side has received what was sent before.
---
---Raises `BrokenPipeError` if the other end is closed, `SerializationError` if the value cannot be sent, `OSError` if
---this end is closed or only receives.
---@param value any also nil
function connection:send(value) end

---Receives a value, waiting for one if need be.
---
---Raises `EOFError` if the other end is closed, or nobody else has it, and everything was received; `OSError` if this
---end is closed or only sends.
---
---```lua
---local a, b = mp.Pipe()
---b:send("last words")
---b:close()
---print(a:recv()) --> last words
---local ok, e = pcall(a.recv, a)
---print(e.kind) --> EOFError
---```
---@return any value
function connection:recv() end

---Whether there is something to receive, or the end. Without a timeout it does not wait.
---
---Raises `OSError` if this end is closed or only sends.
---@param timeout? number seconds; `math.huge` for ever
---@return boolean ready
---@overload fun(self: mp.Connection, options: mp.TimeoutOptions): boolean
function connection:poll(timeout) end

---Sends bytes as a message.
---
---Raises `ValueError` if the range is not within the string, and what `send` raises.
---@param bytes string
---@param offset? integer bytes to skip; 0 if nil
---@param size? integer bytes to send; the rest if nil
---@overload fun(self: mp.Connection, bytes: string, options: mp.SendBytesOptions)
function connection:send_bytes(bytes, offset, size) end

---Options of `connection:send_bytes`.
---@class mp.SendBytesOptions
---@field offset? integer bytes to skip; 0 if nil
---@field size? integer bytes to send; the rest if nil

---Receives a message as bytes.
---
---Raises `OSError` (`bad message length`) if it is longer than `maxlength`: nothing more can be received then. And what
---`recv` raises.
---@param maxlength? integer
---@return string bytes
---@overload fun(self: mp.Connection, options: mp.RecvBytesOptions): string
function connection:recv_bytes(maxlength) end

---Options of `connection:recv_bytes`.
---@class mp.RecvBytesOptions
---@field maxlength? integer bytes that are accepted at most

---The descriptor of this end.
---
---Raises `OSError` if it is closed.
---@return integer fd
function connection:fileno() end

---Sends a descriptor: the receiver gets a copy of it. Not a method in Python, but a function of its own.
---
---Raises `BrokenPipeError`, `OSError`.
---@param fd integer
function connection:send_fd(fd) end

---Receives a descriptor, which is then yours to close.
---
---Raises `OSError` if the message is no descriptor, and what `recv` raises.
---@return integer fd
function connection:recv_fd() end

---Closes this end; once more is fine.
function connection:close() end
