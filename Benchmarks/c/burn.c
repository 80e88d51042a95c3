/* Keeps one core busy, for as long as its parent lives: burn. */
#include "shared.h"

#include <signal.h>
#include <sys/prctl.h>

int main(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1) return 0;
    for (volatile unsigned long n = 0;; n++) continue;
}
