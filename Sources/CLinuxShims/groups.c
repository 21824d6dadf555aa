#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/vfs.h>

int martlet_filesystem_type(const char *path, int64_t *type) {
    struct statfs status;
    if (statfs(path, &status) != 0) return -1;
    *type = status.f_type;
    return 0;
}

int martlet_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int martlet_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int martlet_inotify_modified(int inotify, const char *path) { return inotify_add_watch(inotify, path, IN_MODIFY); }
