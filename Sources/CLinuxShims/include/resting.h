#ifndef MARTLET_RESTING_H
#define MARTLET_RESTING_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/// Part of this process's memory: whole pages.
struct martlet_range {
    uintptr_t start;
    size_t length;
};

/// ppoll(2) by a process that gives back first what it can have again: the pages of code and constants, of free heap and of
/// unused stack.
///
/// `clean` are further ranges that are as they stand in their files. Where madvise(2) is refused nothing is given back.
int martlet_rest(
    struct pollfd *requests, size_t count, const struct timespec *timeout, const struct martlet_range *clean,
    size_t clean_count);

#endif
