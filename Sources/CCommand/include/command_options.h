// getopt_long(3) without its messages and global variables.
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <getopt.h>

/// What getopt_long found.
typedef struct {
    /// The letter; for a long option its `val`; '?' for an unknown option, ':' for one without its
    /// argument; -1 when there are no more.
    int code;
    /// The option's argument, or NULL. It points into the words.
    const char *argument;
    /// Which word the option is, or is part of.
    int word;
    /// The word to be read next; after the last option, the first that is none.
    int next;
} command_option;

/// Reads the next option of this process's command line, in the order written and only up to the
/// first word that is no option. `letters` is as getopt takes it, without "+:"; `names` ends with
/// an entry of zeros.
command_option command_next_option(int count, char **words, const char *letters, const struct option *names);

#endif
