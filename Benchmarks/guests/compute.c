// Three kernels without system calls, timed from the inside: prints `NAME MILLISECONDS CHECKSUM` for each.
//
// sha256: 32-bit integers and rotations over memory; mandelbrot: double precision; table: hashing and sorting with
// branches and random access. The same source is compiled to WebAssembly and natively; the checksums must agree.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

// SHA-256 (FIPS 180-4), whole blocks only.

static uint32_t constants[64];

static uint32_t rotate(uint32_t value, int count) { return value >> count | value << (32 - count); }

// The constants are the fractional parts of the cube roots of the first 64 primes.
static void make_constants(void) {
    int found = 0;
    for (uint64_t candidate = 2; found < 64; candidate++) {
        int prime = 1;
        for (uint64_t divisor = 2; divisor * divisor <= candidate; divisor++) {
            prime &= candidate % divisor != 0;
        }
        if (!prime) {
            continue;
        }
        // The largest root with root^3 <= candidate * 2^96, found bit by bit.
        unsigned __int128 root = 0;
        for (int bit = 35; bit >= 0; bit--) {
            unsigned __int128 next = root | (unsigned __int128)1 << bit;
            if (next * next * next <= (unsigned __int128)candidate << 96) {
                root = next;
            }
        }
        constants[found++] = (uint32_t)root;
    }
}

static void sha256_block(uint32_t state[8], const uint8_t *block) {
    uint32_t schedule[64];
    for (int index = 0; index < 16; index++) {
        const uint8_t *word = block + 4 * index;
        schedule[index] = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
    }
    for (int index = 16; index < 64; index++) {
        uint32_t low = schedule[index - 15], high = schedule[index - 2];
        schedule[index] = schedule[index - 16] + (rotate(low, 7) ^ rotate(low, 18) ^ low >> 3) +
                          schedule[index - 7] + (rotate(high, 17) ^ rotate(high, 19) ^ high >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int index = 0; index < 64; index++) {
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                         constants[index] + schedule[index];
        uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static uint64_t sha256_kernel(void) {
    static uint8_t data[1 << 20];
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (size_t index = 0; index < sizeof data; index++) {
        data[index] = (uint8_t)(index * 31 + index / 255);
    }
    for (int round = 0; round < 48; round++) {
        for (size_t offset = 0; offset < sizeof data; offset += 64) {
            sha256_block(state, data + offset);
        }
    }
    return (uint64_t)state[0] << 32 | state[7];
}

static uint64_t mandelbrot_kernel(void) {
    enum { size = 512, limit = 200 };
    uint64_t total = 0;
    for (int row = 0; row < size; row++) {
        for (int column = 0; column < size; column++) {
            double real = 3.0 * column / size - 2.0, imaginary = 2.0 * row / size - 1.0, x = 0, y = 0;
            int step = 0;
            while (step < limit && x * x + y * y <= 4.0) {
                double next = x * x - y * y + real;
                y = 2.0 * x * y + imaginary;
                x = next;
                step++;
            }
            total = total * 31 + (uint64_t)step;
        }
    }
    return total;
}

enum { table_size = 1 << 18, key_count = 1 << 17 };

static uint32_t random_state = 12345;

static uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

static void sort(uint32_t *values, long count) {
    while (count > 16) {
        uint32_t pivot = values[count / 2];
        long left = 0, right = count - 1;
        while (left <= right) {
            while (values[left] < pivot) {
                left++;
            }
            while (values[right] > pivot) {
                right--;
            }
            if (left <= right) {
                uint32_t other = values[left];
                values[left++] = values[right];
                values[right--] = other;
            }
        }
        sort(values, right + 1);
        values += left;
        count -= left;
    }
    for (long index = 1; index < count; index++) {
        uint32_t value = values[index];
        long place = index;
        for (; place > 0 && values[place - 1] > value; place--) {
            values[place] = values[place - 1];
        }
        values[place] = value;
    }
}

// Counts pseudo-random keys in an open-addressing table, then sorts the counts with their keys.
static uint64_t table_kernel(void) {
    static uint32_t keys[table_size], counts[table_size], sorted[table_size];
    uint64_t checksum = 0;
    for (int round = 0; round < 6; round++) {
        memset(keys, 0, sizeof keys);
        memset(counts, 0, sizeof counts);
        for (int index = 0; index < 4 * key_count; index++) {
            uint32_t key = next_random() % key_count + 1;
            uint32_t slot = key * 2654435761u >> 14;
            while (keys[slot] != 0 && keys[slot] != key) {
                slot = (slot + 1) % table_size;
            }
            keys[slot] = key;
            counts[slot]++;
        }
        long count = 0;
        for (int slot = 0; slot < table_size; slot++) {
            if (counts[slot] != 0) {
                sorted[count++] = counts[slot] << 20 ^ keys[slot];
            }
        }
        sort(sorted, count);
        for (long index = 0; index < count; index++) {
            checksum = checksum * 1099511628211u + sorted[index];
        }
    }
    return checksum;
}

// The fastest of three: what the kernel costs when nothing else runs.
static void measure(const char *name, uint64_t (*kernel)(void)) {
    double best = 1e18;
    uint64_t checksum = 0;
    for (int part = 0; part < 3; part++) {
        double start = now();
        checksum = checksum * 31 + kernel();
        double elapsed = now() - start;
        best = elapsed < best ? elapsed : best;
    }
    printf("%s %.3f %016llx\n", name, best, (unsigned long long)checksum);
}

int main(void) {
    make_constants();
    measure("sha256", sha256_kernel);
    measure("mandelbrot", mandelbrot_kernel);
    measure("table", table_kernel);
    return 0;
}
