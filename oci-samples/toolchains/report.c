#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    printf("C\n");
    for (int index = 1; index < argc; index++) {
        printf("argument: %s\n", argv[index]);
    }
    const char *greeting = getenv("GREETING");
    printf("greeting: %s\n", greeting == NULL ? "none" : greeting);
    FILE *note = fopen("/note.txt", "r");
    char line[80];
    if (note == NULL || fgets(line, sizeof line, note) == NULL) {
        return 1;
    }
    printf("note: %s", line);
    return fclose(note) == 0 ? 0 : 1;
}
