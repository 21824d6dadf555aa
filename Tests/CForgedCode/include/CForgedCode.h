// What native code would try that a hostile module forged: raw system calls, as an attacker makes them.
#pragma once

/// Makes the attempt of this name. 0: it worked; otherwise the error number. -1: there is no attempt of this name.
/// An attempt that is answered by a signal doesn't return.
int forged_attempt(const char *name);

/// The names, ended by a null pointer.
const char *const *forged_attempts(void);
