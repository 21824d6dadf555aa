#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int martlet_renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned int flags) {
    return renameat2(old_directory, old_name, new_directory, new_name, flags);
}

int martlet_fsetxattr(int descriptor, const char *name, const void *value, size_t count) {
    return fsetxattr(descriptor, name, value, count, 0);
}

int martlet_fremovexattr(int descriptor, const char *name) { return fremovexattr(descriptor, name); }

ssize_t martlet_fgetxattr(int descriptor, const char *name, void *value, size_t count) {
    return fgetxattr(descriptor, name, value, count);
}

ssize_t martlet_flistxattr(int descriptor, char *names, size_t count) { return flistxattr(descriptor, names, count); }

dev_t martlet_makedev(uint32_t major, uint32_t minor) { return makedev(major, minor); }

uint32_t martlet_device_major(dev_t device) { return major(device); }

uint32_t martlet_device_minor(dev_t device) { return minor(device); }
