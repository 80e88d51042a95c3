import Glibc

// Nothing but the call: functions written in this file would belong to the main actor.
exit(Runner.run(CommandLine.arguments))
