// Output with a label in front of each line.
#ifndef COMMAND_LABELS_H
#define COMMAND_LABELS_H

#include <stddef.h>
#include <stdio.h>

/// Puts a label in front of each line that this process, and those that are forked from it, write to stdout and stderr.
/// To be called before anybody keeps these streams. `label` writes the label for lines on a descriptor to `text`, at most
/// `size` bytes, and returns its length.
///
/// Lines stay whole that are written at once, as those of stdout are up to 64 KiB: the processes take turns. What other
/// programs write there has no label.
void command_label_streams(size_t (*label)(int descriptor, char *text, size_t size));

/// stdout as it was before it was labelled: for prompts.
FILE *command_plain_stdout(void);

#endif
