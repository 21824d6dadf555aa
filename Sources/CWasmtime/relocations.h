// The engine's library takes 400 kB of every process that loaded it itself: tables of addresses, which the loader wrote when
// it knew where the library is. A process that waits can throw them away and write them again.
#pragma once

#include <stdbool.h>

/// The tables are another process's, too (the one that was forked from): they stay as they are in it and in its children.
void martlet_engine_tables_keep(void);

/// Gives the tables' pages back to the system. False: nothing has happened. Until `martlet_engine_tables_restore` nobody may
/// call a function of the library.
bool martlet_engine_tables_forget(void);

/// Writes the tables again. Ends the process if it can't.
void martlet_engine_tables_restore(void);

/// Whether compiled code stands in memory as in its file: on processors that lack what guests' arithmetic is made of, the
/// engine writes addresses of its own functions into it.
bool martlet_engine_code_is_clean(void);
