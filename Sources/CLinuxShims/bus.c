#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(martlet_local_name_limit + 1 == sizeof(((struct sockaddr_un *)0)->sun_path), "layout of the kernel");

static int fill(struct sockaddr_un *address, socklen_t *size, const char *name, size_t length, int abstract) {
    if (length == 0 || length > martlet_local_name_limit) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path + (abstract ? 1 : 0), name, length);
    // An abstract name has the zero in front of it, a path the one behind it.
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

static int close_failed(int descriptor) {
    int saved = errno;
    close(descriptor);
    errno = saved;
    return -1;
}

int martlet_local_connect(const char *name, size_t length, int abstract) {
    struct sockaddr_un address;
    socklen_t size;
    if (fill(&address, &size, name, length, abstract) < 0) return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    return connect(descriptor, (struct sockaddr *)&address, size) < 0 ? close_failed(descriptor) : descriptor;
}

int martlet_local_listen(const char *path, size_t length, int backlog) {
    struct sockaddr_un address;
    socklen_t size;
    if (fill(&address, &size, path, length, 0) < 0) return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (bind(descriptor, (struct sockaddr *)&address, size) < 0 || listen(descriptor, backlog) < 0)
        return close_failed(descriptor);
    return descriptor;
}
