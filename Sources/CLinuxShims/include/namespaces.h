// What it takes to start a process in namespaces of its own, and to hand descriptors to another.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// clone3(2) as a fork: the child goes on in the caller's code, with a copy of its memory. Only a process with one thread may
/// call it. `*pidfd` is set in the parent. `cgroup` below 0 leaves the child in the caller's group.
pid_t martlet_clone(uint64_t flags, int *pidfd, int cgroup);

int martlet_unshare(int flags);
int martlet_setns(int descriptor, int kind);
/// The CLONE_NEW flag of a namespace's file (NS_GET_NSTYPE).
int martlet_namespace_kind(int descriptor);

int martlet_sethostname(const char *name, size_t count);
int martlet_setdomainname(const char *name, size_t count);

/// keyctl(2) KEYCTL_JOIN_SESSION_KEYRING: a new keyring of this name, or the one that exists.
long martlet_join_session_keyring(const char *name);

/// The process ends with 128 and the signal's number when the signal comes: what the kernel does by itself for every process
/// but the first of a pid namespace.
int martlet_exit_on_signal(int number);
/// SIGALRM after this time, once, which ends the process as `killed` would.
int martlet_alarm_exit(uint64_t milliseconds);

/// Brings the loopback interface of the network namespace up.
int martlet_loopback_up(void);

/// Unlocks the slave of a pseudo terminal and opens it through the master, by no path.
int martlet_pty_slave(int master);

/// A pair of connected unix sockets that keep the bounds of messages (SOCK_SEQPACKET).
int martlet_message_pair(int ends[2]);

/// sendmsg(2) and recvmsg(2) with descriptors beside the bytes. Never raises SIGPIPE; what is received is closed on exec.
ssize_t martlet_send_descriptors(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count);
/// `*descriptor_count` is how many fit, then how many came.
ssize_t martlet_receive_descriptors(int socket, void *bytes, size_t count, int *descriptors, size_t *descriptor_count);
/// The bytes of the next message, which stays to be received with what comes beside it. -1 and EMSGSIZE for one that is longer.
ssize_t martlet_peek(int socket, void *bytes, size_t count);
