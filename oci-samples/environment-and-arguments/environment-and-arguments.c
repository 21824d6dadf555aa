// Prints what the guest was given: each argument and each variable on a line of its own, in the order they arrived.
#include <stdio.h>

extern char **environ;

int main(int argc, char **argv) {
    for (int index = 0; index < argc; index++) {
        printf("argument %d: [%s]\n", index, argv[index]);
    }
    for (char **variable = environ; *variable != NULL; variable++) {
        printf("variable: %s\n", *variable);
    }
    return 0;
}
