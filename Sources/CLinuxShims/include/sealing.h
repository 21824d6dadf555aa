// What it takes to run a program from a file that nobody can write to.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

/// 1 when the file lies on a mount that can't be written, 0 when it does not.
int martlet_mount_is_read_only(const char *path);

/// A file in memory that may be sealed and executed, closed on exec; sealing it for good; 1 when a file is sealed so.
int martlet_memory_file(const char *name);
int martlet_memory_file_seal(int descriptor);
int martlet_memory_file_is_sealed(int descriptor);
