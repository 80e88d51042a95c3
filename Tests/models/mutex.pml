/* The mutex inside shared objects (Sources/InterProcess/Waiting/RobustMutex.swift), with processes killed at any step.
 *
 * The word is an owner and a bit, "somebody sleeps". Sleeping is futex_waitv on the word and on the owner's lifeline: the
 * kernel compares, then sleeps; a wake-up wakes one sleeper; the death of an owner wakes one of those who watch it.
 *
 *     -DDEATHS=n   how many may be killed. With 0 no sleep may end by itself, and nobody may be left asleep: there are no
 *                  lost wake-ups. Once somebody was killed, sleeps may end by themselves: the slice of 50 ms.
 *
 * Checked: two live processes are never inside together (assert); nobody is left asleep when all others are done (no
 * invalid end state); and nobody sleeps and looks for ever without getting inside (no cycle without progress, under weak
 * fairness).
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#define N 3
#define ROUNDS 2

byte owner = 0;         /* 0: free */
bool sleepers = false;
bool killed[N + 1];
bool asleep[N + 1];
byte watched[N + 1];    /* whose lifeline a sleeper watches */
bool inside[N + 1];
byte deaths = 0;

/* One of those asleep on the word. */
inline wake_one() {
    if
    :: asleep[1] -> asleep[1] = false
    :: asleep[2] -> asleep[2] = false
    :: asleep[3] -> asleep[3] = false
    :: else
    fi
}

/* One of those who watch the lifeline of `dead`. */
inline wake_watcher(dead) {
    if
    :: asleep[1] && watched[1] == dead -> asleep[1] = false
    :: asleep[2] && watched[2] == dead -> asleep[2] = false
    :: asleep[3] && watched[3] == dead -> asleep[3] = false
    :: else
    fi
}

proctype Process(byte me) {
    byte seen;              /* 0 where it does not matter, so that states are few */
    bool seen_sleepers, slow, ok;
    byte rounds = ROUNDS;
    {
    do
    :: rounds == 0 -> break
    :: rounds > 0 ->
        rounds--;
        /* lock */
        do
        :: atomic { owner == 0 -> owner = me; sleepers = slow; slow = false; break }
        :: atomic { owner != 0 -> seen = owner; seen_sleepers = sleepers; slow = true }
            if
            :: atomic {
                killed[seen] ->
                /* Taken over from the dead; what it had committed is settled next. */
                ok = (owner == seen && sleepers == seen_sleepers);
                seen = 0; seen_sleepers = false;
                if :: ok -> owner = me; sleepers = true; ok = false; slow = false; break :: else fi
                }
            :: atomic {
                !killed[seen] ->
                ok = (owner == seen && sleepers == seen_sleepers);
                if :: ok -> sleepers = true; ok = false :: else -> seen = 0 fi;
                seen_sleepers = false
                }
                if
                :: seen != 0 ->
                    atomic {
                        if
                        :: owner == seen && sleepers && !killed[seen] -> asleep[me] = true; watched[me] = seen
                        :: else
                        fi;
                        seen = 0
                    }
                    if
                    :: atomic { !asleep[me] -> watched[me] = 0 }
                    :: atomic { deaths > 0 && asleep[me] -> asleep[me] = false; watched[me] = 0 }
                    fi
                :: else
                fi
            fi
        od;
        atomic {
            assert(!(inside[1] && !killed[1]) && !(inside[2] && !killed[2]) && !(inside[3] && !killed[3]));
            inside[me] = true
        }
progress:
        /* unlock: one exchange */
        atomic { inside[me] = false; owner = 0; ok = sleepers; sleepers = false }
        if
        :: atomic { ok -> ok = false; wake_one() }
        :: else
        fi
    od
    } unless { atomic { killed[me] -> seen = 0; seen_sleepers = false; slow = false; ok = false; inside[me] = false; watched[me] = 0; rounds = 0 } }
}

/* SIGKILL, at any moment; the kernel takes a sleeper off the futex. */
proctype Killer() {
    byte victim;
end:
    do
    :: deaths < DEATHS ->
        atomic {
            if
            :: victim = 1
            :: victim = 2
            :: victim = 3
            fi;
            if
            :: !killed[victim] && deaths < N - 1 ->
                killed[victim] = true; asleep[victim] = false; deaths++;
                wake_watcher(victim)
            :: else
            fi
        }
    :: break
    od
}

init {
    atomic { run Process(1); run Process(2); run Process(3); run Killer() }
}
