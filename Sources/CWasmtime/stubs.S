// A function of each name of the engine's library, which jumps to where the library has it; the first call of all loads the
// library. What a call costs beyond one that the dynamic linker made is a test of the pointer.

#include "functions.h"

#if defined(__x86_64__)

.macro stub name
    .globl \name
    .hidden \name
    .type \name, @function
    .p2align 4
\name:
    mov martlet_engine_functions + martlet_slot(%rip), %r11
    test %r11, %r11
    je 1f
    jmp *%r11
1:  lea \name(%rip), %r11
    jmp first_call
    .size \name, . - \name
    .set martlet_slot, martlet_slot + 8
.endm

#elif defined(__aarch64__)

.macro stub name
    .globl \name
    .hidden \name
    .type \name, %function
    .p2align 4
\name:
    adrp x16, martlet_engine_functions
    add x16, x16, :lo12:martlet_engine_functions
    ldr x16, [x16, #martlet_slot]
    cbz x16, 1f
    br x16
1:  adr x16, \name
    b first_call
    .size \name, . - \name
    .set martlet_slot, martlet_slot + 8
.endm

#else
#error "libwasmtime is published for x86-64 and aarch64 only"
#endif

    .section .text.martlet_engine, "ax"
    .set martlet_slot, 0
#define STUB(name) stub name ;
MARTLET_ENGINE_FUNCTIONS(STUB)

// Loads the library and calls the stub again, with all arguments as they were.

#if defined(__x86_64__)

    .type first_call, @function
first_call:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %r8
    push %r9
    push %rax
    push %r11
    sub $128, %rsp
    movups %xmm0, (%rsp)
    movups %xmm1, 16(%rsp)
    movups %xmm2, 32(%rsp)
    movups %xmm3, 48(%rsp)
    movups %xmm4, 64(%rsp)
    movups %xmm5, 80(%rsp)
    movups %xmm6, 96(%rsp)
    movups %xmm7, 112(%rsp)
    call martlet_engine_load_or_end
    movups (%rsp), %xmm0
    movups 16(%rsp), %xmm1
    movups 32(%rsp), %xmm2
    movups 48(%rsp), %xmm3
    movups 64(%rsp), %xmm4
    movups 80(%rsp), %xmm5
    movups 96(%rsp), %xmm6
    movups 112(%rsp), %xmm7
    add $128, %rsp
    pop %r11
    pop %rax
    pop %r9
    pop %r8
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rbp
    .cfi_def_cfa %rsp, 8
    jmp *%r11
    .cfi_endproc
    .size first_call, . - first_call

#elif defined(__aarch64__)

    .type first_call, %function
first_call:
    .cfi_startproc
    stp x29, x30, [sp, #-16]!
    .cfi_def_cfa_offset 16
    .cfi_offset x29, -16
    .cfi_offset x30, -8
    mov x29, sp
    .cfi_def_cfa_register x29
    stp x0, x1, [sp, #-16]!
    stp x2, x3, [sp, #-16]!
    stp x4, x5, [sp, #-16]!
    stp x6, x7, [sp, #-16]!
    stp x8, x16, [sp, #-16]!
    stp q0, q1, [sp, #-32]!
    stp q2, q3, [sp, #-32]!
    stp q4, q5, [sp, #-32]!
    stp q6, q7, [sp, #-32]!
    bl martlet_engine_load_or_end
    ldp q6, q7, [sp], #32
    ldp q4, q5, [sp], #32
    ldp q2, q3, [sp], #32
    ldp q0, q1, [sp], #32
    ldp x8, x16, [sp], #16
    ldp x6, x7, [sp], #16
    ldp x4, x5, [sp], #16
    ldp x2, x3, [sp], #16
    ldp x0, x1, [sp], #16
    ldp x29, x30, [sp], #16
    .cfi_def_cfa sp, 0
    br x16
    .cfi_endproc
    .size first_call, . - first_call

#endif

    .section .note.GNU-stack, "", @progbits
