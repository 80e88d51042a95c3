// Nothing but the call: closures written in this file would belong to the main actor, and pay for it.
Command.run()
