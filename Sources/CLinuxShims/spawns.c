#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int martlet_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// The child of a process that may have had threads: nothing but system calls here.
static _Noreturn void become(
    const char *path, char *const arguments[], char *const environment[], const int streams[3], pid_t parent, int report) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // It was too late for who is gone already; 0 is a parent outside of this process's namespace.
    pid_t now = getppid();
    if (now != parent && now != 0) _exit(127);
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &usual, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Parked above all of them first: a stream that is already 0, 1 or 2 must not be overwritten by its neighbour.
    int parked[3];
    int fails = 0;
    for (int number = 0; number < 3; number++) {
        parked[number] = fcntl(streams[number], F_DUPFD_CLOEXEC, 3);
        fails |= parked[number] < 0;
    }
    for (int number = 0; number < 3 && !fails; number++) fails = dup2(parked[number], number) < 0;
    // Those that aren't closed on exec: --preserve-fds is for the container alone. A filter of system calls that is older than
    // the call may stand in the way.
    if (!fails && syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0) {
        for (int number = 3; number < 1024; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
    }
    if (!fails) execve(path, arguments, environment);
    int error = errno;
    (void)!write(report, &error, sizeof error);
    _exit(127);
}

pid_t martlet_spawn_bound(
    const char *path, char *const arguments[], char *const environment[], const int streams[3]) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(path, arguments, environment, streams, parent, report[1]);
    int error = errno;
    close(report[1]);
    if (child > 0) {
        // The same from this side, whoever comes first: the group is there when this returns.
        setpgid(child, child);
        ssize_t count;
        do count = read(report[0], &error, sizeof error);
        while (count < 0 && errno == EINTR);
        if (count == sizeof error) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
            child = -1;
        }
    }
    close(report[0]);
    if (child < 0) errno = error;
    return child;
}
