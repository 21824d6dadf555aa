// The few calls that Swift can't make: variadic ones, ones glibc has no wrapper for, and the child's side of a fork.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf.h"
#include "confinement.h"
#include "groups.h"
#include "local_sockets.h"
#include "mounts.h"
#include "namespaces.h"
#include "peers.h"
#include "processes.h"
#include "resting.h"
#include "sealing.h"
#include "spawns.h"
#include "trees.h"

/// openat2(2). `how` carries flags, mode and the RESOLVE_ bits.
int martlet_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/// fork(2). Only a process with one thread may call it: the child goes on in the caller's Swift code.
pid_t martlet_fork(void);

/// close_range(2) from `first` to `last`, both included.
int martlet_close_range(unsigned int first, unsigned int last, unsigned int flags);

/// pidfd_open(2) and pidfd_send_signal(2).
int martlet_pidfd_open(pid_t process, unsigned int flags);
int martlet_pidfd_send_signal(int pidfd, int signal);

/// The variadic calls, each with the one argument that we pass.
int martlet_open(const char *path, int flags, mode_t mode);
int martlet_fcntl_int(int descriptor, int command, int argument);
/// A lock of one byte of the file, held by the open file (F_OFD_SETLK, F_OFD_SETLKW).
int martlet_lock_byte(int descriptor, off_t offset, int exclusive, int waits);
int martlet_ioctl_pointer(int descriptor, unsigned long request, void *argument);
int martlet_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

/// GNU names that Swift's view of glibc lacks.
int martlet_pipe2(int ends[2], int flags);
const char *martlet_error_name(int number);
char **martlet_environment(void);

/// accept4(2) and ppoll(2), without the address and the signal mask that we don't pass.
int martlet_accept4(int descriptor, int flags);
int martlet_ppoll(struct pollfd *requests, unsigned long count, const struct timespec *timeout);

/// getrandom(2) from the source that never runs dry.
ssize_t martlet_getrandom(void *buffer, size_t count);

/// getdents64(2): entries in the layout of the kernel.
ssize_t martlet_getdents64(int directory, void *buffer, size_t count);
