#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

static char **first_arguments;

// The C library hands a program's arguments to its constructors.
__attribute__((constructor)) static void remember(int count, char **arguments, char **environment) {
    (void)count, (void)environment;
    first_arguments = arguments;
}

// The end of the strings that stand one behind the other from `end` on, as the kernel has laid them out.
static char *end_of(char *const strings[], char *end) {
    for (; strings && *strings == end; strings++) end += strlen(end) + 1;
    return end;
}

void martlet_title_set(const char *name, const char *arguments, size_t size) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (!first_arguments || !first_arguments[0]) return;
    char *start = first_arguments[0];
    char *end = end_of(first_arguments, start);
    // The kernel puts the program's own path behind the environment, whatever has been unset of that since.
    char *rest = (char *)getauxval(AT_EXECFN);
    if (!rest || rest < end) rest = end;
    static char *none[] = {NULL};
    environ = none;
    if (size <= (size_t)(end - start)) {
        memcpy(start, arguments, size);
        memset(start + size, 0, (size_t)(rest - start) - size);
        return;
    }
    // A title: one text that goes on where the environment was. The kernel knows it by the missing zero byte in between.
    size_t shown = size - 1;
    if (shown > (size_t)(rest - start) - 1) shown = (size_t)(rest - start) - 1;
    for (size_t index = 0; index < shown; index++) start[index] = arguments[index] ? arguments[index] : ' ';
    memset(start + shown, 0, (size_t)(rest - start) - shown);
}
