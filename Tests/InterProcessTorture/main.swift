// Forks, kills and checks: what a test runner, which has threads, must not do itself.
// Prints TAP.
//
//     InterProcessTorture                       all parts
//     InterProcessTorture PART [KILLS]          one of them, with so many kills where they are random
//     InterProcessTorture single-step [NAME]    the operations whose name contains NAME

@preconcurrency import Glibc
import InterProcess

setvbuf(stdout, nil, _IOLBF, 0)
let arguments = CommandLine.arguments.dropFirst()
let kills = arguments.dropFirst().first.flatMap { Int($0) } ?? 2_000
let parts: [(name: String, run: (inout Report) -> Void)] = [
    ("basics", { Basics.run(&$0) }),
    ("waiters", { Waiters.run(&$0) }),
    ("locks", { Locks.run(&$0) }),
    ("synchronisation", { Synchronisation.run(&$0) }),
    ("races", { Races.run(&$0) }),
    ("memory", { MemoryPressure.run(&$0) }),
    ("queue", { QueueUnderKills(kills: kills).run(&$0) }),
    ("containers", { ContainersUnderKills(kills: kills / 4).run(&$0) }),
    ("pipes", { Pipes(kills: kills).run(&$0) }),
    ("single-step", { SingleStep().run(&$0) }),
]
let wanted = parts.filter { part in arguments.first.map { $0 == part.name } ?? true }
if wanted.isEmpty {
    print("Bail out! The parts are \(parts.map(\.name).joined(separator: ", "))")
    exit(2)
}

do {
    try Family.begin(memoryBudget: 1 << 30)
} catch {
    print("Bail out! \(error)")
    exit(1)
}

var report = Report()
for part in wanted { part.run(&report) }
report.equal(ChildProcess.crashes, [], "no child has crashed")
report.finish()
