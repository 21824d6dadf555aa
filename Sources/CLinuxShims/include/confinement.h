// What a confined process and its supervisor need from the kernel and glibc doesn't offer to Swift.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <asm/unistd.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

/// landlock_create_ruleset(2) for a version query: the ABI number, or -1.
int martlet_landlock_version(void);

/// A ruleset that handles these rights; 0 leaves a kind of right alone.
int martlet_landlock_create(uint64_t files, uint64_t network, uint64_t scopes);
int martlet_landlock_allow_path(int ruleset, int directory, uint64_t rights);
int martlet_landlock_allow_port(int ruleset, uint64_t port, uint64_t rights);
int martlet_landlock_restrict(int ruleset);

/// setgroups(2), setresgid(2) and setresuid(2), all three ids set to the same.
int martlet_set_groups(const gid_t *groups, size_t count);
int martlet_set_group(gid_t group);
int martlet_set_user(uid_t user);

/// fsopen(2), fsconfig(2) in its three forms, fsmount(2).
int martlet_fsopen(const char *type);
int martlet_fsconfig_string(int context, const char *key, const char *value);
int martlet_fsconfig_flag(int context, const char *key);
int martlet_fsconfig_create(int context);
int martlet_fsmount(int context, unsigned int attributes);

/// preadv2(2) and pwritev2(2) without flags: the offset -1 is the current one.
ssize_t martlet_read_vectors(int descriptor, const struct iovec *vectors, int count, int64_t offset);
ssize_t martlet_write_vectors(int descriptor, const struct iovec *vectors, int count, int64_t offset);

/// preadv2(2) with RWF_NOWAIT at the descriptor's own offset.
ssize_t martlet_read_now(int descriptor, const struct iovec *vectors, int count);

/// mallopt(3) M_TRIM_THRESHOLD: the heap is never given back by brk(2).
void martlet_heap_keep(void);

/// write(2) as pwritev2(2): the one way to write that every sandbox leaves.
ssize_t martlet_write(int descriptor, const void *bytes, size_t count);

/// fstat(2) as newfstatat(2), whatever the C library makes of fstat: one call fewer for a sandbox to allow.
int martlet_status(int descriptor, struct stat *status);

/// Sets of signals as 64 bits: bit n-1 is signal n.
int martlet_signals_block(uint64_t set, uint64_t *previous);
int martlet_signals_restore(uint64_t set);
int martlet_signalfd(uint64_t set);
/// The next signal of a signalfd(2), 0 when there is none.
int martlet_signalfd_read(int descriptor);
/// Back to the default disposition.
int martlet_signal_default(int number);
int martlet_signal_ignore(int number);

/// A new pseudo terminal: the master; `*slave` is opened through the master, by no path.
int martlet_pty_open(int *slave);
/// Makes the terminal the controlling one of this session.
int martlet_tty_control(int terminal);
int martlet_tty_size_get(int terminal, uint16_t *rows, uint16_t *columns);
int martlet_tty_size_set(int terminal, uint16_t rows, uint16_t columns);
/// The terminal's mode, martlet_tty_mode_size bytes: reads it, makes it raw, sets it again.
size_t martlet_tty_mode_size(void);
int martlet_tty_mode(int terminal, void *mode);
int martlet_tty_raw(int terminal);
int martlet_tty_plain_lines(int terminal);
int martlet_tty_restore(int terminal, const void *mode);

/// ioctl(FICLONE), and sendfile(2) at the current offsets.
int martlet_clone_file(int source, int target);
ssize_t martlet_send_file(int source, int target, size_t count);
