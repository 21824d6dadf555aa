// What one process asks of the kernel for itself or for a child of its own: sets, limits, schedulers, filters.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// capget(2) and capset(2) of the calling thread, bit n for capability n.
int martlet_process_capabilities(uint64_t *permitted, uint64_t *effective, uint64_t *inheritable);
int martlet_process_set_capabilities(uint64_t permitted, uint64_t effective, uint64_t inheritable);

/// prlimit(2); process 0 is the caller.
int martlet_process_limit(pid_t process, int resource, uint64_t *soft, uint64_t *hard);
int martlet_process_set_limit(pid_t process, int resource, uint64_t soft, uint64_t hard);

/// getpriority(2) of a process: 1 to 40, which is 20 less its niceness.
int martlet_process_nice(int process);
/// sched_getscheduler(2): SCHED_, with SCHED_RESET_ON_FORK.
int martlet_process_policy(int process);
/// ioprio_get(2) of a process.
int martlet_process_io_priority(int process);

/// The kernel's struct sched_attr up to the utilization clamps.
struct martlet_scheduler {
    uint32_t policy;
    int32_t nice;
    uint32_t priority;
    uint64_t flags, runtime, deadline, period;
};
/// sched_setattr(2).
int martlet_process_set_scheduler(pid_t process, const struct martlet_scheduler *scheduler);
/// ioprio_set(2).
int martlet_process_set_io_priority(int which, int who, int value);
/// sched_setaffinity(2) with a mask of `size` bytes.
int martlet_process_set_affinity(pid_t process, const uint8_t *mask, size_t size);
int martlet_process_affinity(pid_t process, uint8_t *mask, size_t size);

/// personality(2).
int martlet_process_personality(unsigned long personality);

/// set_mempolicy(2); `bits` is the size of the set of nodes.
int martlet_process_set_memory_policy(int mode, const uint64_t *nodes, unsigned long bits);

/// seccomp(2) with SECCOMP_SET_MODE_FILTER on `count` instructions of 8 bytes; the listener's descriptor, or 0.
int martlet_process_install_filter(const void *program, unsigned short count, unsigned int flags);
/// Whether the kernel knows these filter flags.
int martlet_process_knows_filter_flags(unsigned int flags);

/// memfd_create(2), closed on exec.
int martlet_process_memory_file(const char *name);

/// Every signal gets its default disposition, and none is blocked. Until an execve(2) children are reaped by the kernel.
void martlet_process_reset_signals(void);

/// close_range(2) with CLOSE_RANGE_CLOEXEC from `first` on.
int martlet_process_close_on_exec_from(unsigned int first);

/// A word that this process and the children it makes later share; NULL on failure.
uint32_t *martlet_process_shared_word(void);
void martlet_process_shared_word_free(uint32_t *word);
uint32_t martlet_process_load(const uint32_t *word);
void martlet_process_store(uint32_t *word, uint32_t value);
/// Spins without a system call until the word isn't `value`; 0 when it still was after so many nanoseconds.
int martlet_process_spin(const uint32_t *word, uint32_t value, uint64_t nanoseconds);

/// clone(2) with CLONE_FILES: a child with its own memory and this process's descriptors. For a process with one thread.
/// The child is reaped by the kernel: SIGCHLD gets SA_NOCLDWAIT, which the next execve(2) takes away.
pid_t martlet_process_helper(void);

/// Gives the process a name (PR_SET_NAME) and shows `arguments` in the place of its own: `size` bytes of strings, each with its
/// zero byte, the last one, too. The environment is overwritten: it is the caller's, and may hold what nobody else should read.
///
/// Where they don't fit they are one string with blanks, which goes on over the environment's place. What doesn't fit there
/// either is cut off. For a process with one thread.
void martlet_title_set(const char *name, const char *arguments, size_t size);
