#define _GNU_SOURCE
#include "shim.h"
#include "syscall.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>

enum {
    SCRIPT_HEAD = 256,   /* as much as the kernel reads */
    MAXIMUM_SCRIPTS = 5, /* an interpreter may itself be a script, so often */
    MAXIMUM_SEGMENTS = 64,
};

static bool is_blank(char character) { return character == ' ' || character == '\t'; }

bool interpreter_of_script(const char *text, size_t size, char *name) {
    size_t at = 2;
    size_t length = 0;
    if (size < 3 || text[0] != '#' || text[1] != '!')
        return false;
    while (at < size && is_blank(text[at]))
        at++;
    while (at < size && !is_blank(text[at]) && text[at] != '\n' && text[at] != '\0')
        name[length++] = text[at++];
    if (length == 0 || at == size) /* a name that was cut off is none */
        return false;
    name[length] = '\0';
    return true;
}

/* Reads the name of the dynamic loader out of a 64-bit ELF file of this machine's byte order. */
static bool loader_of_program(int descriptor, const char *head, size_t size, char *name) {
    Elf64_Ehdr header;
    if (size < sizeof header || memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_CLASS] != ELFCLASS64)
        return false;
    memcpy(&header, head, sizeof header);
    if (header.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (unsigned index = 0; index < header.e_phnum && index < MAXIMUM_SEGMENTS; index++) {
        Elf64_Phdr segment;
        const uint64_t offset = header.e_phoff + (uint64_t)index * sizeof segment;
        if (raw_pread(descriptor, &segment, sizeof segment, offset) != sizeof segment)
            return false;
        if (segment.p_type != PT_INTERP)
            continue;
        if (segment.p_filesz < 2 || segment.p_filesz > SCRIPT_HEAD ||
            raw_pread(descriptor, name, segment.p_filesz, segment.p_offset) !=
                (long)segment.p_filesz)
            return false;
        return name[segment.p_filesz - 1] == '\0';
    }
    return false;
}

/* Reads what the kernel opens for a program. Returns false if it opens nothing else. */
static bool read_interpreter(int directory, const char *path, char name[SCRIPT_HEAD]) {
    char head[SCRIPT_HEAD];
    const long descriptor = raw_openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    const long size = raw_read((int)descriptor, head, sizeof head);
    const bool is_found =
        size > 0 && (interpreter_of_script(head, (size_t)size, name) ||
                     loader_of_program((int)descriptor, head, (size_t)size, name));
    raw_close((int)descriptor);
    return is_found;
}

bool interpreter_ask(int directory, const char *path) {
    char name[SCRIPT_HEAD];
    bool is_granted = false;
    if (shim_mode() != MODE_ON || !shim_may_speak())
        return false;
    for (int depth = 0; depth < MAXIMUM_SCRIPTS; depth++) {
        if (!read_interpreter(directory, path, name))
            break;
        is_granted |= look_through(AT_FDCWD, name, ACCESS_READ);
        directory = AT_FDCWD;
        path = name;
    }
    return is_granted;
}
