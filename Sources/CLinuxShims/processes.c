#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t joined(uint32_t low, uint32_t high) { return (uint64_t)high << 32 | low; }

int martlet_process_capabilities(uint64_t *permitted, uint64_t *effective, uint64_t *inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct sets[2] = {{0}, {0}};
    if (syscall(__NR_capget, &header, sets) != 0) return -1;
    *permitted = joined(sets[0].permitted, sets[1].permitted);
    *effective = joined(sets[0].effective, sets[1].effective);
    *inheritable = joined(sets[0].inheritable, sets[1].inheritable);
    return 0;
}

int martlet_process_set_capabilities(uint64_t permitted, uint64_t effective, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct sets[2];
    for (int word = 0; word < 2; word++) {
        sets[word].permitted = (uint32_t)(permitted >> 32 * word);
        sets[word].effective = (uint32_t)(effective >> 32 * word);
        sets[word].inheritable = (uint32_t)(inheritable >> 32 * word);
    }
    return (int)syscall(__NR_capset, &header, sets);
}

// The kernel's structure, whatever the C library makes of rlimit.
struct limit {
    uint64_t soft, hard;
};

int martlet_process_limit(pid_t process, int resource, uint64_t *soft, uint64_t *hard) {
    struct limit limit;
    if (syscall(__NR_prlimit64, process, resource, NULL, &limit) != 0) return -1;
    *soft = limit.soft;
    *hard = limit.hard;
    return 0;
}

int martlet_process_set_limit(pid_t process, int resource, uint64_t soft, uint64_t hard) {
    struct limit limit = {.soft = soft, .hard = hard};
    return (int)syscall(__NR_prlimit64, process, resource, &limit, NULL);
}

// SCHED_ATTR_SIZE_VER1; glibc 2.41 brings a declaration of its own, under this name in another header.
struct scheduler_attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t clamp_minimum, clamp_maximum;
};

int martlet_process_set_scheduler(pid_t process, const struct martlet_scheduler *scheduler) {
    struct scheduler_attributes attributes = {
        .size = sizeof attributes,
        .policy = scheduler->policy,
        .flags = scheduler->flags,
        .nice = scheduler->nice,
        .priority = scheduler->priority,
        .runtime = scheduler->runtime,
        .deadline = scheduler->deadline,
        .period = scheduler->period,
    };
    return (int)syscall(__NR_sched_setattr, process, &attributes, 0);
}

// Counted downwards from 20, so that it isn't negative.
int martlet_process_nice(int process) { return (int)syscall(SYS_getpriority, 0 /* PRIO_PROCESS */, process); }

int martlet_process_policy(int process) { return sched_getscheduler(process); }

int martlet_process_io_priority(int process) { return (int)syscall(SYS_ioprio_get, 1, process); }

int martlet_process_set_io_priority(int which, int who, int value) {
    return (int)syscall(__NR_ioprio_set, which, who, value);
}

int martlet_process_set_affinity(pid_t process, const uint8_t *mask, size_t size) {
    return (int)syscall(__NR_sched_setaffinity, process, size, mask);
}

int martlet_process_affinity(pid_t process, uint8_t *mask, size_t size) {
    return (int)syscall(__NR_sched_getaffinity, process, size, mask);
}

int martlet_process_personality(unsigned long wanted) { return personality(wanted); }

// The kernel counts one bit less than it is told.
int martlet_process_set_memory_policy(int mode, const uint64_t *nodes, unsigned long bits) {
    return (int)syscall(__NR_set_mempolicy, mode, bits ? nodes : NULL, bits ? bits + 1 : 0);
}

int martlet_process_install_filter(const void *program, unsigned short count, unsigned int flags) {
    struct sock_fprog filter = {.len = count, .filter = (struct sock_filter *)program};
    return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

// With no program at all: a known flag is EFAULT, an unknown one EINVAL.
int martlet_process_knows_filter_flags(unsigned int flags) {
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == -1 && errno == EFAULT;
}

int martlet_process_memory_file(const char *name) { return (int)syscall(__NR_memfd_create, name, 1 /* MFD_CLOEXEC */); }

// The raw calls: the C library keeps two signals for itself and would leave them ignored.
void martlet_process_reset_signals(void) {
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {0};
    uint64_t none = 0;
    for (int number = 1; number <= 64; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        // A helper may still be about to end: the kernel reaps it, and execve(2) takes the flag away.
        action.flags = number == SIGCHLD ? SA_NOCLDWAIT : 0;
        syscall(__NR_rt_sigaction, number, &action, NULL, sizeof none);
    }
    syscall(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

int martlet_process_close_on_exec_from(unsigned int first) {
    return (int)syscall(__NR_close_range, first, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */);
}

uint32_t *martlet_process_shared_word(void) {
    void *page = mmap(NULL, sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}
void martlet_process_shared_word_free(uint32_t *word) { munmap(word, sizeof *word); }
uint32_t martlet_process_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
void martlet_process_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

// The clock comes from the vDSO; where there is none, a filter may refuse the call, and the time is never up.
static uint64_t now(void) {
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int martlet_process_spin(const uint32_t *word, uint32_t value, uint64_t nanoseconds) {
    uint64_t start = now();
    while (martlet_process_load(word) == value) {
        if (now() - start > nanoseconds) return 0;
    }
    return 1;
}

pid_t martlet_process_helper(void) {
    // No handler: returning from one is a system call too.
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    if (sigaction(SIGCHLD, &action, NULL) != 0) return -1;
    return (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
}
