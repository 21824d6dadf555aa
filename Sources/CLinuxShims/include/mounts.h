// The calls on mounts by descriptor, for the mount tree of a container.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stdint.h>
#include <sys/types.h>

/// open_tree(2). The OPEN_TREE_ and AT_ bits are the caller's; OPEN_TREE_CLOEXEC is added.
int martlet_tree_open(int directory, const char *path, unsigned int flags);
/// move_mount(2) of one descriptor's mount onto another descriptor's file.
int martlet_tree_move(int mount, int target);
/// mount_setattr(2) on a descriptor. `namespace_` is the user namespace of MOUNT_ATTR_IDMAP.
int martlet_tree_change(
    int mount, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation, int namespace_);

int martlet_pivot_root(const char *new_root, const char *old_root);
int martlet_unmount(const char *path, int flags);

/// What statx(2) says of the file that a descriptor means, and of the mount it is seen through.
struct martlet_mounted_file {
    uint64_t mount, inode;
    uint32_t mode, device_major, device_minor, node_major, node_minor;
    /// 1 when it is the root of its mount.
    uint32_t is_mount_root;
};
int martlet_mounted_file_of(int descriptor, struct martlet_mounted_file *file);

/// The number of the file system behind a descriptor, fstatfs(2).
int martlet_descriptor_filesystem(int descriptor, int64_t *type);

/// mknodat(2); the umask takes away from `mode`.
int martlet_make_node(int directory, const char *name, uint32_t mode, uint32_t major, uint32_t minor);
/// fchownat(2) of what an O_PATH descriptor means.
int martlet_give_node(int descriptor, uint32_t user, uint32_t group);

/// getcwd(2) as the kernel says it: "(unreachable)" before a directory outside of the root.
long martlet_working_directory(char *path, size_t size);
