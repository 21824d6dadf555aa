#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <string.h>
#include <unistd.h>

int martlet_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

pid_t martlet_fork(void) { return fork(); }

int martlet_close_range(unsigned int first, unsigned int last, unsigned int flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}

int martlet_pidfd_open(pid_t process, unsigned int flags) { return (int)syscall(SYS_pidfd_open, process, flags); }

int martlet_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}

int martlet_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int martlet_fcntl_int(int descriptor, int command, int argument) { return fcntl(descriptor, command, argument); }

int martlet_lock_byte(int descriptor, off_t offset, int exclusive, int waits) {
    struct flock lock = {
        .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    return fcntl(descriptor, waits ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

int martlet_ioctl_pointer(int descriptor, unsigned long request, void *argument) {
    return ioctl(descriptor, request, argument);
}

int martlet_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return prctl(option, a, b, c, d);
}

int martlet_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }

const char *martlet_error_name(int number) { return strerrorname_np(number); }

char **martlet_environment(void) { return environ; }

int martlet_accept4(int descriptor, int flags) { return accept4(descriptor, 0, 0, flags); }

int martlet_ppoll(struct pollfd *requests, unsigned long count, const struct timespec *timeout) {
    return ppoll(requests, count, timeout, 0);
}

ssize_t martlet_getrandom(void *buffer, size_t count) { return syscall(SYS_getrandom, buffer, count, 0); }
