/* Records what a process does to files below $RECORD_ROOT, in $RECORD_LOG; see replay.py for the format. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int log_fd = -1;
static const char *root;
static char watched[4096];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RECORD_LOG");
    root = getenv("RECORD_ROOT");
    if (path && root) log_fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

static void put(char op, uint32_t a, uint32_t b, const void *data, uint32_t size) {
    if (log_fd < 0) return;
    __typeof__(&write) real = REAL(write);
    char *record = malloc(13 + (size_t)size);
    record[0] = op;
    memcpy(record + 1, &a, 4);
    memcpy(record + 5, &b, 4);
    memcpy(record + 9, &size, 4);
    if (size) memcpy(record + 13, data, size);
    if (real(log_fd, record, 13 + (size_t)size) < 0) abort();
    free(record);
}

static int ours(const char *path) { return root && path && strncmp(path, root, strlen(root)) == 0; }
static int known(int fd) { return fd >= 0 && fd < 4096 && watched[fd]; }

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < 4096 && ours(path)) {
        watched[fd] = 1;
        put('O', (uint32_t)fd, (uint32_t)((flags & O_CREAT ? 1 : 0) | (flags & O_TRUNC ? 2 : 0)), path, strlen(path));
    }
    return fd;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;                                                      \
        va_end(list);                                                                                                  \
        return opened(REAL(name)(path, flags, mode), path, flags);                                                     \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
    int name(int at, const char *path, int flags, ...) {                                                               \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;                                                      \
        va_end(list);                                                                                                  \
        return opened(REAL(name)(at, path, flags, mode), path, flags);                                                 \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t done = REAL(write)(fd, data, size);
    if (done > 0 && known(fd)) put('W', (uint32_t)fd, 0, data, (uint32_t)done);
    return done;
}

/* Ways of writing that the program does not use: seen here, they would be missing from the replay. */
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    if (known(fd)) put('?', (uint32_t)fd, 0, "pwrite", 6);
    return REAL(pwrite64)(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (known(fd)) put('?', (uint32_t)fd, 0, "writev", 6);
    return REAL(writev)(fd, parts, count);
}
int ftruncate64(int fd, off64_t size) {
    if (known(fd)) put('?', (uint32_t)fd, 0, "ftruncate", 9);
    return REAL(ftruncate64)(fd, size);
}

int fsync(int fd) {
    int result = REAL(fsync)(fd);
    if (result == 0 && known(fd)) put('S', (uint32_t)fd, 0, "", 0);
    return result;
}

int close(int fd) {
    if (known(fd)) {
        watched[fd] = 0;
        put('C', (uint32_t)fd, 0, "", 0);
    }
    return REAL(close)(fd);
}

int rename(const char *from, const char *to) {
    int result = REAL(rename)(from, to);
    if (result == 0 && ours(to)) {
        char both[8192];
        size_t n = strlen(from), m = strlen(to);
        memcpy(both, from, n);
        both[n] = 0;
        memcpy(both + n + 1, to, m);
        put('R', 0, 0, both, (uint32_t)(n + 1 + m));
    }
    return result;
}

int unlink(const char *path) {
    int result = REAL(unlink)(path);
    if (result == 0 && ours(path)) put('U', 0, 0, path, strlen(path));
    return result;
}

int mkdir(const char *path, mode_t mode) {
    int result = REAL(mkdir)(path, mode);
    if (result == 0 && ours(path)) put('M', 0, 0, path, strlen(path));
    return result;
}
