#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int martlet_mount_is_read_only(const char *path) {
    struct statvfs status;
    if (statvfs(path, &status)) return -1;
    return (status.f_flag & ST_RDONLY) != 0;
}

int martlet_memory_file(const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x10 /* MFD_EXEC */);
    // A kernel before 6.3 doesn't know the last one, and needs none.
    return descriptor < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : descriptor;
}

int martlet_memory_file_seal(int descriptor) { return fcntl(descriptor, F_ADD_SEALS, SEALS); }

int martlet_memory_file_is_sealed(int descriptor) {
    int seals = fcntl(descriptor, F_GET_SEALS);
    return seals >= 0 && (seals & SEALS) == SEALS;
}
