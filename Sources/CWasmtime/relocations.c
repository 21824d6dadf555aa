#define _GNU_SOURCE
#include "relocations.h"

#include "functions.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { RELATIVE = R_X86_64_RELATIVE };
#elif defined(__aarch64__)
enum { RELATIVE = R_AARCH64_RELATIVE };
#endif

// Pages of tables; a library that has more keeps them all.
enum { PAGES = 1024 };

__attribute__((visibility("hidden"))) extern void *martlet_engine_functions[];

static struct {
    bool is_known, is_kept;
    uintptr_t base, start, end, page;
    const ElfW(Rela) *relocations;
    size_t count;
    // Pages in which something else stands than the library's base plus a number of the relocation.
    bool stays[PAGES];
} tables;

static uintptr_t page_of(uintptr_t address) { return address & -tables.page; }

static void keep(uintptr_t start, uintptr_t length) {
    for (uintptr_t page = page_of(start); length && page < start + length; page += tables.page)
        if (page >= tables.start && page < tables.end) tables.stays[(page - tables.start) / tables.page] = true;
}

// The loader may have made addresses of the offsets in its list.
static uintptr_t address_of(const ElfW(Dyn) *entry) {
    uintptr_t value = entry->d_un.d_ptr;
    return value < tables.base ? value + tables.base : value;
}

static void keep_all_others(const ElfW(Rela) *relocations, size_t bytes) {
    for (size_t index = 0; relocations && index < bytes / sizeof *relocations; index++) {
        const ElfW(Rela) *one = &relocations[index];
        uintptr_t place = tables.base + one->r_offset;
        if (ELF64_R_TYPE(one->r_info) != RELATIVE || place % sizeof place) keep(place, sizeof place);
    }
}

static bool read_list(const ElfW(Dyn) *list) {
    const ElfW(Rela) *others = NULL;
    size_t bytes = 0, other_bytes = 0;
    for (; list->d_tag != DT_NULL; list++) {
        switch (list->d_tag) {
        case DT_RELA: tables.relocations = (const ElfW(Rela) *)address_of(list); break;
        case DT_RELASZ: bytes = list->d_un.d_val; break;
        case DT_JMPREL: others = (const ElfW(Rela) *)address_of(list); break;
        case DT_PLTRELSZ: other_bytes = list->d_un.d_val; break;
        // Relocations of forms that aren't understood here.
        case DT_RELR: case DT_REL: case DT_TEXTREL: return false;
        default: break;
        }
    }
    tables.count = bytes / sizeof *tables.relocations;
    keep_all_others(tables.relocations, bytes);
    keep_all_others(others, other_bytes);
    return tables.relocations;
}

static int look_at(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size, (void)context;
    const ElfW(Phdr) *dynamic = NULL, *constant = NULL, *last = object->dlpi_phdr + object->dlpi_phnum;
    uintptr_t function = (uintptr_t)martlet_engine_functions[0];
    bool is_library = false;
    for (const ElfW(Phdr) *part = object->dlpi_phdr; part < last; part++) {
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && function >= start && function - start < part->p_memsz) is_library = true;
        if (part->p_type == PT_DYNAMIC) dynamic = part;
        if (part->p_type == PT_GNU_RELRO) constant = part;
    }
    if (!is_library) return 0;
    if (!dynamic || !constant) return 1;
    tables.base = object->dlpi_addr;
    tables.start = page_of(tables.base + constant->p_vaddr + tables.page - 1);
    tables.end = page_of(tables.base + constant->p_vaddr + constant->p_memsz);
    if (tables.end <= tables.start || (tables.end - tables.start) / tables.page > PAGES) return 1;
    keep(tables.base + dynamic->p_vaddr, dynamic->p_memsz);
    tables.is_known = read_list((const ElfW(Dyn) *)(tables.base + dynamic->p_vaddr));
    return 1;
}

static bool protect(int protection) {
    return mprotect((void *)tables.start, tables.end - tables.start, protection) == 0;
}

void martlet_engine_tables_keep(void) { tables.is_kept = true; }

bool martlet_engine_tables_forget(void) {
    if (tables.is_kept || !martlet_engine_functions[0]) return false;
    if (!tables.page) {
        tables.page = (uintptr_t)sysconf(_SC_PAGESIZE);
        (void)dl_iterate_phdr(look_at, NULL);
    }
    // What will be needed for the way back is tried before there is no other way.
    if (!tables.is_known || !protect(PROT_READ | PROT_WRITE) || !protect(PROT_READ)) return false;
    bool has_begun = false;
    for (uintptr_t page = tables.start; page < tables.end;) {
        uintptr_t end = page;
        while (end < tables.end && !tables.stays[(end - tables.start) / tables.page]) end += tables.page;
        // A page that isn't given back is written again like the others.
        if (end > page && madvise((void *)page, end - page, MADV_DONTNEED) == 0) has_begun = true;
        page = end + tables.page;
    }
    return has_begun;
}

void martlet_engine_tables_restore(void) {
    if (!protect(PROT_READ | PROT_WRITE)) _exit(125);
    for (size_t index = 0; index < tables.count; index++) {
        const ElfW(Rela) *one = &tables.relocations[index];
        uintptr_t place = tables.base + one->r_offset;
        if (place < tables.start || place >= tables.end) continue;
        if (!tables.stays[(place - tables.start) / tables.page]) *(uintptr_t *)place = tables.base + (uintptr_t)one->r_addend;
    }
    if (!protect(PROT_READ)) _exit(125);
}

bool martlet_engine_code_is_clean(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}
