// Somebody at a keyboard: terminal PROMPT TEXT PROGRAM [WORDS]. Runs the program on a terminal of its own, types TEXT once it has
// written PROMPT, prints what it writes, and ends as it does.
#define _GNU_SOURCE
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words) {
    static char seen[1 << 16];
    size_t length = 0;
    int terminal, status, hasTyped = 0;
    if (count < 4) return 2;
    pid_t child = forkpty(&terminal, 0, 0, &(struct winsize){.ws_row = 33, .ws_col = 99});
    if (child < 0) return 3;
    if (child == 0) {
        execv(words[3], words + 3);
        _exit(127);
    }
    for (ssize_t part; (part = read(terminal, seen + length, sizeof seen - 1 - length)) > 0;) {
        fwrite(seen + length, 1, (size_t)part, stdout);
        fflush(stdout);
        length += (size_t)part;
        if (hasTyped || !strstr(seen, words[1])) continue;
        dprintf(terminal, "%s\r", words[2]);
        hasTyped = 1;
    }
    if (waitpid(child, &status, 0) < 0) return 4;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
