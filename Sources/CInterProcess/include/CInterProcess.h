// What Swift cannot import or must not call directly: variadic system calls,
// calls without a glibc wrapper, the fork edge, control-message macros and the
// signal handler. Everything returns 0 or a value on success and -errno on failure.
#ifndef CINTERPROCESS_H
#define CINTERPROCESS_H

#include <stdbool.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "ip_streams.h"

// ---- memory ---------------------------------------------------------------

/// An anonymous file of `size` bytes that can never shrink; close-on-exec.
int ip_memory_file(const char *name, uint64_t size);

// ---- futexes --------------------------------------------------------------

/// One 32-bit word to sleep on, and the value it must have for the sleep to start.
typedef struct {
    const uint32_t *word;
    uint32_t expected;
} ip_futex;

/// The most words one call of `ip_futex_wait` takes (the kernel's FUTEX_WAITV_MAX).
enum { IP_FUTEX_MAX = 128 };

/// Sleeps until one of the words is woken or differs from its expected value, a
/// signal arrives, or the monotonic clock reaches `deadline_ns`. Where the kernel
/// has no futex_waitv it watches the first word only, in slices of 20 ms.
/// Returns 0 when woken, -EAGAIN, -EINTR or -ETIMEDOUT.
int ip_futex_wait(const ip_futex *futexes, unsigned count, uint64_t deadline_ns);

/// Wakes at most `count` sleepers of a word. Returns how many were woken.
int ip_futex_wake(uint32_t *word, int count);

/// The monotonic clock in nanoseconds.
uint64_t ip_monotonic_ns(void);
/// The same as of the last tick of the kernel.
uint64_t ip_coarse_monotonic_ns(void);

/// The pause hint of a spinning loop.
static inline void ip_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Asks for the cache line at an address, to write to it. The address need not be mapped.
static inline void ip_prefetch_to_write(const void *address) {
#if defined(__x86_64__)
    // The compiler knows it as an extension; processors without it do nothing.
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
    __builtin_prefetch(address, 1);
#endif
}

// ---- lifelines ------------------------------------------------------------

/// Bytes a lifeline needs in shared memory.
enum { IP_LIFELINE_SIZE = 64 };

/// Makes `lifeline` a fresh robust futex that nobody holds.
void ip_lifeline_prepare(void *lifeline);

/// Locks `lifeline` for the calling thread, for as long as the thread lives. Its
/// waiters bit is set by hand, so that the kernel wakes a sleeper at death. Returns
/// 0, or -EBUSY if somebody alive holds it.
int ip_lifeline_hold(void *lifeline);

/// The 32-bit word of a lifeline to sleep on.
static inline uint32_t *ip_lifeline_word(void *lifeline) { return (uint32_t *)lifeline; }

/// What the kernel sets in the word when the holder has died (FUTEX_OWNER_DIED).
enum : uint32_t { IP_LIFELINE_DEAD = 0x40000000 };

/// Marks the lifeline of a process that was found dead though the kernel has not done so, as when the memory with the list of
/// what the process holds was gone before.
static inline void ip_lifeline_mark_dead(void *lifeline) {
    __atomic_fetch_or(ip_lifeline_word(lifeline), IP_LIFELINE_DEAD, __ATOMIC_SEQ_CST);
}

/// Whether this value of a lifeline's word says that its holder is dead.
static inline bool ip_lifeline_is_dead(uint32_t value) { return (value & IP_LIFELINE_DEAD) != 0; }

// ---- processes ------------------------------------------------------------

/// fork(2) through glibc. The child is single-threaded.
pid_t ip_fork(void);

/// How many threads this process has.
int ip_thread_count(void);

/// Asks the kernel to send `signal` to this process when its parent dies; 0 switches it off.
int ip_set_parent_death_signal(int signal);

/// Makes this process adopt the orphans among its descendants.
int ip_become_subreaper(void);

/// A descriptor for process `pid`, readable when it has ended; close-on-exec.
int ip_pidfd_open(pid_t pid);

/// Whether any child of this process has ended and was not reaped yet.
bool ip_child_has_ended(void);

/// Whether `pid` is a process that has ended and was not reaped yet.
bool ip_is_zombie(pid_t pid);

/// Whether `pid` is a process, not a zombie, of the program that the calling one runs.
bool ip_runs_same_program(pid_t pid);

/// The wait status of `pid`, which is dying or dead, as /proc tells it, or -errno.
/// Asked of somebody else's child, which this process cannot wait for. The kernel
/// sets it before it lets go of the lifeline.
int ip_dying_status(pid_t pid);

/// Decodes a wait status: the exit code, or minus the signal.
int ip_exit_code(int wait_status);

/// Closes all descriptors of the calling process, which is about to end, so that afterwards nothing of it is left but
/// memory that only the kernel can put away. Does nothing, and returns false, where more would be left: other threads, or
/// so much memory that whoever starts the next process should rather wait for it.
bool ip_leave_nothing(void);

/// Sleeps until `pid`, which is dying, is a zombie, for so many milliseconds at most, and no longer than until a signal comes.
/// False if that cannot be waited for: it is gone, or there is no descriptor left.
bool ip_await_zombie(pid_t pid, int milliseconds);

/// Reaps child `pid`, which is dying, and forgets how it ended. Waits for that for so many milliseconds at most, and no longer
/// than until a signal comes. True also if there is no such child; false if it is no zombie yet, or a tracer keeps it.
bool ip_reap(pid_t pid, int milliseconds);

// ---- attention ------------------------------------------------------------

/// The word in which other processes ask something of this one; a word of its own before there is one. (A global of C:
/// Swift would check each access to one of its own.)
extern uint64_t *ip_attention_word;
void ip_set_attention_word(uint64_t *word);

/// Whether somebody does.
static inline __attribute__((always_inline)) bool ip_attention_is_wanted(void) {
    return __atomic_load_n(ip_attention_word, __ATOMIC_RELAXED) != 0;
}

// ---- signals --------------------------------------------------------------

/// Says which word of shared memory the signal handlers below bump and wake, so that a futex sleep about to start does
/// not. Forgets what is pending: for a process that begins.
void ip_signals_wake(uint32_t *word);

/// Takes SIGTERM as an interrupt, unless it is ignored: for a main process. A forked child ends by it again.
void ip_catch_termination(void);
/// Whether an interrupt was SIGTERM.
bool ip_was_terminated(void);

/// The signal that makes a process look what others ask of it, wherever its script is.
int ip_request_signal(void);
/// Catches it: this process looks up from its sleep, and `hook` is called from the signal handler.
void ip_catch_requests(void (*hook)(void));

/// On SIGQUIT runs this very program, with its output on stderr, as `program option PID-of-this-process`. Both words must
/// stay. Processes forked from this one do nothing on SIGQUIT.
void ip_show_on_quit(const char *program, const char *option);
/// The same again, where it was asked for, after the script has handled SIGQUIT.
void ip_show_on_quit_again(void);

/// Whether a signal that is caught here has arrived and was not taken yet.
bool ip_signal_pending(void);

/// Catches SIGINT: it is counted, and `hook` is called, which must be async-signal-safe. With a null hook: the default
/// action again.
void ip_catch_interrupts(void (*hook)(void));

/// How many SIGINT have arrived and were not yet taken.
int ip_pending_interrupts(void);
void ip_clear_interrupts(void);

/// Whether a script may catch this signal.
bool ip_can_catch(int number);

/// Catches a signal: it becomes pending, and `hook` is called, which must be async-signal-safe. System calls that can be
/// are restarted.
void ip_catch_signal(int number, void (*hook)(void));

/// The default action again.
void ip_default_signal(int number);

/// The signals that have arrived since the last call, a bit each.
uint64_t ip_take_signals(void);

/// Makes signals that were taken pending again.
void ip_put_signals_back(uint64_t signals);

/// A set of signals. (A struct of our own: the system's is not the same type everywhere.)
typedef struct {
    sigset_t set;
} ip_signal_set;

/// Blocks all signals. Returns which were blocked before.
ip_signal_set ip_block_signals(void);

/// Blocks exactly these.
void ip_restore_signals(const ip_signal_set *before);

/// Calls `handler`, which must be async-signal-safe, in `seconds` unless stopped before. One at a time.
void ip_start_grace_timer(int seconds, void (*handler)(void));
void ip_stop_grace_timer(void);

/// SIGALRM ends this process in `seconds`, unless another call comes first; 0 ends the timer.
void ip_end_in(double seconds);

/// Writes a line to stderr. Async-signal-safe.
void ip_write_line(const char *text);

/// Ends this process by the default action of `signal`.
void ip_die_by_signal(int signal) __attribute__((noreturn));

/// poll(2) for `ns` nanoseconds that no caught signal can slip past: with one pending, or arriving just before it sleeps,
/// it returns at once.
int ip_poll(struct pollfd *descriptors, unsigned count, uint64_t ns);

// ---- descriptors ----------------------------------------------------------

/// A connected pair of close-on-exec stream sockets.
int ip_socket_pair(int descriptors[2]);

/// The most descriptors one message can carry (the kernel's SCM_MAX_FD).
enum { IP_DESCRIPTORS_MAX = 253 };

/// Descriptors that came with some bytes; close-on-exec.
typedef struct {
    size_t count;
    /// There were more than this process may have open: the kernel closed the rest.
    bool incomplete;
    int fds[IP_DESCRIPTORS_MAX];
} ip_received_descriptors;

/// Sends what fits of the parts, without blocking and without SIGPIPE; the descriptors go with
/// the first byte. Returns how many bytes went, or -errno (-EAGAIN: none fits now).
ssize_t ip_send(int socket, const struct iovec *parts, size_t count, const int *fds, size_t fd_count);

/// Receives what there is into the parts without blocking, and the descriptors that came with it.
/// Returns the number of bytes, 0 at the end of the stream, or -errno.
ssize_t ip_receive(int socket, const struct iovec *parts, size_t count, ip_received_descriptors *received);

/// Copies at most `length` bytes of what would be received next, and leaves it there. Returns as `ip_receive` does.
ssize_t ip_peek(int socket, void *bytes, size_t length);

/// Binds a close-on-exec, non-blocking datagram socket to the abstract name given.
int ip_bind_datagram(const char *name, size_t length);

/// Sends one byte to the abstract name given; failure means nobody is there.
int ip_send_datagram(int socket, const char *name, size_t length);

#endif
