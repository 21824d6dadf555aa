// Sockets of the unix family, by name: the one place where such an address is made.
// Each returns a descriptor that is closed on exec, or -1 and errno.
#pragma once

#include <stddef.h>

/// The most bytes that the name of a unix socket has.
enum { martlet_local_name_limit = 107 };

/// What a socket is beyond a blocking stream.
enum {
    /// Keeps the bounds of messages (SOCK_SEQPACKET).
    martlet_local_messages = 1,
    /// Doesn't block. Connecting is EAGAIN when nobody accepts right now.
    martlet_local_nonblocking = 2,
    /// Its name isn't in the file system; the zero in front isn't part of the name.
    martlet_local_abstract = 4,
    /// Has messages without a connection (SOCK_DGRAM).
    martlet_local_datagrams = 8,
};

/// Connected to a name. After `milliseconds`, unless they are 0, connecting, sending and receiving fail with EAGAIN.
int martlet_local_connect(const char *name, size_t length, int kind, unsigned int milliseconds);

/// Bound to a path, which has this mode, less what the process's mask takes, from its first moment.
int martlet_local_bind(const char *path, size_t length, int kind, unsigned int mode);

/// Listens at a path, which has the mode 0600 from its first moment.
int martlet_local_listen(const char *path, size_t length, int kind, int backlog);
