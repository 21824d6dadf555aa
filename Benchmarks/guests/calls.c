// Times system calls from the inside: calls DIRECTORY prints `NAME NANOSECONDS-PER-CALL` for each.
//
// The same source is compiled to WebAssembly and natively; DIRECTORY is empty at the start and at the end, and holds 100
// files and one of a megabyte in between.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { file_bytes = 1 << 20, entry_count = 100 };

static const double budget_ns = 100e6; // for each measurement

static char data_path[512];
static char list_path[512];
static int data = -1;
static off_t position;
static char buffer[64 << 10];

static void check(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static double now(void) {
    struct timespec time;
    check(clock_gettime(CLOCK_MONOTONIC, &time) == 0, "clock_gettime");
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

// Sequential access to one file that is in the page cache, beginning again at its end.
static void advance(size_t count) {
    position += (off_t)count;
    if (position == file_bytes) {
        position = 0;
        check(lseek(data, 0, SEEK_SET) == 0, "lseek");
    }
}

static void read_once(size_t count) {
    check(read(data, buffer, count) == (ssize_t)count, "read");
    advance(count);
}

static void write_once(size_t count) {
    check(write(data, buffer, count) == (ssize_t)count, "write");
    advance(count);
}

static void stat_once(void) {
    struct stat status;
    check(stat(data_path, &status) == 0 && status.st_size == file_bytes, "stat");
}

static void clock_once(void) { now(); }

static void read_4k(void) { read_once(4 << 10); }
static void read_64k(void) { read_once(64 << 10); }
static void write_4k(void) { write_once(4 << 10); }
static void write_64k(void) { write_once(64 << 10); }

static void list_once(void) {
    int count = 0;
    DIR *directory = opendir(list_path);
    check(directory != NULL, "opendir");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(directory);
    check(count == entry_count, "readdir");
}

// The fastest of ten equal parts: what the call costs when nothing else runs.
static void measure(const char *name, void (*call)(void)) {
    check(lseek(data, 0, SEEK_SET) == 0, "lseek");
    position = 0;
    long calls = 1;
    double elapsed = 0;
    for (; elapsed < budget_ns / 20; calls *= 2) {
        double start = now();
        for (long done = 0; done < calls; done++) {
            call();
        }
        elapsed = now() - start;
    }
    double best = 1e18;
    for (int part = 0; part < 10; part++) {
        double start = now();
        for (long done = 0; done < calls; done++) {
            call();
        }
        elapsed = now() - start;
        best = elapsed < best ? elapsed : best;
    }
    printf("%s %.1f\n", name, best / (double)calls);
}

static void make_files(const char *directory) {
    snprintf(data_path, sizeof data_path, "%s/data", directory);
    snprintf(list_path, sizeof list_path, "%s/list", directory);
    data = open(data_path, O_CREAT | O_RDWR | O_TRUNC, 0644);
    check(data >= 0, data_path);
    for (int done = 0; done < file_bytes; done += (int)sizeof buffer) {
        check(write(data, buffer, sizeof buffer) == (ssize_t)sizeof buffer, "write");
    }
    check(lseek(data, 0, SEEK_SET) == 0, "lseek");
    check(mkdir(list_path, 0755) == 0, list_path);
    for (int index = 0; index < entry_count; index++) {
        char path[600];
        snprintf(path, sizeof path, "%s/file-%03d", list_path, index);
        int descriptor = open(path, O_CREAT | O_WRONLY, 0644);
        check(descriptor >= 0 && close(descriptor) == 0, path);
    }
}

static void remove_files(void) {
    for (int index = 0; index < entry_count; index++) {
        char path[600];
        snprintf(path, sizeof path, "%s/file-%03d", list_path, index);
        check(unlink(path) == 0, path);
    }
    check(rmdir(list_path) == 0 && unlink(data_path) == 0, list_path);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: calls DIRECTORY\n");
        return 2;
    }
    make_files(argv[1]);
    measure("stat", stat_once);
    measure("read-4k", read_4k);
    measure("read-64k", read_64k);
    measure("write-4k", write_4k);
    measure("write-64k", write_64k);
    measure("clock_gettime", clock_once);
    measure("list-100", list_once);
    remove_files();
    return 0;
}
