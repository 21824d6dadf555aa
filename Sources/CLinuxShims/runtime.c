// Two pieces of the Swift runtime that cost a tenth of a millisecond each before main, in a form that costs nothing.
//
// A statically linked program finds them here and leaves the runtime's own in its archive; a dynamically linked one goes on
// using the runtime's, as these are hidden. Should a later toolchain want more of either, linking fails with a duplicate
// symbol: then this file is what has to change.

#include <stdbool.h>
#include <stddef.h>

#define RUNTIME __attribute__((visibility("hidden")))

// The words of the command line. The runtime's own reads /proc/self/maps at every start to find them on the stack, since
// it can't count on being told; glibc tells every constructor.
static int count;
static char **words;

__attribute__((constructor)) static void remember_words(int argc, char **argv) {
    count = argc;
    words = argv;
}

RUNTIME void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc) {
    count = argc;
    words = argv;
}

RUNTIME char **_swift_stdlib_getUnsafeArgvArgc(int *length) {
    static char *none[] = {NULL};
    *length = words ? count : 0;
    return words ? words : none;
}

// Backtraces of crashes. The runtime's own looks for the program swift-backtrace in nine folders around ours at every
// start, and would run what it finds there when it crashes. Here they are switched off: the first word of the settings says
// whether they are on, and nothing else is read by what remains.
RUNTIME const char _swift_backtraceSettings[512] __attribute__((aligned(16))) = {0};

RUNTIME bool _swift_backtrace_isThunkFunction(const char *name) {
    (void)name;
    return false;
}
