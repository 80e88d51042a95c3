/* Sleeping and waking at a queue (Waiting.swift, WaitList.swift, QueueStorage+Put and +Take), with processes killed at any
 * step.
 *
 * A consumer that finds nothing reads its wake word, enters the list, looks again, and sleeps unless the word has changed.
 * A producer puts, looks whether the list is empty, grants a turn to the first sleeper alive, and wakes it. Each change
 * of the list is a transaction under its mutex, here atomic (mutex.pml). The grant of a dead sleeper, or of one that did not need
 * it, goes to the next. A consumer that leaves something wakes the next one.
 *
 *     -DDEATHS=n   how many may be killed. With 0 no sleep may end by itself. Once somebody was killed, sleeps may: the
 *                  cap of half a second, after which the dead are swept.
 *
 * Checked: as long as a consumer lives, every message that was put is taken (ltl, under weak fairness).
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#define CONSUMERS 2
#define MESSAGES 2

byte messages = 0;
byte unput = MESSAGES;
bool killed[CONSUMERS + 2];     /* consumers are 1 and 2, producers 0 and 3 */
byte deaths = 0;

/* The list: first and second. */
byte first = 0, second = 0;
bool granted[CONSUMERS + 1];
bool woken[CONSUMERS + 1];      /* the wake word has changed since it was read */
bool asleep[CONSUMERS + 1];

#define live (!killed[1] || !killed[2])
#define listed(i) (first == i || second == i)

inline link(i) { if :: first == 0 -> first = i :: else -> second = i fi }
inline unlink(i) {
    if
    :: first == i -> first = second; second = 0
    :: second == i -> second = 0
    :: else
    fi
}
/* Gives a turn to the first sleeper alive; `who` is it, 0 for nobody. */
inline grant(who) {
    who = 0;
    if :: first != 0 && killed[first] -> unlink(first) :: else fi;
    if :: first != 0 && killed[first] -> unlink(first) :: else fi;
    if :: first != 0 -> who = first; granted[who] = true; unlink(who) :: else fi
}
inline rouse(who) { woken[who] = true; asleep[who] = false }
inline wake_next(who) {
    if
    :: first != 0 ->
        atomic { grant(who) }
        if :: atomic { who != 0 -> rouse(who); who = 0 } :: who == 0 fi
    :: else
    fi
}

proctype Consumer(byte me) {
    byte who;
    {
    do
    ::  do
        :: atomic { messages > 0 -> messages--; break }
        :: atomic { messages == 0 -> woken[me] = false }
            atomic { if :: !listed(me) -> granted[me] = false; link(me) :: else fi }
            if
            :: atomic { messages > 0 -> messages--; break }
            :: atomic { messages == 0 && !woken[me] -> asleep[me] = true }
end_asleep:
                if
                :: !asleep[me]
                :: atomic { deaths > 0 && asleep[me] -> asleep[me] = false }
                fi
            :: atomic { messages == 0 && woken[me] -> woken[me] = false }
            fi;
            if
            :: atomic { granted[me] -> granted[me] = false }
                if
                :: atomic { messages > 0 -> messages--; break }
                :: messages == 0
                fi
            :: !granted[me]
            fi
        od;
        /* The wait is over: a turn that was not needed goes to the next. */
        atomic {
            unlink(me);
            if :: granted[me] -> granted[me] = false; grant(who) :: else fi
        }
        if :: atomic { who != 0 -> rouse(who); who = 0 } :: who == 0 fi;
        if :: messages > 0 -> wake_next(who) :: messages == 0 fi
    od
    } unless { atomic { killed[me] -> who = 0; woken[me] = false } }
}

proctype Producer(byte me) {
    byte who;
    {
    do
    :: atomic { unput > 0 -> unput--; messages++ }
        wake_next(who)
    :: unput == 0 -> break
    od
    } unless { atomic { killed[me] -> who = 0 } }
}

/* What any live process does at the cap: puts away what the dead have left. */
proctype Sweeper() {
    byte who, dead;
end:
    do
    :: atomic { killed[1] && (listed(1) || granted[1]) -> dead = 1 }
        atomic { unlink(dead); if :: granted[dead] -> granted[dead] = false; grant(who) :: else fi; dead = 0 }
        if :: atomic { who != 0 -> rouse(who); who = 0 } :: who == 0 fi
    :: atomic { killed[2] && (listed(2) || granted[2]) -> dead = 2 }
        atomic { unlink(dead); if :: granted[dead] -> granted[dead] = false; grant(who) :: else fi; dead = 0 }
        if :: atomic { who != 0 -> rouse(who); who = 0 } :: who == 0 fi
    od
}

proctype Killer() {
    byte victim;
end:
    do
    :: deaths < DEATHS ->
        atomic {
            if
            :: victim = 0
            :: victim = 1
            :: victim = 2
            :: victim = 3
            fi;
            if
            :: !killed[victim] && (victim == 0 || victim == 3 || live) ->
                killed[victim] = true; deaths++;
                if :: victim == 1 || victim == 2 -> asleep[victim] = false :: else fi
            :: else
            fi
        }
    :: break
    od
}

init {
    atomic {
        run Consumer(1); run Consumer(2); run Producer(0); run Producer(3); run Sweeper(); run Killer()
    }
}

ltl taken { [] (messages > 0 && live -> <> (messages == 0 || !live)) }
