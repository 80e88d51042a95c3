// What the command needs of C and Swift cannot import or must not call directly: getopt's variables, streams of the C
// library, signal handlers.
#ifndef CCOMMAND_H
#define CCOMMAND_H

#include "command_labels.h"
#include "command_options.h"
#include "command_prompt.h"
#include "command_terminal.h"

#endif
