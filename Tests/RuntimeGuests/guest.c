// One guest for every test of the runtime, native and wasm: guest VERB [WORDS]. What it sees, it prints; what it can't do is
// its exit code (an errno). Built by the tests, statically, by cc and by oci-samples/compile.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int copy(int from, int to) {
    char buffer[4096];
    ssize_t count;
    while ((count = read(from, buffer, sizeof buffer)) > 0)
        if (write(to, buffer, (size_t)count) != count) return errno;
    return count < 0 ? errno : 0;
}

static int readFile(const char *path) {
    int file = open(path, O_RDONLY);
    return file < 0 ? errno : copy(file, 1);
}

static int writeFile(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0) return errno;
    return write(file, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : errno;
}

static int list(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return errno;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) puts(entry->d_name);
    return 0;
}

static int say(const char *text) {
    puts(text);
    return fflush(stdout);
}

// Opens a file again and again and closes none; says how often that worked, whether there were too many, and whether one that
// is closed makes room for another.
static int openWithoutEnd(const char *path, long turns) {
    long opened = 0, refused = 0;
    int last = -1;
    for (long turn = 0; turn < turns; turn++) {
        int file = open(path, O_RDONLY);
        if (file >= 0) opened++, last = file;
        else if (errno == EMFILE) refused++;
        else return errno;
    }
    close(last);
    printf("%ld opened, %ld refused, %d again\n", opened, refused, open(path, O_RDONLY) == last);
    return 0;
}

_Noreturn static void rest(void) {
    struct timespec moment = {0, 20000000};
    say("ready");
    for (;;) nanosleep(&moment, 0);
}

// Sends back what each connection says first.
static int serve(int listener) {
    char text[256];
    say("ready");
    for (;;) {
        int connection = accept(listener, 0, 0);
        if (connection < 0) return errno;
        ssize_t length = recv(connection, text, sizeof text, 0);
        if (length > 0) send(connection, text, (size_t)length, 0);
        close(connection);
    }
}

// Asks, and repeats the answer.
static int converse(void) {
    char line[256];
    say("ready");
    if (!fgets(line, sizeof line, stdin)) return errno ? errno : EIO;
    printf("%d %d %d heard %s", isatty(0), isatty(1), isatty(2), line);
    return 0;
}

#ifdef __wasi__
#include "guest-wasm.h"
#else
#include "guest-native.h"
#endif

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "", *first = count > 2 ? words[2] : "", *second = count > 3 ? words[3] : "";
    int code = 0;
    if (!strcmp(verb, "env"))
        for (char **variable = environ; *variable; variable++) puts(*variable);
    else if (!strcmp(verb, "args"))
        for (int index = 2; index < count; index++) puts(words[index]);
    else if (!strcmp(verb, "exit")) code = atoi(first);
    else if (!strcmp(verb, "trap")) __builtin_trap();
    else if (!strcmp(verb, "cat")) code = copy(0, 1);
    else if (!strcmp(verb, "read")) code = readFile(first);
    else if (!strcmp(verb, "write")) code = writeFile(first, second);
    else if (!strcmp(verb, "list")) code = list(first);
    else if (!strcmp(verb, "converse")) code = converse();
    else if (!strcmp(verb, "open")) code = openWithoutEnd(first, atol(second));
    else if (!strcmp(verb, "make-directory")) code = mkdir(first, 0755) ? errno : 0;
    else if (!strcmp(verb, "rest")) rest();
    else if (!strcmp(verb, "spin")) {
        say("ready");
        for (volatile unsigned turn = 0;; turn++) {}
    } else if (!strcmp(verb, "cwd")) {
        char path[4096];
        code = getcwd(path, sizeof path) ? say(path) : errno;
    } else if (!strcmp(verb, "tty")) printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
    else code = special(verb, first, second);
    fflush(stdout);
    return code;
}
