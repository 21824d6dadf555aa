#include "launcher.h"

#include <zygote_protocol.h>

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/poll.h>
#include <linux/resource.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <linux/un.h>
#include <stddef.h>
#include <stdint.h>

// Of <sys/socket.h>, which is the C library's.
enum {
    LEVEL_SOCKET = 1,
    OPTION_PEER = 17,
    OPTION_RECEIVE_TIMEOUT = 20,
    OPTION_SEND_TIMEOUT = 21,
    KIND_PACKETS = 5,
    CLOSE_ON_EXEC = 02000000,
    NON_BLOCKING = 04000,
    RIGHTS = 1,
    NO_SIGNAL = 0x4000,
    CLOSE_RECEIVED_ON_EXEC = 0x40000000,
};
struct part {
    void *bytes;
    size_t count;
};
struct message {
    void *name;
    uint32_t name_size;
    struct part *parts;
    size_t part_count;
    void *control;
    size_t control_size;
    uint32_t flags;
};
struct control {
    size_t size;
    int level, kind;
    int descriptors[MARTLET_ZYGOTE_DESCRIPTORS + MARTLET_ZYGOTE_PRESERVED];
};

long launcher_call(long number, long first, long second, long third, long fourth, long fifth, long sixth) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = fourth, r8 __asm__("r8") = fifth, r9 __asm__("r9") = sixth;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = first, x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third, x3 __asm__("x3") = fourth, x4 __asm__("x4") = fifth;
    register long x5 __asm__("x5") = sixth;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "martlet knows the system calls of x86-64 and arm64"
#endif
}

#define CALL(name, a, b, c, d, e) \
    launcher_call(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

static long length(const char *text) {
    const char *end = text;
    while (*end) end++;
    return end - text;
}

long launcher_connect(const char *path, unsigned milliseconds) {
    struct sockaddr_un address = {.sun_family = 1};
    long count = length(path);
    if (count >= (long)sizeof address.sun_path) return -ENAMETOOLONG;
    for (long at = 0; at < count; at++) address.sun_path[at] = path[at];
    long socket = CALL(socket, 1, KIND_PACKETS | CLOSE_ON_EXEC, 0, 0, 0);
    if (socket < 0) return socket;
    struct __kernel_old_timeval patience = {milliseconds / 1000, milliseconds % 1000 * 1000};
    CALL(setsockopt, socket, LEVEL_SOCKET, OPTION_SEND_TIMEOUT, &patience, sizeof patience);
    CALL(setsockopt, socket, LEVEL_SOCKET, OPTION_RECEIVE_TIMEOUT, &patience, sizeof patience);
    long result = CALL(connect, socket, &address, offsetof(struct sockaddr_un, sun_path) + count + 1, 0, 0);
    if (result >= 0) return socket;
    CALL(close, socket, 0, 0, 0, 0);
    return result;
}

long launcher_peer(int socket, int *process) {
    struct { int32_t process; uint32_t user, group; } peer = {0, 0, 0};
    uint32_t size = sizeof peer;
    long result = CALL(getsockopt, socket, LEVEL_SOCKET, OPTION_PEER, &peer, &size);
    *process = peer.process;
    return result < 0 ? result : (long)peer.user;
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char *launcher_proof(int process) {
    static char text[MARTLET_ZYGOTE_PROOF_SIZE];
    char path[64] = "/proc/", digits[16];
    long end = length(path), count = 0;
    for (unsigned rest = (unsigned)process; rest || !count; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    while (count) path[end++] = digits[--count];
    for (const char *rest = "/fd/" TEXT(MARTLET_ZYGOTE_PROOF); *rest; rest++) path[end++] = *rest;
    path[end] = 0;
    long read = CALL(readlinkat, AT_FDCWD, path, text, sizeof text - 1, 0);
    text[read > 0 ? read : 0] = 0;
    return text;
}

static long send_message(int socket, const void *bytes, unsigned long count, struct control *control) {
    struct part part = {(void *)bytes, count};
    struct message message = {.parts = &part, .part_count = 1};
    if (control) {
        message.control = control;
        message.control_size = control->size;
    }
    return CALL(sendmsg, socket, &message, NO_SIGNAL, 0, 0);
}

long launcher_send(int socket, const void *bytes, unsigned long count) {
    return send_message(socket, bytes, count, 0);
}

long launcher_send_with(int socket, const void *bytes, unsigned long count, int folder, unsigned streams) {
    struct control control = {.level = LEVEL_SOCKET, .kind = RIGHTS};
    if (1 + streams > sizeof control.descriptors / sizeof *control.descriptors) return -EINVAL;
    control.descriptors[0] = folder;
    for (unsigned number = 0; number < streams; number++) control.descriptors[1 + number] = (int)number;
    control.size = offsetof(struct control, descriptors) + (1 + streams) * sizeof *control.descriptors;
    return send_message(socket, bytes, count, &control);
}

long launcher_receive(int socket, void *bytes, unsigned long limit, int *descriptor) {
    struct control control = {.size = 0};
    struct part part = {bytes, limit};
    struct message message = {
        .parts = &part, .part_count = 1, .control = &control,
        .control_size = offsetof(struct control, descriptors) + sizeof(int),
    };
    *descriptor = -1;
    long result = CALL(recvmsg, socket, &message, CLOSE_RECEIVED_ON_EXEC, 0, 0);
    if (result < 0) return result;
    int is_whole = control.size == offsetof(struct control, descriptors) + sizeof(int);
    if (is_whole && control.level == LEVEL_SOCKET && control.kind == RIGHTS) *descriptor = control.descriptors[0];
    return result;
}

long launcher_wait(int first, int second) {
    struct pollfd requests[2] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
    long result;
    do result = CALL(ppoll, requests, 2, 0, 0, 8);
    while (result == -EINTR);
    return result < 0 ? result : (requests[0].revents != 0) | (requests[1].revents != 0) << 1;
}

int launcher_is_terminal(int descriptor) {
    struct termios settings;
    return CALL(ioctl, descriptor, TCGETS, &settings, 0, 0) >= 0;
}

unsigned long launcher_block(unsigned long signals) {
    uint64_t wanted = signals, previous = 0;
    CALL(rt_sigprocmask, 0, &wanted, &previous, sizeof wanted, 0);
    return previous;
}

void launcher_restore(unsigned long signals) {
    uint64_t wanted = signals;
    CALL(rt_sigprocmask, 2, &wanted, 0, sizeof wanted, 0);
}

long launcher_signals(unsigned long signals) {
    uint64_t wanted = signals;
    return CALL(signalfd4, -1, &wanted, sizeof wanted, CLOSE_ON_EXEC | NON_BLOCKING, 0);
}

unsigned launcher_next_signal(int descriptor) {
    struct signalfd_siginfo signal;
    return CALL(read, descriptor, &signal, sizeof signal, 0, 0) == sizeof signal ? signal.ssi_signo : 0;
}

long launcher_limit(int number, unsigned long long *soft, unsigned long long *hard) {
    struct rlimit64 limit = {0, 0};
    long result = CALL(prlimit64, 0, number, 0, &limit, 0);
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return result;
}

unsigned long launcher_inode(const char *path) {
    struct statx found;
    long result = CALL(statx, AT_FDCWD, path, 0, STATX_INO, &found);
    return result < 0 ? 0 : found.stx_ino;
}

const char *launcher_version(void) { return MARTLET_VERSION; }

const char *launcher_variables(void) { return MARTLET_ZYGOTE_VARIABLES; }

const char *launcher_lost(void) { return MARTLET_ZYGOTE_LOST "=1"; }

unsigned char *launcher_packet(void) {
    static unsigned char room[MARTLET_ZYGOTE_PACKET];
    return room;
}

char *launcher_path(void) {
    static char room[LAUNCHER_PATH];
    return room;
}
