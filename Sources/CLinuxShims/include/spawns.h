// What glibc declares for _GNU_SOURCE alone.
#pragma once

/// posix_spawn_file_actions_addclosefrom_np(3): the child closes `first` and all descriptors above it.
///
/// `actions` is a posix_spawn_file_actions_t; <spawn.h> here would take its types away from Glibc's module.
int martlet_spawn_close_from(void *actions, int first);
