#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int packet_socket(const char *path, int flags, struct sockaddr_un *address) {
    size_t length = strlen(path);
    // An empty path would be a name outside of the file system.
    if (length == 0 || length >= sizeof address->sun_path) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
}

static int closed(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

static int set_timeout(int socket, int option, unsigned int milliseconds) {
    struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    return setsockopt(socket, SOL_SOCKET, option, &time, sizeof time);
}

int martlet_packet_listen(const char *path, int backlog) {
    struct sockaddr_un address;
    int descriptor = packet_socket(path, SOCK_NONBLOCK, &address);
    if (descriptor < 0) return -1;
    // Its file has the mode of the socket: nobody else may connect, at no moment.
    if (fchmod(descriptor, 0600) || bind(descriptor, (struct sockaddr *)&address, sizeof address)
        || listen(descriptor, backlog))
        return closed(descriptor);
    return descriptor;
}

int martlet_packet_connect(const char *path, unsigned int milliseconds) {
    struct sockaddr_un address;
    int descriptor = packet_socket(path, 0, &address);
    if (descriptor < 0) return -1;
    if (set_timeout(descriptor, SO_SNDTIMEO, milliseconds) || set_timeout(descriptor, SO_RCVTIMEO, milliseconds)
        || connect(descriptor, (struct sockaddr *)&address, sizeof address))
        return closed(descriptor);
    return descriptor;
}

static int is(int descriptor, int option, int value) {
    int found = 0;
    socklen_t size = sizeof found;
    return getsockopt(descriptor, SOL_SOCKET, option, &found, &size) == 0 && found == value;
}

int martlet_packet_is_listening(int descriptor) {
    return is(descriptor, SO_DOMAIN, AF_UNIX) && is(descriptor, SO_TYPE, SOCK_SEQPACKET)
        && is(descriptor, SO_ACCEPTCONN, 1);
}

int martlet_peer(int socket, pid_t *process, uid_t *user, gid_t *group) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size)) return -1;
    *process = credentials.pid;
    *user = credentials.uid;
    *group = credentials.gid;
    return 0;
}

int martlet_peer_pidfd(int socket) {
    int pidfd = -1;
    socklen_t size = sizeof pidfd;
    return getsockopt(socket, SOL_SOCKET, 77 /* SO_PEERPIDFD */, &pidfd, &size) ? -1 : pidfd;
}

int martlet_receive_timeout(int socket, unsigned int milliseconds) {
    return set_timeout(socket, SO_RCVTIMEO, milliseconds);
}

pid_t martlet_reap(int *status) { return waitpid(-1, status, WNOHANG); }

int martlet_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int martlet_set_variable(const char *name, const char *value) {
    return value ? setenv(name, value, 1) : unsetenv(name);
}

int martlet_populate(unsigned long start, unsigned long length) {
    return madvise((void *)start, length, 22 /* MADV_POPULATE_READ */);
}
