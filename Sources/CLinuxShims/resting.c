#define _GNU_SOURCE
#include "resting.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    // Ranges that are given back; of more objects than a process of ours has, the rest stays.
    RANGES = 96,
    // Below the frame in use: as much as a guest's call can have written to.
    STACK = 3 << 19,
    // The largest main stack; whoever is further from its top is on another one.
    LARGEST_STACK = 8 << 20,
};

struct ranges {
    uintptr_t page;
    size_t count;
    struct martlet_range each[RANGES];
};

static uintptr_t page_of(uintptr_t address, const struct ranges *ranges) { return address & -ranges->page; }

static void add(struct ranges *ranges, uintptr_t start, uintptr_t end) {
    if (ranges->count < RANGES && end > start)
        ranges->each[ranges->count++] = (struct martlet_range){start, end - start};
}

// What of an object isn't writable: nobody writes there, not even the loader, and its pages can be read from the file again.
static int add_constants(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    struct ranges *ranges = context;
    for (const ElfW(Phdr) *part = object->dlpi_phdr, *last = part + object->dlpi_phnum; part < last; part++) {
        if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        // A page in which the next part may begin isn't only this one's.
        add(ranges, page_of(start, ranges), page_of(start + part->p_memsz, ranges));
    }
    return 0;
}

// One address in libc for this and for ppoll(2): what follows is as little code as can be.
static void give_back(const struct martlet_range *range) {
    (void)syscall(SYS_madvise, range->start, range->length, MADV_DONTNEED);
}

// Free pages between what is in use, and those at the end, which are borrowed for it: malloc_trim(3) would give them back by
// brk(2), so it's told to leave more there than there is.
static void give_back_heap(const struct ranges *ranges, int end_too) {
    (void)malloc_trim(SIZE_MAX / 4);
    size_t end = end_too ? mallinfo2().keepcost : 0;
    if (end < 4 * ranges->page) return;
    size_t length = end - 2 * ranges->page;
    char *free_end = malloc(length);
    if (!free_end) return;
    uintptr_t start = page_of((uintptr_t)free_end + ranges->page - 1, ranges);
    uintptr_t last = page_of((uintptr_t)free_end + length, ranges);
    if (start < last) give_back(&(struct martlet_range){start, last - start});
    free(free_end);
}

int martlet_rest(
    struct pollfd *requests, size_t count, const struct timespec *timeout, const struct martlet_range *clean,
    size_t clean_count) {
    struct ranges ranges = {.page = (uintptr_t)sysconf(_SC_PAGESIZE)};
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), top = getauxval(AT_RANDOM);
    int is_main_stack = here < top && top - here < LARGEST_STACK;
    give_back_heap(&ranges, is_main_stack);
    // The frame of this function and of those that it calls stay.
    uintptr_t unused = page_of((uintptr_t)&ranges, &ranges) - ranges.page;
    if (is_main_stack) add(&ranges, unused - STACK, unused);
    (void)dl_iterate_phdr(add_constants, &ranges);
    for (size_t index = 0; index < clean_count; index++) give_back(&clean[index]);
    if (is_main_stack) give_back(&ranges.each[0]);
    // The program itself, whose code this is, stands first and comes last.
    for (size_t index = ranges.count; index-- > (is_main_stack ? 1 : 0);) give_back(&ranges.each[index]);
    struct timespec left = timeout ? *timeout : (struct timespec){0};
    return (int)syscall(SYS_ppoll, requests, count, timeout ? &left : NULL, NULL, 0);
}
