// What control groups need besides their files.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stdint.h>

/// The f_type of statfs(2).
int martlet_filesystem_type(const char *path, int64_t *type);

/// eventfd(2), non-blocking and closed on exec.
int martlet_eventfd(void);

/// inotify_init1(2), non-blocking and closed on exec, and a watch for IN_MODIFY on a path.
int martlet_inotify(void);
int martlet_inotify_modified(int inotify, const char *path);
