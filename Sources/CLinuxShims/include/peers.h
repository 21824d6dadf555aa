// Unix sockets that keep the bounds of messages and whose other end is known: what a server for processes of its own user needs.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stdint.h>
#include <sys/types.h>

/// Whether a descriptor is a listening SOCK_SEQPACKET socket of the unix family: 1, or 0.
int martlet_packet_is_listening(int descriptor);

/// SO_PEERCRED: who connected, as this process's namespaces have it; a process that they don't have is 0.
int martlet_peer(int socket, pid_t *process, uid_t *user, gid_t *group);
/// SO_PEERPIDFD (Linux 6.5): a pidfd of who connected.
int martlet_peer_pidfd(int socket);

/// SO_RCVTIMEO; 0 waits forever.
int martlet_receive_timeout(int socket, unsigned int milliseconds);

/// madvise(2) with MADV_POPULATE_READ on a range of this process's own mappings.
int martlet_populate(unsigned long start, unsigned long length);
