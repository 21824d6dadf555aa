// Stream sockets of the unix family towards a message bus.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stddef.h>

/// The most bytes that the name of a unix socket has.
enum { martlet_local_name_limit = 107 };

/// A non-blocking stream socket, closed on exec, connected to a name. `abstract`: not in the file system.
/// EAGAIN: nobody accepts right now.
int martlet_local_connect(const char *name, size_t length, int abstract);

/// A listening, blocking stream socket at a path.
int martlet_local_listen(const char *path, size_t length, int backlog);
