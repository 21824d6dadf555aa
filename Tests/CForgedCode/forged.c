#define _GNU_SOURCE
#include "CForgedCode.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char byte;
static long call(long number, long a, long b, long c, long d, long e, long f) {
    return syscall(number, a, b, c, d, e, f);
}
#define P(x) ((long)(x))

static long execute(void) {
    static char *arguments[] = {"/bin/true", NULL};
    return call(__NR_execve, P("/bin/true"), P(arguments), 0, 0, 0, 0);
}
static long execute_at(void) {
    static char *arguments[] = {"/bin/true", NULL};
    return call(__NR_execveat, AT_FDCWD, P("/bin/true"), P(arguments), 0, 0, 0);
}
static long new_process(void) {
    long child = call(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return child;
}
static long new_process_3(void) {
    uint64_t arguments[8] = {0};
    arguments[4] = SIGCHLD;
    long child = call(__NR_clone3, P(arguments), sizeof arguments, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return child;
}
static long thread_in_namespace(void) {
    return call(__NR_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNET, 0, 0, 0, 0, 0);
}
static long trace(void) { return call(__NR_ptrace, PTRACE_ATTACH, getppid(), 0, 0, 0, 0); }
static long read_other(void) {
    struct iovec local = {&byte, 1}, remote = {&byte, 1};
    return call(__NR_process_vm_readv, getppid(), P(&local), 1, P(&remote), 1, 0);
}
static long steal_descriptor(void) { return call(__NR_pidfd_getfd, 3, 0, 0, 0, 0, 0); }
static long kill_parent(void) { return call(__NR_kill, getppid(), SIGTERM, 0, 0, 0, 0); }
static long kill_all(void) { return call(__NR_kill, -1, SIGTERM, 0, 0, 0, 0); }
static long signal_by_pidfd(void) { return call(__NR_pidfd_send_signal, 3, SIGTERM, 0, 0, 0, 0); }
static long mount_old(void) { return call(__NR_mount, P("none"), P("/tmp"), P("tmpfs"), 0, 0, 0); }
static long mount_new(void) { return call(__NR_fsopen, P("tmpfs"), 0, 0, 0, 0, 0); }
static long mount_move(void) { return call(__NR_open_tree, AT_FDCWD, P("/"), 1, 0, 0, 0); }
static long pivot(void) { return call(__NR_pivot_root, P("/"), P("/"), 0, 0, 0, 0); }
static long change_root(void) { return call(__NR_chroot, P("/"), 0, 0, 0, 0, 0); }
static long new_namespace(void) { return call(__NR_unshare, CLONE_NEWUSER, 0, 0, 0, 0, 0); }
static long join_namespace(void) { return call(__NR_setns, 0, 0, 0, 0, 0, 0); }
static long load_bpf(void) { return call(__NR_bpf, 0, P(&byte), 1, 0, 0, 0); }
static long ring(void) {
    char parameters[120] = {0};
    return call(__NR_io_uring_setup, 1, P(parameters), 0, 0, 0, 0);
}
static long perf(void) {
    char attributes[128] = {0};
    return call(__NR_perf_event_open, P(attributes), 0, -1, -1, 0, 0);
}
static long fault_handler(void) { return call(__NR_userfaultfd, 0, 0, 0, 0, 0, 0); }
static long module(void) { return call(__NR_init_module, P(&byte), 1, P(""), 0, 0, 0); }
static long keyring(void) { return call(__NR_keyctl, 0, -3, 0, 0, 0, 0); }
static long by_handle(void) { return call(__NR_open_by_handle_at, 0, P(&byte), 0, 0, 0, 0); }
static long device_node(void) { return call(__NR_mknodat, AT_FDCWD, P("/tmp/forged-node"), 020600, 0x103, 0, 0); }
static long own_handler(void) { return call(__NR_rt_sigaction, SIGTERM, 0, 0, 8, 0, 0); }
static long own_filter(void) { return call(__NR_seccomp, 0, 0, 0, 0, 0, 0); }
static long legacy_execution(void) { return call(__NR_personality, 0x0400000, 0, 0, 0, 0, 0); }
static long set_clock(void) { return call(__NR_clock_settime, 0, P(&byte), 0, 0, 0, 0); }

static long map_code(void) {
    return call(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static long make_code(void) {
    long page = call(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == -1 ? -1 : call(__NR_mprotect, page, 4096, PROT_READ | PROT_EXEC, 0, 0, 0);
}
static long make_code_with_key(void) { return call(__NR_pkey_mprotect, 0, 0, PROT_EXEC, -1, 0, 0); }
static long memory_file(void) { return call(__NR_memfd_create, P("x"), 0, 0, 0, 0, 0); }
static long old_open(void) { return call(__NR_openat, AT_FDCWD, P("/etc/passwd"), O_RDONLY, 0, 0, 0); }
static long open_path(const char *path, uint64_t flags) {
    uint64_t how[3] = {flags, 0, 0};
    return call(__NR_openat2, AT_FDCWD, P(path), P(how), sizeof how, 0, 0);
}
static long open_passwd(void) { return open_path("/etc/passwd", O_RDONLY); }
static long open_root(void) { return open_path("/", O_RDONLY | O_DIRECTORY); }
static long open_parent(void) { return open_path("..", O_RDONLY | O_DIRECTORY); }
static long write_own_program(void) { return open_path("/proc/self/exe", O_RDWR); }
static long write_parents_memory(void) { return open_path("/proc/1/mem", O_RDWR); }
static long list_descriptors(void) { return open_path("/proc/self/fd", O_RDONLY | O_DIRECTORY); }
static long become_root(void) { return call(__NR_setresuid, 0, 0, 0, 0, 0, 0); }
static long process_control(void) { return call(__NR_prctl, 4, 1, 0, 0, 0, 0); }
static long duplicate(void) { return call(__NR_fcntl, 0, F_DUPFD, 3, 0, 0, 0); }
static long claim_ownership(void) { return call(__NR_fcntl, 0, F_SETOWN, 1, 0, 0, 0); }
static long type_on_terminal(void) { return call(__NR_ioctl, 0, 0x5412, P(&byte), 0, 0, 0); }
static long local_socket(void) { return call(__NR_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0, 0); }
static long kernel_socket(void) { return call(__NR_socket, AF_NETLINK, SOCK_RAW, 0, 0, 0, 0); }
static long raw_socket(void) { return call(__NR_socket, AF_INET, SOCK_RAW, 1, 0, 0, 0); }
static long packet_socket(void) { return call(__NR_socket, AF_PACKET, SOCK_RAW, 0, 0, 0, 0); }
static long virtual_socket(void) { return call(__NR_socket, AF_VSOCK, SOCK_STREAM, 0, 0, 0, 0); }
static long internet_socket(void) { return call(__NR_socket, AF_INET, SOCK_STREAM, 0, 0, 0, 0); }
static long multipath_socket(void) { return call(__NR_socket, AF_INET, SOCK_STREAM, 262, 0, 0, 0); }
static long datagram_socket(void) { return call(__NR_socket, AF_INET, SOCK_DGRAM, 0, 0, 0, 0); }
/* On any socket: the filter looks before the kernel does. */
static long fast_open(void) {
    struct msghdr message = {0};
    return call(__NR_sendmsg, 0, P(&message), MSG_FASTOPEN, 0, 0, 0);
}
static long look_at(const char *path) {
    struct stat status;
    return call(__NR_newfstatat, AT_FDCWD, P(path), P(&status), 0, 0, 0);
}
static long look_at_host(void) { return look_at("/etc/passwd"); }
static long read_host_link(void) { return call(__NR_readlinkat, AT_FDCWD, P("/proc/self/exe"), P(&byte), 1, 0, 0); }
#ifdef __x86_64__
static long plain_fork(void) {
    long child = call(__NR_fork, 0, 0, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return child;
}
/* The 32-bit entry has other numbers: 11 is execve there. */
static long other_entry(void) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L), "b"(0L) : "memory", "r8", "r9", "r10", "r11");
    return result;
}
/* The x32 numbers of calls that exist twice. */
static long x32_entry(void) { return call(0x40000000 | 520, P("/bin/true"), 0, 0, 0, 0, 0); }
#endif

static const struct {
    const char *name;
    long (*make)(void);
} attempts[] = {
    {"execve", execute}, {"execveat", execute_at}, {"clone", new_process}, {"clone3", new_process_3},
    {"clone-namespace", thread_in_namespace}, {"ptrace", trace}, {"process_vm_readv", read_other},
    {"pidfd_getfd", steal_descriptor}, {"kill-parent", kill_parent}, {"kill-all", kill_all},
    {"pidfd_send_signal", signal_by_pidfd}, {"mount", mount_old}, {"fsopen", mount_new}, {"open_tree", mount_move},
    {"pivot_root", pivot}, {"chroot", change_root}, {"unshare", new_namespace}, {"setns", join_namespace},
    {"bpf", load_bpf}, {"io_uring", ring}, {"perf_event_open", perf}, {"userfaultfd", fault_handler},
    {"init_module", module}, {"keyctl", keyring}, {"open_by_handle_at", by_handle}, {"mknod", device_node},
    {"sigaction", own_handler}, {"seccomp", own_filter}, {"personality", legacy_execution},
    {"clock_settime", set_clock}, {"mmap-exec", map_code}, {"mprotect-exec", make_code},
    {"pkey_mprotect", make_code_with_key}, {"memfd_create", memory_file}, {"openat", old_open},
    {"open-passwd", open_passwd}, {"open-root", open_root}, {"open-parent", open_parent},
    {"write-proc-exe", write_own_program}, {"write-proc-mem", write_parents_memory},
    {"open-proc-fd", list_descriptors}, {"setresuid", become_root}, {"prctl", process_control},
    {"dup", duplicate}, {"setown", claim_ownership}, {"tiocsti", type_on_terminal}, {"socket-unix", local_socket},
    {"socket-netlink", kernel_socket}, {"socket-raw", raw_socket}, {"socket-packet", packet_socket},
    {"socket-vsock", virtual_socket}, {"socket-inet", internet_socket}, {"socket-mptcp", multipath_socket},
    {"socket-datagram", datagram_socket}, {"fastopen", fast_open}, {"stat-host", look_at_host},
    {"readlink-host", read_host_link},
#ifdef __x86_64__
    {"fork", plain_fork}, {"int80", other_entry}, {"x32", x32_entry},
#endif
};
enum { COUNT = sizeof attempts / sizeof attempts[0] };

int forged_attempt(const char *name) {
    for (int index = 0; index < COUNT; index++) {
        if (strcmp(attempts[index].name, name) != 0) continue;
        errno = 0;
        long result = attempts[index].make();
        if (result >= 0) return 0;
        /* The old entry returns the negative number itself. */
        return errno ? errno : (int)-result;
    }
    return -1;
}

const char *const *forged_attempts(void) {
    static const char *names[COUNT + 1];
    for (int index = 0; index < COUNT; index++) names[index] = attempts[index].name;
    return names;
}
