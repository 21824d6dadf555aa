// libarchive, as Debian packages it (libarchive-dev). Only the target Archive imports this.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

// libarchive turns the UTF-8 names of extended headers into the character set of the calling thread's locale, and in the
// C locale says of every name beyond ASCII that it can't. These lend the thread a UTF-8 locale for the one call.

static inline void *martlet_archive_locale(void) { return (void *)newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

static inline void martlet_archive_free_locale(void *locale) { freelocale((locale_t)locale); }

static inline int martlet_archive_next_header(struct archive *a, struct archive_entry **entry, void *locale) {
    locale_t before = uselocale((locale_t)locale);
    // The library takes an ENOMEM that somebody else left here for its own: a good archive would be refused.
    errno = 0;
    int status = archive_read_next_header(a, entry);
    uselocale(before);
    return status;
}

static inline int martlet_archive_write_header(struct archive *a, struct archive_entry *entry, void *locale) {
    locale_t before = uselocale((locale_t)locale);
    errno = 0;
    int status = archive_write_header(a, entry);
    uselocale(before);
    return status;
}

/// The bytes of a name before its zero.
static inline size_t martlet_archive_length(const char *name) { return strlen(name); }
