// What an interactive session needs of the C library's streams.
#include "command_prompt.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "CInterProcess.h"
#include "command_labels.h"

void command_show(const void *bytes, size_t size) {
    FILE *output = command_plain_stdout();
    fwrite(bytes, 1, size, output);
    fflush(output);
}

bool command_wait_for_input(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    const uint64_t hour = UINT64_C(3600000000000);
    int result = ip_poll(&input, 1, hour);
    // Of a closed stream, reading tells.
    return result > 0 || (result < 0 && errno != EINTR);
}

int command_read_byte(void) {
    bool is_buffered = stdin->_IO_read_ptr < stdin->_IO_read_end;
    if (!is_buffered && !command_wait_for_input()) return COMMAND_WANTED;
    int byte = getc(stdin);
    if (byte != EOF) return byte;
    // An error may be left from an earlier read.
    bool interrupted = !feof(stdin) && errno == EINTR;
    clearerr(stdin);
    return interrupted ? COMMAND_WANTED : COMMAND_END_OF_INPUT;
}
