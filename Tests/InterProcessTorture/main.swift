// Forks, kills and checks: what a test runner, which has threads, must not do itself.
// Prints TAP. Usage: InterProcessTorture [kills]

@preconcurrency import Glibc
import InterProcess

setvbuf(stdout, nil, _IOLBF, 0)
let kills = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2_000

do {
    try Family.begin(memoryBudget: 1 << 30)
} catch {
    print("Bail out! \(error)")
    exit(1)
}

var report = Report()
if CommandLine.arguments.contains("single-step") {
    SingleStep().run(&report)
    report.finish()
}
Basics.run(&report)
Waiters.run(&report)
Locks.run(&report)
Synchronisation.run(&report)
Races.run(&report)
MemoryPressure.run(&report)
QueueUnderKills(kills: kills).run(&report)
ContainersUnderKills(kills: kills / 4).run(&report)
Pipes(kills: kills).run(&report)
SingleStep().run(&report)
report.finish()
