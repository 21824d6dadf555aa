// The engine's library is loaded when the first of its functions is called, and not before main: a verb that runs no guest
// would pay 0.9 ms for it, nearly all of it the loader's 26,000 relocations.
#pragma once

#include <stddef.h>

/// Loads the library if it isn't loaded yet: from `../lib/martlet` of the program's own folder, else from where the loader
/// looks. Returns null, or what the loader said. The other functions do this themselves; it is for who wants an error
/// instead of the end of the process. (Weak: a build that links the library itself has no need of it.)
__attribute__((weak)) const char *martlet_engine_load(void);

static inline const char *martlet_engine_problem(void) { return martlet_engine_load ? martlet_engine_load() : NULL; }
