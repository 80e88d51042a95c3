// One process that looks around for all.
//
// Whoever sleeps has to look up now and then: somebody may have died and left something undone, or all may be waiting for
// each other. If each did so every half second, a thousand sleeping processes would keep a processor busy. So one of those
// who sleep for longer, the lookout, looks around every half second, and the others, relieved, sleep for seconds.
//
// Layout, in the arena's header: the lookout (ProcessRef, 0 = nobody) · when it last looked around · how many processes were
// put away that had been killed.
//
// Invariants: lookout and relieved are only processes whose wait has gone on for a while. Who is relieved says so in its
// slot (`Slot.Activity`) before it looks, for the last time, whether there is a lookout; who gives up the office does that
// before it looks for somebody relieved, whom it rouses and who takes it: one sees the other. Who puts away somebody that
// was killed counts that, and rouses all who are relieved: what the dead was about to tell them they find out by themselves.
// Who finds after its mark that the count has changed since it last looked at what it waits for does not sleep for long.
//
// A crash leaves: an office whose holder is dead. All who are relieved watch its lifeline, and the first to notice takes it.
// A lookout that is stopped, or a successor that is killed or stopped before it took the office, is missed by whoever looks
// up next: one alone after twelve seconds at the latest, of many some soon. Who sleeps in poll(2) watches no lifeline, and
// looks up after three seconds at the latest.

/// The office of looking around, as this process sees it.
enum Lookout {
    /// How long a relieved process sleeps, and how much more some do, so that they do not look up together.
    private static let relievedSleep: UInt64 = 4_000_000_000
    private static let relievedJitter: UInt64 = 8_000_000_000
    /// The same in poll(2), where the lookout's lifeline cannot be watched.
    private static let relievedSleepInPoll: UInt64 = 2_000_000_000
    private static let relievedJitterInPoll: UInt64 = 1_000_000_000
    /// How long the lookout may be kept from looking around by what it waits for.
    private static let interval: UInt64 = 600_000_000
    /// A lookout that has not looked around for that long does not do its duty.
    private static let longestSilence: UInt64 = 1_500_000_000

    /// Whether this process took the office, and did not give it back: it may have been taken from it.
    nonisolated(unsafe) private static var tookOffice = false
    /// Whether this process has slept, in this wait, as long as somebody looked around for it.
    nonisolated(unsafe) private static var wasRelieved = false

    private static var office: SharedWord { ArenaHeader.shared.lookout }
    private static var lookedAt: SharedWord { ArenaHeader.shared.lookedAroundAt }
    private static var killCount: SharedWord { ArenaHeader.shared.killsPutAway }

    /// What a process does in a sleep that goes on.
    enum Duty {
        /// It looks around for all.
        case lookout
        /// That process does. It may sleep for so long, if it watches that lifeline.
        case relieved(by: ProcessRef, atMost: UInt64)
    }

    /// How many processes were put away that had been killed.
    static var kills: UInt64 { killCount.load() }

    /// Says what the calling process, which is about to sleep, has to do; it takes the office if that is vacant.
    ///
    /// - Parameter seen: `kills` before it last looked at what it waits for.
    static func duty(since seen: UInt64) -> Duty {
        let slot = Slot.mine
        // Who resigns, or counts a killed process, after our looks sees this.
        slot.announce(.relieved)
        while true {
            let holder = ProcessRef(rawValue: office.load())
            if holder == .current { break }
            if doesItsDuty(holder) {
                wasRelieved = true
                let most = relievedSleep + Clock.scattered(within: relievedJitter)
                return .relieved(by: holder, atMost: kills == seen ? most : 0)
            }
            // Before the office is taken: a new lookout is not found idle.
            lookedAt.store(Clock.now)
            if office.compareExchange(holder.rawValue, ProcessRef.current.rawValue) { break }
        }
        tookOffice = true
        slot.note(.asleep)
        return .lookout
    }

    /// For how long the calling process, which is about to sleep in poll(2) and can be roused there, may do so; nil if nobody
    /// looks around for it. Whoever is in poll(2) may wait for somebody outside of the family, so it finds no deadlocks, and
    /// does not take the office.
    ///
    /// - Parameter seen: `kills` before it last looked at what it waits for.
    static func reliefInPoll(since seen: UInt64) -> UInt64? {
        let slot = Slot.mine
        slot.announce(.relievedInPoll)
        guard isElsewhere else {
            slot.note(.running)
            return nil
        }
        wasRelieved = true
        return kills == seen ? relievedSleepInPoll + Clock.scattered(within: relievedJitterInPoll) : 0
    }

    /// Whether this process looks around for all.
    static var isMine: Bool { tookOffice && office.load() == ProcessRef.current.rawValue }

    /// Whether another process looks around for this one.
    static var isElsewhere: Bool {
        let holder = ProcessRef(rawValue: office.load())
        return holder != .current && doesItsDuty(holder)
    }

    private static func doesItsDuty(_ holder: ProcessRef) -> Bool {
        // In this order: the time that is read second is the later one.
        let looked = lookedAt.load()
        return holder.isAlive && Clock.now < looked + longestSilence
    }

    /// Whether this process should have looked around already: what it waits for may keep waking it.
    static var isLate: Bool { isMine && Clock.now > lookedAt.load() + interval }

    /// This process has looked around.
    static func noteLook() {
        if isMine { lookedAt.store(Clock.now) }
    }

    /// The wait of this process is over, or it does something else: it looks around no more. If nobody else does, one of those
    /// who are relieved gets to know.
    @inline(__always)
    static func resign() {
        if tookOffice || wasRelieved { leave() }
    }

    @inline(never)
    private static func leave() {
        if tookOffice { _ = office.compareExchange(ProcessRef.current.rawValue, 0) }
        tookOffice = false
        wasRelieved = false
        // Our own mark is gone since we woke, which was a barrier: who resigned before we did may have chosen us.
        guard office.load() == 0 else { return }
        // Who cannot take the office looks around for itself again, and rouses the others if it finds somebody killed.
        (relieved.first { $0.activity == .relieved } ?? relieved.first { _ in true })?.rouse()
    }

    /// Makes all who are relieved look up: what they wait for may have come, and the one that was killed did not tell them.
    static func noteKill() {
        killCount.add(1)
        for slot in relieved { slot.rouse() }
    }

    private static var relieved: some Sequence<Slot> {
        Slot.everUsed.lazy.filter {
            $0.activity.isRelieved && $0.phase == .live && !$0.isDead
        }
    }

    /// A forked child has no office.
    static func becomeChild() {
        tookOffice = false
        wasRelieved = false
    }
}
