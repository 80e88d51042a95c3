import CLuaBridge
import Glibc

/// What a beginner is told beside a message of Lua's own, which knows nothing of processes and of Python:
///
///     mprun: script.lua:3: attempt to index a nil value (global 'time')
///         (write local time = require "time" first)
///
/// It is shown with errors that nobody caught, and never changes what `pcall` returns.
enum Advice {
    /// From now on, in every state of this program.
    static func install() {
        cluabridge_set_adviser { message, path, buffer, capacity in
            let message = String(cString: message)
            let advice = path.map { SyntaxAdvice.on(message, file: $0) } ?? Advice.on(message)
            guard let advice, advice.utf8.count < capacity else { return false }
            strcpy(buffer, advice)
            return true
        }
    }

    /// The advice on an error of a running program, nil if there is none.
    static func on(_ message: String) -> String? {
        guard let problem = Problem(message) else {
            if let type = message.firstRange(of: "'for iterator' (table expected, got ") {
                return loopAdvice[String(message[type.upperBound...].dropLast())]
            }
            return message.hasSuffix("got a non-closable value")
                ? "a lock is held to the end of a block by: local guard <close> = lock:hold()" : nil
        }
        switch (problem.action, problem.value) {
        case ("call", "nil"), ("index", "nil"):
            return advice(onMissing: problem)
        case ("call", "number"), ("call", "string"), ("call", "boolean"):
            guard let name = problem.name, properties.contains(name) else { return nil }
            return "\(name) is a property: write it with a dot and without ()"
        case ("call", let value) where problem.name == "for iterator":
            return loopAdvice[value]
        case ("index", "function"):
            guard let name = problem.name else { return nil }
            if problem.kind == "field", classes.contains(name) {
                return "make an object first: local object = mp.\(name)(…)"
            }
            return "'\(name)' is a function: are its () missing?"
        case ("perform arithmetic on", "Value"), ("compare", "Value"), ("concatenate", "Value"):
            return "the number in it is v.value"
        case ("perform arithmetic on", "AsyncResult"), ("index", "AsyncResult"):
            return "wait for what it stands for: result:get()"
        case ("perform arithmetic on", "Future"):
            return "wait for what it stands for: future:result()"
        default:
            return nil
        }
    }

    private static func advice(onMissing problem: Problem) -> String? {
        guard let name = problem.name else { return nil }
        if name == "self" {
            return problem.kind == "global"
                ? "a method is defined with a colon: function Class:method() … end"
                : "a method is called with a colon, as object:method(); as a target write function() object:method() end"
        }
        switch problem.kind {
        case "global": return globals[name]
        case "method":
            return methods[name]
                ?? (properties.contains(name) ? "'\(name)' is a property, not a method" : nil)
                ?? ProcessClass.misspeltMethod(name).map { "of a process: did you mean '\($0)'?" }
        case "field":
            return name == "sleep"
                ? #"write mp.sleep(1); or time.sleep(1), with local time = require "time""# : fields[name]
        default: return nil
        }
    }

    private static let properties: Set = [
        "exitcode", "pid", "ident", "name", "daemon", "sentinel", "value", "parties", "n_waiting", "broken",
        "closed",
        "kind", "message", "where",
    ]

    private static let classes: Set = [
        "Queue", "JoinableQueue", "SimpleQueue", "Lock", "RLock", "Semaphore", "BoundedSemaphore",
        "Condition", "Event",
        "Barrier", "Value", "Array", "Manager", "Pool", "ProcessPoolExecutor", "Pipe", "SharedMemory",
    ]

    private static let loopAdvice = [
        "Queue": "go through its items with: for v in q:items() do",
        "JoinableQueue": "go through its items with: for v in q:items() do",
        "table": "go through a table with ipairs(t) or pairs(t)",
        "list": "go through it with ipairs(l)",
        "dict": "go through it with pairs(d)",
        "Array": "go through it with ipairs(a)",
    ]

    private static let module = #"write local mp = require "multiprocessing" first"#

    private static let globals = [
        "mp": module, "multiprocessing": module,
        "Process": module + ", then mp.Process{…}", "Queue": module + ", then mp.Queue()",
        "Pool": module + ", then mp.Pool()", "Lock": module + ", then mp.Lock()",
        "Manager": module + ", then mp.Manager()", "Value": module + ", then mp.Value(…)",
        "time": #"write local time = require "time" first"#,
        "sleep": #"write mp.sleep(1); or time.sleep(1), with local time = require "time""#,
        "len": "the length of x is #x", "str": "tostring(x)", "int": "tonumber(x), or x // 1",
        "float": "tonumber(x)",
        "range": "count with: for i = 1, n do", "append": "table.insert(list, v)",
        "enumerate": "for i, v in ipairs(list) do", "isinstance": #"type(x) == "table""#,
        "input": "io.read()", "open": "io.open(path)", "exit": "os.exit(0)", "quit": "os.exit(0)",
        "lambda": "Lua writes function(x) return … end", "try": "Lua catches errors with pcall(f, …)",
        "sys": "arguments are in arg, and os.exit(code) ends the process", "printf": "print((…):format(…))",
        "threading": module, "super": "the base class is Class.super: Class.super.init(self, {…})",
    ]

    private static let methods = [
        "append": "a plain table: table.insert(list, v)", "join": "of a list of processes: mp.join(list)",
        "start": "of a list: call it for each process",
        "send": "mp.Pipe() returns two ends: local a, b = mp.Pipe()",
        "recv": "mp.Pipe() returns two ends: local a, b = mp.Pipe()",
        "put": "was the queue passed on? args = {queue}",
        "get": "of a process: p:result()", "stop": "of a process: p:terminate()",
        "new": "make an object by calling the class: Class(…), mp.Process{…}",
        "setDaemon": "set p.daemon = true before p:start()", "getName": "it is p.name",
        "get_name": "it is p.name",
    ]

    private static let fields = [
        "new": "make an object by calling the class: Class(…), mp.Process{…}",
        "append": "table.insert(list, v)", "exit": "os.exit(code)",
    ]
}

/// A message like `attempt to call a nil value (global 'f')`, taken apart.
private struct Problem {
    /// `call`, `index`, `perform arithmetic on` …
    let action: String
    /// The type of what it was done to.
    let value: String
    /// `global`, `field`, `method`, `local` …; empty if Lua does not say.
    var kind = ""
    /// What it was called there.
    var name: String?

    init?(_ message: String) {
        let marker = "attempt to "
        guard let start = message.firstRange(of: marker)?.upperBound, !message.contains("\n") else {
            return nil
        }
        let rest = message[start...]
        if rest.hasPrefix("compare ") {
            action = "compare"
            let types = rest.dropFirst("compare ".count).split(separator: " ")
            guard let first = types.first, let last = types.last else { return nil }
            value = first == "Value" || last == "Value" ? "Value" : String(first)
            return
        }
        guard let article = rest.firstRange(of: " a "), let end = rest.firstRange(of: " value"),
            article.upperBound <= end.lowerBound
        else { return nil }
        action = String(rest[..<article.lowerBound])
        value = String(rest[article.upperBound..<end.lowerBound])
        let description = rest[end.upperBound...]
        guard description.hasPrefix(" ("), description.hasSuffix("')") else { return }
        let words = description.dropFirst(2).dropLast(2).split(separator: "'", maxSplits: 1)
        guard words.count == 2 else { return }
        kind = String(words[0].trimmed)
        name = String(words[1])
    }
}
