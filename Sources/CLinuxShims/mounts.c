#define _GNU_SOURCE
#include "mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Declared here because the headers of distributions lag behind kernels.
struct mount_change {
    uint64_t set, clear, propagation, user_namespace;
};
enum {
    TREE_CLOEXEC = O_CLOEXEC,
    MOVE_FROM_DESCRIPTOR = 0x04,
    MOVE_TO_DESCRIPTOR = 0x40,
    STATUS_MOUNT = 0x1000,
    ATTRIBUTE_MOUNT_ROOT = 0x2000,
};

int martlet_tree_open(int directory, const char *path, unsigned int flags) {
    return (int)syscall(__NR_open_tree, directory, path, flags | TREE_CLOEXEC);
}

int martlet_tree_move(int mount, int target) {
    return (int)syscall(__NR_move_mount, mount, "", target, "", MOVE_FROM_DESCRIPTOR | MOVE_TO_DESCRIPTOR);
}

int martlet_tree_change(
    int mount, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation, int namespace_) {
    struct mount_change change = {set, clear, propagation, namespace_ < 0 ? 0 : (uint64_t)namespace_};
    return (int)syscall(__NR_mount_setattr, mount, "", flags | AT_EMPTY_PATH, &change, sizeof change);
}

int martlet_pivot_root(const char *new_root, const char *old_root) {
    return (int)syscall(__NR_pivot_root, new_root, old_root);
}

int martlet_unmount(const char *path, int flags) { return umount2(path, flags); }

int martlet_mounted_file_of(int descriptor, struct martlet_mounted_file *file) {
    struct statx status;
    int result = statx(
        descriptor, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_INO | STATUS_MOUNT,
        &status);
    if (result != 0) return result;
    *file = (struct martlet_mounted_file){
        .mount = status.stx_mask & STATUS_MOUNT ? status.stx_mnt_id : 0,
        .inode = status.stx_ino,
        .mode = status.stx_mode,
        .device_major = status.stx_dev_major,
        .device_minor = status.stx_dev_minor,
        .node_major = status.stx_rdev_major,
        .node_minor = status.stx_rdev_minor,
        .is_mount_root = (status.stx_attributes & ATTRIBUTE_MOUNT_ROOT) != 0,
    };
    return 0;
}

int martlet_descriptor_filesystem(int descriptor, int64_t *type) {
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) return -1;
    *type = (int64_t)(uint32_t)status.f_type;
    return 0;
}

int martlet_make_node(int directory, const char *name, uint32_t mode, uint32_t major, uint32_t minor) {
    return mknodat(directory, name, mode, makedev(major, minor));
}

int martlet_give_node(int descriptor, uint32_t user, uint32_t group) {
    return fchownat(descriptor, "", user, group, AT_EMPTY_PATH);
}

long martlet_working_directory(char *path, size_t size) { return syscall(__NR_getcwd, path, size); }
