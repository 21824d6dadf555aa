#include <stddef.h>

// What a compiler expects of a platform without a C library. Memory isn't given: nothing here may need any.

void *memset(void *to, int byte, size_t count) {
    unsigned char *at = to;
    while (count--) {
        *at++ = (unsigned char)byte;
        __asm__ volatile("" : : : "memory");
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    unsigned char *at = to;
    const unsigned char *next = from;
    while (count--) {
        *at++ = *next++;
        __asm__ volatile("" : : : "memory");
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    unsigned char *at = to;
    const unsigned char *next = from;
    if (at <= next) return memcpy(to, from, count);
    while (count--) {
        at[count] = next[count];
        __asm__ volatile("" : : : "memory");
    }
    return to;
}

enum { NO_MEMORY = 12 };

int posix_memalign(void **to, size_t alignment, size_t size) {
    (void)to, (void)alignment, (void)size;
    return NO_MEMORY;
}

void free(void *memory) { (void)memory; }
