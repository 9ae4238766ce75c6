/* Reads a policy table for the tests.
 *
 *   table_reader look MAPPING        answers the questions on its standard input, from a copy that
 * ends where the process's memory does table_reader race MAPPING COUNT  looks the questions up over
 * and over, COUNT times each, and prints how often each verdict came: GRANTED IMPOSSIBLE ASK
 * table_reader time MAPPING COUNT likewise, and prints the nanoseconds of one look-up table_reader
 * corrupt MAPPING COUNT SEED looks the questions up in COUNT damaged copies, each of which ends
 * where the process's memory does
 *
 * A question is a byte for the action (0 read, 1 write), two for the path's length, low first, and
 * the path. An answer is a letter for the verdict: g, i or a. Before the answers come the table's
 * generation and whether it is final. */
#include "../../shim/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAXIMUM_QUESTIONS = 100000 };

struct question {
    bool write;
    size_t length;
    char *path;
};

static struct question questions[MAXIMUM_QUESTIONS];
static size_t question_count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void read_questions(void) {
    unsigned char head[3];
    while (fread(head, sizeof(head), 1, stdin) == 1) {
        if (question_count == MAXIMUM_QUESTIONS)
            fail("too many questions");
        struct question *question = &questions[question_count++];
        question->write = head[0] != 0;
        question->length = (size_t)head[1] | (size_t)head[2] << 8;
        /* Of the exact size, so that a sanitizer sees a step beyond the end. */
        question->path = malloc(question->length + (question->length == 0));
        if (question->path == NULL)
            fail("malloc");
        if (question->length > 0 && fread(question->path, question->length, 1, stdin) != 1)
            fail("fread");
    }
}

static const void *map_file(const char *file, size_t *size) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        fail(file);
    *size = (size_t)status.st_size;
    const void *map = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        fail("mmap");
    close(fd);
    return map;
}

static enum verdict ask(const void *map, size_t size, const struct question *question) {
    return table_lookup(map, size, question->path, question->length, question->write);
}

static void repeat(const void *map, size_t size, long count, bool is_timed) {
    unsigned long verdicts[3] = {0};
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long round = 0; round < count; round++)
        for (size_t at = 0; at < question_count; at++)
            verdicts[ask(map, size, &questions[at])]++;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double nanoseconds =
        (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    if (is_timed)
        printf("%.1f\n", nanoseconds / (double)count / (double)question_count);
    else
        printf("%lu %lu %lu\n", verdicts[0], verdicts[1], verdicts[2]);
}

/* Small, even and huge numbers, and single bits, find more than random bytes do. */
static void damage(unsigned char *copy, size_t size) {
    static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    for (int changes = 1 + rand() % 4; changes > 0; changes--) {
        size_t reach = rand() % 2 ? size : (size < 256 ? size : 256);
        uint32_t value = values[(size_t)rand() % (sizeof(values) / sizeof(*values))];
        size_t at = (size_t)rand() % reach;
        if (rand() % 3 == 0 || reach < 8)
            copy[at] ^= (unsigned char)(1 << rand() % 8);
        else
            memcpy(copy + ((size_t)rand() % (reach / 4)) * 4, &value, sizeof(value));
    }
}

/* Gives the end of writable memory of at least `size` bytes: one byte further nobody may read. */
static unsigned char *end_of_memory(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    unsigned char *area =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || mprotect(area + room, page, PROT_NONE) < 0)
        fail("mmap");
    return area + room;
}

static void look(const void *map, size_t size) {
    const void *copy = memcpy(end_of_memory(size) - size, map, size);
    printf("%u %d\n", table_generation(copy, size), table_is_final(copy, size));
    for (size_t at = 0; at < question_count; at++)
        putchar("gia"[ask(copy, size, &questions[at])]);
    putchar('\n');
}

static void corrupt(const void *map, size_t size, long count, unsigned int seed) {
    unsigned char *end = end_of_memory(size);
    srand(seed);
    for (long round = 0; round < count; round++) {
        /* Cut short at times, but still aligned. */
        size_t kept = rand() % 4 ? size : (size_t)rand() % (size / 4 + 1) * 4;
        unsigned char *copy = memcpy(end - kept, map, kept);
        if (kept > 0)
            damage(copy, kept);
        for (size_t at = 0; at < question_count; at++)
            (void)ask(copy, kept, &questions[at]);
        (void)table_is_final(copy, kept);
        (void)table_generation(copy, kept);
    }
    puts("survived");
}

int main(int count, char **words) {
    if (count < 3)
        return 2;
    size_t size = 0;
    const void *map = map_file(words[2], &size);
    read_questions();
    long rounds = count > 3 ? atol(words[3]) : 0;
    if (strcmp(words[1], "look") == 0)
        look(map, size);
    else if (strcmp(words[1], "race") == 0)
        repeat(map, size, rounds, false);
    else if (strcmp(words[1], "time") == 0)
        repeat(map, size, rounds, true);
    else if (strcmp(words[1], "corrupt") == 0 && count > 4)
        corrupt(map, size, rounds, (unsigned int)atol(words[4]));
    else
        return 2;
    return 0;
}
