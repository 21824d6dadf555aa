// A TCP client on WasmEdge's socket extension, which adds to preview 1 what it lacks: a guest that connects by itself.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

enum { family_inet4 = 1, type_stream = 2 };

struct address {
    const uint8_t *bytes;
    uint32_t count;
};

IMPORT("sock_open") uint32_t extension_open(uint32_t family, uint32_t type, uint32_t *descriptor);
IMPORT("sock_connect") uint32_t extension_connect(uint32_t descriptor, struct address *address, uint32_t port);

// A refusal by policy has an exit code of its own.
static int failed(const char *step, uint32_t error) {
    int refused = error == __WASI_ERRNO_ACCES || error == __WASI_ERRNO_PERM;
    printf("%s: %s\n", step, refused ? "not granted" : strerror((int)error));
    return refused ? 3 : 1;
}

int main(int argc, char **argv) {
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    if (argc != 2) {
        fprintf(stderr, "usage: wasmedge-sockets PORT\n");
        return 2;
    }
    uint32_t descriptor, error;
    if ((error = extension_open(family_inet4, type_stream, &descriptor)) != 0) {
        return failed("open", error);
    }
    struct address address = {loopback, sizeof loopback};
    error = extension_connect(descriptor, &address, (uint32_t)atoi(argv[1]));
    if (error != 0) {
        return failed("connect", error);
    }

    __wasi_ciovec_t question = {(const uint8_t *)"ping\n", 5};
    __wasi_size_t sent;
    if ((error = __wasi_sock_send((int)descriptor, &question, 1, 0, &sent)) != 0) {
        return failed("send", error);
    }
    uint8_t answer[64];
    __wasi_iovec_t buffer = {answer, sizeof answer};
    __wasi_size_t received;
    __wasi_roflags_t flags;
    if ((error = __wasi_sock_recv((int)descriptor, &buffer, 1, 0, &received, &flags)) != 0) {
        return failed("receive", error);
    }
    printf("answer: %.*s", (int)received, answer);
    return 0;
}
