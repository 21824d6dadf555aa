#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// The kernel's struct clone_args, version 2 (Linux 5.7).
struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

pid_t martlet_clone(uint64_t flags, int *pidfd, int cgroup) {
    // A sibling (CLONE_PARENT) has its creator's exit signal: clone3 refuses another.
    struct clone_arguments arguments = {
        .flags = flags | 0x1000 /* CLONE_PIDFD */ | (cgroup >= 0 ? 0x200000000ull /* CLONE_INTO_CGROUP */ : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int martlet_unshare(int flags) { return unshare(flags); }

int martlet_setns(int descriptor, int kind) { return setns(descriptor, kind); }

int martlet_namespace_kind(int descriptor) { return ioctl(descriptor, 0xb703 /* NS_GET_NSTYPE */); }

int martlet_sethostname(const char *name, size_t count) { return sethostname(name, count); }

int martlet_setdomainname(const char *name, size_t count) { return setdomainname(name, count); }

long martlet_join_session_keyring(const char *name) {
    // Those of a new keyring, and that its user may search it: without, nobody finds it again by its name.
    enum { JOIN = 1, SET_PERMISSIONS = 5, PERMISSIONS = 0x3f1b0000 };
    long keyring = syscall(SYS_keyctl, JOIN, name);
    // One that belongs to somebody else is left as it is.
    if (keyring >= 0) (void)syscall(SYS_keyctl, SET_PERMISSIONS, keyring, PERMISSIONS);
    return keyring;
}

static void end(int number) { _exit(128 + number); }

int martlet_exit_on_signal(int number) {
    struct sigaction action = {.sa_handler = end};
    sigfillset(&action.sa_mask);
    return sigaction(number, &action, NULL);
}

static void end_late(int number) {
    (void)number;
    static const char text[] = "martlet: killed: it ran longer than its timeout\n";
    // With the stream gone there is nobody to tell.
    if (martlet_write(2, text, sizeof text - 1) < 0) _exit(128 + SIGKILL);
    _exit(128 + SIGKILL);
}

int martlet_alarm_exit(uint64_t milliseconds) {
    struct sigaction action = {.sa_handler = end_late};
    sigfillset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL)) return -1;
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(milliseconds / 1000), .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000)}};
    return setitimer(ITIMER_REAL, &timer, NULL);
}

static int closed_with_errno(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

int martlet_loopback_up(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (ioctl(descriptor, SIOCSIFFLAGS, &request)) return closed_with_errno(descriptor);
    return close(descriptor);
}

int martlet_pty_slave(int master) {
    int locked = 0;
    if (ioctl(master, TIOCSPTLCK, &locked)) return -1;
    return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int martlet_message_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

// More descriptors than this are never sent at once.
enum { DESCRIPTORS = 64 };

ssize_t martlet_send_descriptors(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
    } control;
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (descriptor_count > DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    if (descriptor_count) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * descriptor_count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t martlet_peek(int socket, void *bytes, size_t count) {
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    ssize_t found = recvmsg(socket, &message, MSG_PEEK);
    if (found < 0 || !(message.msg_flags & MSG_TRUNC)) return found;
    errno = EMSGSIZE;
    return -1;
}

ssize_t martlet_receive_descriptors(int socket, void *bytes, size_t count, int *descriptors, size_t *descriptor_count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
    } control;
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    size_t room = *descriptor_count;
    *descriptor_count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t found = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < found; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof descriptor);
            if (*descriptor_count < room) descriptors[(*descriptor_count)++] = descriptor;
            else close(descriptor);
        }
    }
    if (message.msg_flags & MSG_TRUNC) {
        while (*descriptor_count) close(descriptors[--*descriptor_count]);
        errno = EMSGSIZE;
        return -1;
    }
    return received;
}
