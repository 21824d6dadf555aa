// Prints the filters of system calls that hold for a process: filters PID. A line "filter COUNT" before the instructions of each, in
// the order in which they were installed, and those as "CODE TRUE FALSE OPERAND". Ends with the errno of what the kernel refuses.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

int main(int count, char **words) {
    static struct sock_filter program[BPF_MAXINSNS];
    int process = count > 1 ? atoi(words[1]) : 0, status;
    if (ptrace(PTRACE_SEIZE, process, 0, 0) || ptrace(PTRACE_INTERRUPT, process, 0, 0)) return errno;
    if (waitpid(process, &status, __WALL) != process || !WIFSTOPPED(status)) return ECHILD;
    for (unsigned long index = 0;; index++) {
        long length = ptrace(PTRACE_SECCOMP_GET_FILTER, process, index, 0);
        if (length < 0) return errno == ENOENT && index > 0 ? 0 : errno;
        if (ptrace(PTRACE_SECCOMP_GET_FILTER, process, index, program) != length) return errno;
        printf("filter %ld\n", length);
        for (long place = 0; place < length; place++)
            printf("%u %u %u %u\n", program[place].code, program[place].jt, program[place].jf, program[place].k);
    }
}
