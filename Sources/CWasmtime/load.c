#define _GNU_SOURCE
#include "load.h"

#include "functions.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

// One after the other, so that the table needs no relocations.
#define NAME(name) #name "\0"
static const char names[] = MARTLET_ENGINE_FUNCTIONS(NAME);

#define ONE(name) +1
enum { COUNT = 0 MARTLET_ENGINE_FUNCTIONS(ONE) };

// Where each function is, in the order of the names; read by stubs.S. It has pages of its own, which are read-only once the
// library is loaded, as the loader's own tables are.
enum { PAGE = 1 << 16 };
__attribute__((visibility("hidden"), aligned(PAGE))) void *martlet_engine_functions[PAGE / sizeof(void *)];
_Static_assert(COUNT <= PAGE / sizeof(void *), "the table of functions has to grow");

// What the loader said when it failed; null once the library is there.
static const char *failure;

static void load(void) {
    // The loader puts the program's folder in the place of $ORIGIN, and searches nowhere else.
    void *library = dlopen("$ORIGIN/../lib/martlet/libwasmtime.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libwasmtime.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = dlerror();
        return;
    }
    void **slot = martlet_engine_functions;
    for (const char *name = names; *name; name += strlen(name) + 1) {
        *slot = dlsym(library, name);
        if (!*slot++) {
            failure = dlerror();
            return;
        }
    }
    // Without the protection everything works as well.
    (void)mprotect(martlet_engine_functions, sizeof martlet_engine_functions, PROT_READ);
}

const char *martlet_engine_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return failure;
}

// Called by stubs.S.
__attribute__((visibility("hidden"))) void martlet_engine_load_or_end(void) {
    const char *reason = martlet_engine_load();
    if (!reason) return;
    struct iovec parts[] = {{"martlet: ", 9}, {(void *)reason, strlen(reason)}, {"\n", 1}};
    // With the stream gone there is nobody to tell.
    if (writev(2, parts, 3) < 0) _exit(125);
    _exit(125);
}
