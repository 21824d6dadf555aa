// The part of wasi-libc that the guest calls.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
