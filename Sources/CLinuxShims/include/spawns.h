// What glibc declares for _GNU_SOURCE alone, and what posix_spawn(3) has no attribute for.
#pragma once

#include <sys/types.h>

/// posix_spawn_file_actions_addclosefrom_np(3): the child closes `first` and all descriptors above it.
///
/// `actions` is a posix_spawn_file_actions_t; <spawn.h> here would take its types away from Glibc's module.
int martlet_spawn_close_from(void *actions, int first);

/// Starts a program in a process group of its own that the kernel kills with the thread that calls this (PR_SET_PDEATHSIG).
///
/// As posix_spawn(3) otherwise: `streams` become 0, 1 and 2, no other descriptor stays open, all signals have their defaults.
/// `arguments` and `environment` end with a null pointer. Returns the process's number, or -1 with errno when it couldn't be
/// started, also when the program couldn't be executed.
pid_t martlet_spawn_bound(
    const char *path, char *const arguments[], char *const environment[], const int streams[3]);
