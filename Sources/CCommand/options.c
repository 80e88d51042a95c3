#define _GNU_SOURCE
#include "command_options.h"

#include <stdio.h>

command_option command_next_option(int count, char **words, const char *letters, const struct option *names) {
    // "+": stop at the first word that is no option. ":": tell a missing argument from an unknown option.
    char all[128];
    snprintf(all, sizeof all, "+:%s", letters);
    opterr = 0;
    command_option found = {.word = optind};  // moves on only when a word is used up
    found.code = getopt_long(count, words, all, names, NULL);
    found.argument = optarg;
    found.next = optind;
    return found;
}
