import InterProcess

/// What a code like MP001 means: for reports in two lines, for `--explain` in full.
public struct DeadlockExplanation: Sendable {
    /// What went wrong, as a heading.
    public let title: String
    /// What to do, in one sentence.
    public let remedy: String
    /// How it comes about, with an example.
    public let text: String

    /// The explanation of a code, `MP001`, whatever its letters' case; nil if there is none.
    public static func of(code: String) -> (kind: Deadlock.Kind, explanation: DeadlockExplanation)? {
        Deadlock.Kind.allCases.first { $0.code == code.uppercased() }.map { ($0, of($0)) }
    }

    /// All codes with their titles.
    public static var list: [(code: String, title: String)] {
        Deadlock.Kind.allCases.map { ($0.code, of($0).title) }
    }

    /// The explanation of a kind of deadlock.
    public static func of(_ kind: Deadlock.Kind) -> DeadlockExplanation {
        switch kind {
        case .lockCycle:
            DeadlockExplanation(
                title: "locks taken in different orders",
                remedy:
                    "let all processes take these locks in the same order, or guard the data with one lock.",
                text: """
                    Each process of the cycle holds a lock and wants the one that the next process holds. None can go on,
                    so none will ever let go.

                        -- one process                      -- another
                        a:acquire(); b:acquire()            b:acquire(); a:acquire()

                    It shows only when both have taken their first lock before either takes its second, so it can lie
                    hidden for long. Number the locks and take them by rising numbers, everywhere: then the process that
                    holds the highest lock of all can always go on.
                    """)
        case .acquiredTwice:
            DeadlockExplanation(
                title: "a lock acquired twice by the same process",
                remedy: "release the lock before, or use an RLock, which its owner may acquire again.",
                text: """
                    A Lock does not know who acquires it: also the process that holds it waits until it is released, and
                    would have to do that itself.

                        local function deposit(n) lock:acquire() … lock:release() end
                        local function transfer(n) lock:acquire() deposit(-n) … lock:release() end

                    Functions that need the lock and call each other are the usual cause. Let the outer one take the lock,
                    or make it an RLock. A path that leaves without release does it too: `local guard <close> =
                    lock:hold()` releases on every path.
                    """)
        case .emptyQueue:
            DeadlockExplanation(
                title: "get from a queue that nobody puts to",
                remedy: "put a sentinel for each consumer when the last item is put, or shut the queue down.",
                text: """
                    A process waits for an item, and no process is left that could put one: they have ended, or wait
                    themselves.

                        while true do local item = q:get() … end

                    The consumer cannot know that nothing will come. Tell it: put one sentinel for each consumer (`q:put
                    (false)`, and `if not item then break end`), or call `q:shutdown()` after the last put, which ends a
                    loop `for item in q:items() do`, or let consumers be daemons.
                    """)
        case .unfinishedTasks:
            DeadlockExplanation(
                title: "join of a queue whose tasks nobody finishes",
                remedy:
                    "call task_done once for each item that was taken, and keep a consumer alive until the queue is joined.",
                text: """
                    `JoinableQueue:join` waits until task_done was called as often as put. Nobody is left who could call it:
                    the consumers have ended, or wait for more items, and some item was never reported.

                    Call task_done after each item, also where its work fails.
                    """)
        case .joinCycle:
            DeadlockExplanation(
                title: "join of a process that waits for who joins it",
                remedy: "release what the other process needs before joining it.",
                text: """
                    A process joins another one, which waits, by itself or over others, for the first: for a lock that it
                    holds, or for its end.

                        lock:acquire()
                        p:join()          -- p wants the lock

                    Release before you join, or let the guard end first: `do local guard <close> = lock:hold() … end`.
                    """)
        case .shortBarrier:
            DeadlockExplanation(
                title: "a barrier with too few parties",
                remedy: "make the barrier for as many processes as come, or start the others.",
                text: """
                    A barrier lets its processes go on when as many have come as it was made for. Fewer are left that could
                    come.

                        local barrier = mp.Barrier(4)     -- but three processes call barrier:wait()

                    Count again who waits, the main process too; call `barrier:abort()` in a process that gives up; and let
                    all make the same number of rounds.
                    """)
        case .lostNotification:
            DeadlockExplanation(
                title: "a notification that nobody will send",
                remedy:
                    "wait in a loop that tests what you wait for, under the lock; change it under the lock, then notify.",
                text: """
                    A process waits for a Condition, and no process is left that could notify it. Most often the
                    notification came before the wait began: it is not kept for anybody.

                        cond:acquire()
                        while not ready.value do cond:wait() end       -- not: cond:wait()
                        cond:release()

                    Who changes `ready` does it under the lock and notifies afterwards. Then it does not matter who is first.
                    For something that happens once, an Event is simpler: it stays set.
                    """)
        case .fullQueue:
            DeadlockExplanation(
                title: "put into a full queue that nobody takes from",
                remedy: "take the items before joining the process that puts them, or make the queue larger.",
                text: """
                    A process waits for room in a queue with a maximum size, and no process is left that could take an item.
                    Often its parent joins it before it takes what it has put:

                        p:join()                               -- p still puts
                        for i = 1, n do print(q:get()) end

                    Take first, join then. A queue without a maximum size never makes a put wait.
                    """)
        case .deadOwner:
            DeadlockExplanation(
                title: "a lock that died with its owner",
                remedy:
                    "do not terminate a process that holds a lock; or leave on_owner_death as it is, and recover the lock.",
                text: """
                    The lock was made with on_owner_death = "hang", as it is in other systems: the process that held it has
                    died, and the lock stays taken for ever.

                    By default acquire raises an OwnerDiedError that names the dead, and `lock:recover()` makes the lock free
                    when what it guards has been put right. With on_owner_death = "release" it counts as released.
                    """)
        case .unsetEvent:
            DeadlockExplanation(
                title: "an event that nobody will set",
                remedy:
                    "set the event on every path of the process that others wait for, also where it fails.",
                text: """
                    A process waits for an Event, and no process is left that could set it: they have ended, or wait
                    themselves.
                    """)
        case .missingPermit:
            DeadlockExplanation(
                title: "a permit that nobody gives back",
                remedy:
                    "release on every path: local permit <close> = semaphore:hold() also gives it back when its process dies.",
                text: """
                    A process wants a permit of a semaphore, and no process is left that could release one. A process that
                    acquired one has ended without release, or was killed: a permit taken by `acquire` belongs to nobody, as
                    everywhere, while one taken by `hold` comes back when its process dies.
                    """)
        case .blockedOwner:
            DeadlockExplanation(
                title: "a lock whose owner waits for something else",
                remedy: "release the lock before you wait for somebody who needs it.",
                text: """
                    A process holds a lock and waits, for the results of a pool for example, while those who should give it what
                    it waits for want the lock.

                        lock:acquire()
                        result:get()          -- the worker wants the lock

                    Hold a lock only as long as you work on what it guards, and do not wait for others meanwhile.
                    """)
        case .other:
            DeadlockExplanation(
                title: "nothing that could happen is waited for",
                remedy: "look which of the processes should have acted, and why it does not.",
                text: """
                    Every process of the family waits, without a time limit, for something that only another one of them
                    could give.
                    """)
        }
    }
}
