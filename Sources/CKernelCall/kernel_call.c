#include "kernel_call.h"
