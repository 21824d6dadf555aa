#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <sys/syscall.h>
#include <unistd.h>

ssize_t martlet_getdents64(int directory, void *buffer, size_t count) {
    return syscall(SYS_getdents64, directory, buffer, count);
}
