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

static int set_timeout(int socket, int option, unsigned int milliseconds) {
    struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    return setsockopt(socket, SOL_SOCKET, option, &time, sizeof time);
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

int martlet_populate(unsigned long start, unsigned long length) {
    return madvise((void *)start, length, 22 /* MADV_POPULATE_READ */);
}
