#define _GNU_SOURCE
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

// The kernel's structures, declared here because distributions' headers lag behind kernels: Debian 12 has Landlock's ABI 2.
struct ruleset {
    uint64_t files, network, scopes;
};
struct path_rule {
    uint64_t rights;
    int32_t directory;
} __attribute__((packed));
struct port_rule {
    uint64_t rights, port;
};
enum { RULE_PATH = 1, RULE_PORT = 2, QUERY_VERSION = 1 };

int martlet_landlock_version(void) {
    return (int)syscall(__NR_landlock_create_ruleset, NULL, (size_t)0, QUERY_VERSION);
}

int martlet_landlock_create(uint64_t files, uint64_t network, uint64_t scopes) {
    struct ruleset ruleset = {.files = files, .network = network, .scopes = scopes};
    // An old kernel knows a shorter structure: nothing that is zero is sent to it.
    size_t size = scopes ? sizeof ruleset : network ? offsetof(struct ruleset, scopes) : offsetof(struct ruleset, network);
    return (int)syscall(__NR_landlock_create_ruleset, &ruleset, size, 0);
}

int martlet_landlock_allow_path(int ruleset, int directory, uint64_t rights) {
    struct path_rule rule = {.rights = rights, .directory = directory};
    return (int)syscall(__NR_landlock_add_rule, ruleset, RULE_PATH, &rule, 0);
}

int martlet_landlock_allow_port(int ruleset, uint64_t port, uint64_t rights) {
    struct port_rule rule = {.rights = rights, .port = port};
    return (int)syscall(__NR_landlock_add_rule, ruleset, RULE_PORT, &rule, 0);
}

int martlet_landlock_restrict(int ruleset) { return (int)syscall(__NR_landlock_restrict_self, ruleset, 0); }

// The raw calls: glibc's would signal every other thread, and a process that comes here has none.
int martlet_set_groups(const gid_t *groups, size_t count) { return (int)syscall(__NR_setgroups, count, groups); }
int martlet_set_group(gid_t group) { return (int)syscall(__NR_setresgid, group, group, group); }
int martlet_set_user(uid_t user) { return (int)syscall(__NR_setresuid, user, user, user); }

enum { FSCONFIG_FLAG = 0, FSCONFIG_STRING = 1, FSCONFIG_CREATE = 6 };

int martlet_fsopen(const char *type) { return (int)syscall(__NR_fsopen, type, 1 /* FSOPEN_CLOEXEC */); }
int martlet_fsconfig_string(int context, const char *key, const char *value) {
    return (int)syscall(__NR_fsconfig, context, FSCONFIG_STRING, key, value, 0);
}
int martlet_fsconfig_flag(int context, const char *key) {
    return (int)syscall(__NR_fsconfig, context, FSCONFIG_FLAG, key, NULL, 0);
}
int martlet_fsconfig_create(int context) {
    return (int)syscall(__NR_fsconfig, context, FSCONFIG_CREATE, NULL, NULL, 0);
}
int martlet_fsmount(int context, unsigned int attributes) {
    return (int)syscall(__NR_fsmount, context, 1 /* FSMOUNT_CLOEXEC */, attributes);
}

ssize_t martlet_read_vectors(int descriptor, const struct iovec *vectors, int count, int64_t offset) {
    return preadv2(descriptor, vectors, count, offset, 0);
}
ssize_t martlet_write_vectors(int descriptor, const struct iovec *vectors, int count, int64_t offset) {
    return pwritev2(descriptor, vectors, count, offset, 0);
}

ssize_t martlet_read_now(int descriptor, const struct iovec *vectors, int count) {
    return preadv2(descriptor, vectors, count, -1, RWF_NOWAIT);
}

void martlet_heap_keep(void) { mallopt(M_TRIM_THRESHOLD, -1); }

ssize_t martlet_write(int descriptor, const void *bytes, size_t count) {
    struct iovec whole = {.iov_base = (void *)bytes, .iov_len = count};
    return pwritev2(descriptor, &whole, 1, -1, 0);
}

// On the 64-bit machines that we know, struct stat is the kernel's.
int martlet_status(int descriptor, struct stat *status) {
    return (int)syscall(__NR_newfstatat, descriptor, "", status, AT_EMPTY_PATH);
}

// The kernel's signal set is 64 bits, glibc's is longer: the raw call takes ours as it is.
int martlet_signals_block(uint64_t set, uint64_t *previous) {
    return (int)syscall(__NR_rt_sigprocmask, SIG_BLOCK, &set, previous, sizeof set);
}
int martlet_signals_restore(uint64_t set) {
    return (int)syscall(__NR_rt_sigprocmask, SIG_SETMASK, &set, NULL, sizeof set);
}
int martlet_signalfd(uint64_t set) {
    return (int)syscall(__NR_signalfd4, -1, &set, sizeof set, SFD_CLOEXEC | SFD_NONBLOCK);
}
int martlet_signalfd_read(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    if (count == (ssize_t)sizeof info) return (int)info.ssi_signo;
    if (count < 0 && errno != EAGAIN) return -1;
    return 0;
}
int martlet_signal_default(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0; }
int martlet_signal_ignore(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }

int martlet_pty_open(int *slave) {
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    int unlocked = 0;
    if (ioctl(master, TIOCSPTLCK, &unlocked) == 0) {
        *slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (*slave >= 0) return master;
    }
    int reason = errno;
    close(master);
    errno = reason;
    return -1;
}
int martlet_tty_control(int terminal) { return ioctl(terminal, TIOCSCTTY, 0); }
int martlet_tty_size_get(int terminal, uint16_t *rows, uint16_t *columns) {
    struct winsize size;
    if (ioctl(terminal, TIOCGWINSZ, &size) != 0) return -1;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}
int martlet_tty_size_set(int terminal, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size);
}
size_t martlet_tty_mode_size(void) { return sizeof(struct termios); }
int martlet_tty_mode(int terminal, void *mode) {
    struct termios current;
    if (tcgetattr(terminal, &current) != 0) return -1;
    memcpy(mode, &current, sizeof current);
    return 0;
}
int martlet_tty_raw(int terminal) {
    struct termios mode;
    if (tcgetattr(terminal, &mode) != 0) return -1;
    cfmakeraw(&mode);
    return tcsetattr(terminal, TCSADRAIN, &mode);
}
int martlet_tty_plain_lines(int terminal) {
    struct termios mode;
    if (tcgetattr(terminal, &mode) != 0) return -1;
    mode.c_oflag &= ~(tcflag_t)ONLCR;
    return tcsetattr(terminal, TCSANOW, &mode);
}
int martlet_tty_restore(int terminal, const void *mode) {
    struct termios saved;
    memcpy(&saved, mode, sizeof saved);
    return tcsetattr(terminal, TCSADRAIN, &saved);
}

int martlet_clone_file(int source, int target) { return ioctl(target, FICLONE, source); }
ssize_t martlet_send_file(int source, int target, size_t count) { return sendfile(target, source, NULL, count); }
