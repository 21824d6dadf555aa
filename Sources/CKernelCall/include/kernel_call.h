#ifndef MARTLET_KERNEL_CALL_H
#define MARTLET_KERNEL_CALL_H

// A system call by itself, for code that has no C library or must not share its errno: what it returns is what the kernel
// does, and a negative number is -errno.

static inline long martlet_kernel_call(
    long number, long first, long second, long third, long fourth, long fifth, long sixth) {
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

#endif
