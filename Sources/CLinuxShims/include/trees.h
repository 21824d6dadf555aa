// Calls on whole trees, owners and extended attributes that Swift's view of glibc lacks.
#pragma once

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

/// renameat2(2).
int martlet_renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned int flags);

/// The xattr(7) calls on a descriptor.
int martlet_fsetxattr(int descriptor, const char *name, const void *value, size_t count);
int martlet_fremovexattr(int descriptor, const char *name);
ssize_t martlet_fgetxattr(int descriptor, const char *name, void *value, size_t count);
ssize_t martlet_flistxattr(int descriptor, char *names, size_t count);

/// makedev(3) and its reverse.
dev_t martlet_makedev(uint32_t major, uint32_t minor);
uint32_t martlet_device_major(dev_t device);
uint32_t martlet_device_minor(dev_t device);
