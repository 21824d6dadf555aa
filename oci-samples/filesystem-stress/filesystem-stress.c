// Puts the file system through its paces below /work: many files, deep folders, links, renames, holes, and a clean end.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { file_count = 500, depth = 40, big_bytes = 4 << 20, chunk_bytes = 64 << 10 };

#define CHECK(condition)                                                                              \
    do {                                                                                              \
        if (!(condition)) {                                                                           \
            fprintf(stderr, "line %d: %s does not hold: %s\n", __LINE__, #condition, strerror(errno)); \
            exit(1);                                                                                  \
        }                                                                                             \
    } while (0)

static uint8_t chunk[chunk_bytes];

static uint32_t hash(uint32_t state, const uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        state = (state ^ bytes[index]) * 16777619u;
    }
    return state;
}

static void fill(uint32_t seed) {
    for (size_t index = 0; index < chunk_bytes; index++) {
        seed = seed * 1664525u + 1013904223u;
        chunk[index] = (uint8_t)(seed >> 24);
    }
}

static int entries(const char *path) {
    int count = 0;
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(directory);
    return count;
}

static void many_files(void) {
    char path[64], renamed[64], text[32];
    CHECK(mkdir("/work/many", 0755) == 0);
    for (int index = 0; index < file_count; index++) {
        snprintf(path, sizeof path, "/work/many/%d", index);
        int descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
        CHECK(descriptor >= 0);
        int length = snprintf(text, sizeof text, "file %d\n", index);
        CHECK(write(descriptor, text, (size_t)length) == length);
        CHECK(close(descriptor) == 0);
    }
    CHECK(open("/work/many/0", O_CREAT | O_EXCL | O_WRONLY, 0644) < 0 && errno == EEXIST);
    for (int index = 0; index < file_count; index += 2) {
        snprintf(path, sizeof path, "/work/many/%d", index);
        snprintf(renamed, sizeof renamed, "/work/many/renamed-%d", index);
        CHECK(rename(path, renamed) == 0);
    }
    printf("many files: %d\n", entries("/work/many"));
    struct stat status;
    for (int index = 0; index < file_count; index++) {
        snprintf(path, sizeof path, index % 2 ? "/work/many/%d" : "/work/many/renamed-%d", index);
        CHECK(stat(path, &status) == 0 && S_ISREG(status.st_mode));
        CHECK(status.st_size == snprintf(text, sizeof text, "file %d\n", index));
        CHECK(unlink(path) == 0);
    }
    CHECK(rmdir("/work/many") == 0);
}

static void deep_folders(void) {
    char path[512] = "/work";
    for (int level = 0; level < depth; level++) {
        strcat(path, "/level");
        CHECK(mkdir(path, 0755) == 0);
    }
    CHECK(rmdir("/work/level") != 0 && errno == ENOTEMPTY);
    for (int level = 0; level < depth; level++) {
        CHECK(rmdir(path) == 0);
        path[strlen(path) - strlen("/level")] = 0;
    }
    printf("deep folders: %d\n", depth);
}

static void big_file(void) {
    uint32_t written = 2166136261u, read_back = 2166136261u;
    int descriptor = open("/work/big", O_CREAT | O_RDWR, 0644);
    CHECK(descriptor >= 0);
    for (uint32_t block = 0; block < big_bytes / chunk_bytes; block++) {
        fill(block);
        written = hash(written, chunk, chunk_bytes);
        CHECK(write(descriptor, chunk, chunk_bytes) == chunk_bytes);
    }
    CHECK(lseek(descriptor, 0, SEEK_SET) == 0);
    for (;;) {
        ssize_t count = read(descriptor, chunk, 7001);
        CHECK(count >= 0);
        if (count == 0) {
            break;
        }
        read_back = hash(read_back, chunk, (size_t)count);
    }
    CHECK(written == read_back);
    printf("big file: %08x\n", (unsigned)read_back);

    CHECK(ftruncate(descriptor, 10) == 0 && lseek(descriptor, 0, SEEK_END) == 10);
    CHECK(pwrite(descriptor, "end", 3, 1 << 20) == 3);
    CHECK(pread(descriptor, chunk, 16, 1 << 19) == 16);
    for (int index = 0; index < 16; index++) {
        CHECK(chunk[index] == 0);
    }
    struct stat status;
    CHECK(fstat(descriptor, &status) == 0 && status.st_size == (1 << 20) + 3);
    CHECK(close(descriptor) == 0 && unlink("/work/big") == 0);
    printf("hole: reads as zeros\n");
}

static void links(void) {
    char target[64];
    struct stat status;
    int descriptor = open("/work/original", O_CREAT | O_WRONLY, 0644);
    CHECK(descriptor >= 0 && write(descriptor, "text", 4) == 4 && close(descriptor) == 0);
    CHECK(link("/work/original", "/work/second-name") == 0);
    CHECK(stat("/work/second-name", &status) == 0 && status.st_nlink == 2);
    CHECK(symlink("original", "/work/pointer") == 0);
    CHECK(readlink("/work/pointer", target, sizeof target) == 8 && memcmp(target, "original", 8) == 0);
    CHECK(lstat("/work/pointer", &status) == 0 && S_ISLNK(status.st_mode));
    CHECK(stat("/work/pointer", &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 4);
    CHECK(symlink("../../../../../etc/passwd", "/work/escape") == 0);
    CHECK(open("/work/escape", O_RDONLY) < 0);
    CHECK(unlink("/work/escape") == 0 && unlink("/work/pointer") == 0);
    CHECK(unlink("/work/second-name") == 0 && unlink("/work/original") == 0);
    printf("links: hard and symbolic\n");
}

int main(void) {
    many_files();
    deep_folders();
    big_file();
    links();
    printf("left behind: %d\n", entries("/work"));
    return 0;
}
