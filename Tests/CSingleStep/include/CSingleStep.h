// Single-stepping a child, for tests that kill it at a given instruction.
#ifndef CSINGLESTEP_H
#define CSINGLESTEP_H

#include <sys/types.h>

/// In the child: lets its parent trace it, and stops. What comes next is stepped through.
void ss_begin(void);
/// In the child: stops; what was to be stepped through is over.
void ss_end(void);

/// How ss_step ended.
enum { SS_STEPPED = 0, SS_ENDED = 1, SS_ASLEEP = 2, SS_FAILED = 3 };

/// In the parent: steps a child that is at ss_begin through at most `most` instructions. Returns how many it did, and in
/// `how` why it did no more: all are done, the child has come to ss_end, or it sleeps in a system call.
long ss_step(pid_t child, long most, int *how);

#endif
