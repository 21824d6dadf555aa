// Reads from a read-only mount, writes to a writable one, and shows that everything else of the host is out of reach.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_name(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void list(const char *path) {
    char *names[64];
    size_t count = 0;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        printf("list %s: %s\n", path, strerror(errno));
        return;
    }
    for (struct dirent *entry; count < 64 && (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            names[count++] = strdup(entry->d_name);
        }
    }
    closedir(directory);
    qsort(names, count, sizeof names[0], by_name);
    printf("list %s:", path);
    for (size_t index = 0; index < count; index++) {
        printf(" %s", names[index]);
        free(names[index]);
    }
    printf("\n");
}

static void read_from(const char *path) {
    char line[128] = "";
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        printf("read %s: refused\n", path);
    } else {
        printf("read %s: %s", path, line);
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void write_to(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (descriptor < 0) {
        printf("write %s: refused\n", path);
        return;
    }
    static const char text[] = "written by the guest\n";
    ssize_t written = write(descriptor, text, sizeof text - 1);
    close(descriptor);
    printf("write %s: %zd bytes\n", path, written);
}

int main(void) {
    read_from("/in-the-image.txt");
    list("/input");
    read_from("/input/letter.txt");
    write_to("/input/letter.txt");
    write_to("/input/new.txt");
    write_to("/output/answer.txt");
    read_from("/output/answer.txt");
    read_from("/etc/passwd");
    read_from("/input/../../../../etc/passwd");
    return 0;
}
