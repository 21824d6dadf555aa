#ifndef MARTLET_LAUNCHER_H
#define MARTLET_LAUNCHER_H

// The kernel, for a program without a C library: starting one costs a process three times what `martlet` has to do. Every
// function returns what the system call does: a negative number is -errno.

// The numbers of system calls and the constants of their arguments; nothing of the C library's code.
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#pragma clang assume_nonnull begin

long launcher_call(long number, long first, long second, long third, long fourth, long fifth, long sixth);

// A packet socket that is connected to the one at a path. Connecting, sending and receiving take so long at most.
long launcher_connect(const char *path, unsigned milliseconds);
// The user at its other end, and the process.
long launcher_peer(int socket, int *process);
// What a zygote wants to be shown (zygote_protocol.h), as a text with its end; it is empty when it can't be had.
const char *launcher_proof(int process);
long launcher_send(int socket, const void *bytes, unsigned long count);
// The same with descriptors beside it: a folder's, and all from 0 to `streams` - 1.
long launcher_send_with(int socket, const void *bytes, unsigned long count, int folder, unsigned streams);
// One packet. The descriptor that came beside it, closed by execve(2), or -1.
long launcher_receive(int socket, void *bytes, unsigned long limit, int *descriptor);

// Returns when there is something to be read at one of the two: bit 0 for the first, bit 1 for the second.
long launcher_wait(int first, int second);

int launcher_is_terminal(int descriptor);

// Signals as bits, from 1 on at bit 0. Blocks them and returns what was blocked before.
unsigned long launcher_block(unsigned long signals);
void launcher_restore(unsigned long signals);
// A descriptor from which they are read, and the next of them; 0 when there is none.
long launcher_signals(unsigned long signals);
unsigned launcher_next_signal(int descriptor);

// A limit of this process by its RLIMIT_ number.
long launcher_limit(int number, unsigned long long *soft, unsigned long long *hard);
// The inode of what a path leads to; 0 when there is none.
unsigned long launcher_inode(const char *path);

// Of zygote_protocol.h.
const char *launcher_version(void);
const char *launcher_variables(void);
const char *launcher_lost(void);

// Room for one packet, and for one path.
unsigned char *launcher_packet(void);
char *launcher_path(void);
enum { LAUNCHER_PATH = 4096 + 256 };

#pragma clang assume_nonnull end

#endif
