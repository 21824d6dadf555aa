#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(martlet_local_name_limit + 1 == sizeof(((struct sockaddr_un *)0)->sun_path), "layout of the kernel");

static int close_failed(int descriptor) {
    int saved = errno;
    close(descriptor);
    errno = saved;
    return -1;
}

static int make(const char *name, size_t length, int kind, struct sockaddr_un *address, socklen_t *size) {
    // An empty path would be a name outside of the file system that the kernel chooses.
    if (length == 0 || length > martlet_local_name_limit) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    // An abstract name has the zero in front of it, a path the one behind it.
    memcpy(address->sun_path + (kind & martlet_local_abstract ? 1 : 0), name, length);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    int type = kind & martlet_local_datagrams ? SOCK_DGRAM : kind & martlet_local_messages ? SOCK_SEQPACKET : SOCK_STREAM;
    return socket(AF_UNIX, type | SOCK_CLOEXEC | (kind & martlet_local_nonblocking ? SOCK_NONBLOCK : 0), 0);
}

int martlet_local_connect(const char *name, size_t length, int kind, unsigned int milliseconds) {
    struct sockaddr_un address;
    socklen_t size;
    int descriptor = make(name, length, kind, &address, &size);
    if (descriptor < 0) return -1;
    struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    if (milliseconds
        && (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time)
            || setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time)))
        return close_failed(descriptor);
    return connect(descriptor, (struct sockaddr *)&address, size) ? close_failed(descriptor) : descriptor;
}

int martlet_local_bind(const char *path, size_t length, int kind, unsigned int mode) {
    struct sockaddr_un address;
    socklen_t size;
    int descriptor = make(path, length, kind & ~martlet_local_abstract, &address, &size);
    if (descriptor < 0) return -1;
    // Its file has the mode of the socket.
    if (fchmod(descriptor, mode) || bind(descriptor, (struct sockaddr *)&address, size)) return close_failed(descriptor);
    return descriptor;
}

int martlet_local_listen(const char *path, size_t length, int kind, int backlog) {
    // Nobody else may connect, at no moment.
    int descriptor = martlet_local_bind(path, length, kind, 0600);
    if (descriptor < 0) return -1;
    return listen(descriptor, backlog) ? close_failed(descriptor) : descriptor;
}
