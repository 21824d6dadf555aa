// Where the kernel begins: the stack holds the count of the words, the words, and the environment. Nothing has to be put right
// before: a program whose own addresses stood in its data would need a loader (`LauncherTests`).
__asm__(".globl _start\n"
        ".type _start, %function\n"
        "_start:\n"
#if defined(__x86_64__)
        "    xorl %ebp, %ebp\n"
        "    movq %rsp, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call martlet_launch\n"
#elif defined(__aarch64__)
        "    mov x29, #0\n"
        "    mov x30, #0\n"
        "    mov x0, sp\n"
        "    bl martlet_launch\n"
#endif
);
