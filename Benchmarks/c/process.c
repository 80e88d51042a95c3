/* A bare fork and wait, from a process as large as another: process COUNT KILOBYTES.
 *
 * What fork costs is copying the page tables of private memory. That is filled in small blocks, as the heap of a
 * script is, until as much of it is resident as was asked for.
 */
#include "shared.h"

static long resident_kilobytes(void) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kilobytes = -1;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %ld", &kilobytes) == 1) break;
    if (file) fclose(file);
    if (kilobytes < 0) fail("/proc/self/status has no RssAnon");
    return kilobytes;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long count = atol(argv[1]), kilobytes = atol(argv[2]);
    while (resident_kilobytes() < kilobytes)
        for (int i = 0; i < 1000; i++) memset(malloc(80), i, 80);

    double started = now();
    for (long i = 0; i < count; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) _exit(0);
        if (waitpid(pid, &status, 0) != pid || status) fail("a child failed");
    }
    report(count, now() - started);
}
