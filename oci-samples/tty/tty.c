// Says which of its standard streams are a terminal.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    static const char *const names[] = {"standard input", "standard output", "standard error"};
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        printf("%s: %s\n", names[descriptor], isatty(descriptor) ? "terminal" : "no terminal");
    }
    return 0;
}
