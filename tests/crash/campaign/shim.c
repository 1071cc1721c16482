/* Stands between a process and its disk (LD_PRELOAD): writes down what it does there, or has one call of it fail.
 *
 * HOLDFAST_SHIM_BELOW   calls on paths that begin so are looked at; without it none are
 * HOLDFAST_SHIM_RECORD  a file: each such call that changed something, or synced it, is added with its bytes
 * HOLDFAST_SHIM_FAIL    "N EIO", "N ENOSPC": the N-th such call fails; "N SHORT": of a write half is written, and the next
 *                       one to that file finds no room; "N READ": the N-th reading fails with EIO
 * HOLDFAST_SHIM_FAILED  a file: which call that was is written to it
 * HOLDFAST_SHIM_BOOT    a file that is read in the place of the kernel's boot id
 *
 * A record is a line, "KIND inode number bytes-of-a bytes-of-b", then a and b (recorded.py reads it). The calls of all
 * threads stand one behind the other in it, for each holds a lock from before it begins until it is written down; an
 * outsider takes the same lock (flock on the record). Sockets, locks and SQLite's -shm are left out: they do not outlive
 * a process, or are made anew.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LONGEST (2 * PATH_MAX)
/* The C library's own function of this name, and what we call it by. */
#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

enum { GOES_ON, FAILS, HALF };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int record = -1, calls, readings, is_full;
static ino_t full;

static const char *set(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int really_open(const char *path, int flags) {
    REAL(int, open, const char *, int, ...);
    return real(path, flags | O_CLOEXEC, 0600);
}

static ssize_t really_writev(int file, const struct iovec *all, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    return real(file, all, count);
}

static int is_part(const char *path, const char *name) {
    const char *found = strstr(path, name);
    return found && (!found[strlen(name)] || found[strlen(name)] == '/');
}

static int is_ours(const char *path) {
    const char *below = set("HOLDFAST_SHIM_BELOW"), *ending = strrchr(path, '-');
    return !strncmp(path, below, strlen(below)) && !is_part(path, "/run") && !is_part(path, "/cookies") &&
           !(ending && !strcmp(ending, "-shm"));
}

/* Whether what is there is looked at; then path is the whole path of name in folder, or of the file folder itself. */
static int watched(int folder, const char *name, char *path) {
    char link[64];
    ssize_t length;
    int number, end = 0;
    if (!set("HOLDFAST_SHIM_BELOW")) return 0;
    if (name && sscanf(name, "/proc/self/fd/%d/%n", &number, &end) == 1 && end) {
        folder = number;
        name += end;
    }
    if (name && name[0] == '/') return snprintf(path, LONGEST, "%s", name) < LONGEST && is_ours(path);
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    if (name) snprintf(path + length, LONGEST - length, "/%s", name);
    return is_ours(path);
}

static void begin(void) {
    const char *name;
    pthread_mutex_lock(&lock);
    if (record < 0 && (name = set("HOLDFAST_SHIM_RECORD"))) {
        int file = really_open(name, O_WRONLY | O_APPEND | O_CREAT);
        record = fcntl(file, F_DUPFD_CLOEXEC, 900);
        close(file);
    }
    if (record >= 0) flock(record, LOCK_EX);
}

static void end(void) {
    int kept = errno;
    if (record >= 0) flock(record, LOCK_UN);
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static void note(char kind, ino_t inode, long number, const void *a, size_t a_bytes, const char *b) {
    char head[128];
    int kept = errno;
    size_t b_bytes = b ? strlen(b) : 0;
    if (record < 0) return;
    snprintf(head, sizeof head, "%c %lu %ld %zu %zu\n", kind, (unsigned long)inode, number, a_bytes, b_bytes);
    struct iovec all[] = {{head, strlen(head)}, {(void *)a, a_bytes}, {(void *)b, b_bytes}};
    if (really_writev(record, all, 3) < 0) abort();
    errno = kept;
}

static int due(const char *call, const char *path, int number, int is_reading, int is_write, ino_t inode) {
    const char *wanted = set("HOLDFAST_SHIM_FAIL"), *what, *said = set("HOLDFAST_SHIM_FAILED");
    int file, happens = FAILS;
    if (!wanted || atoi(wanted) != number) return GOES_ON;
    what = strchr(wanted, ' ') + 1;
    if (is_reading != !strcmp(what, "READ")) return GOES_ON;
    if (!strcmp(what, "SHORT")) {
        if (!is_write) return GOES_ON;
        happens = HALF;
        is_full = 1;
        full = inode;
    }
    if (said && (file = really_open(said, O_WRONLY | O_APPEND | O_CREAT)) >= 0) {
        dprintf(file, "%s %s %s\n", call, path, what);
        close(file);
    }
    errno = !strcmp(what, "ENOSPC") ? ENOSPC : EIO;
    return happens;
}

static int fate(const char *call, const char *path) { return due(call, path, ++calls, 0, 0, 0); }

static int fate_of_write(const char *call, const char *path, ino_t inode) {
    if (is_full && full == inode) {
        is_full = 0;
        errno = ENOSPC;
        return FAILS;
    }
    return due(call, path, ++calls, 0, 1, inode);
}

static struct stat looks(int folder, const char *name) {
    struct stat found = {0};
    int kept = errno;
    if (name ? fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) : fstat(folder, &found)) found.st_ino = 0;
    errno = kept;
    return found;
}

/* What is opened, and what is made by it. */

typedef int (*Opener)(int, const char *, int, ...);

static int opened(Opener real, int folder, const char *name, int flags, mode_t mode) {
    char path[LONGEST];
    const char *boot;
    struct stat before;
    int file;
    if ((boot = set("HOLDFAST_SHIM_BOOT")) && !strcmp(name, "/proc/sys/kernel/random/boot_id")) name = boot;
    if (!(flags & (O_CREAT | O_TRUNC)) || !watched(folder, name, path)) return real(folder, name, flags, mode);
    begin();
    before = looks(folder, name);
    if (before.st_ino && !((flags & O_TRUNC) && before.st_size)) {
        file = real(folder, name, flags, mode);
    } else if (fate("open", path)) {
        file = -1;
    } else if ((file = real(folder, name, flags, mode)) >= 0) {
        struct stat after = looks(file, NULL);
        if (before.st_ino) note('T', after.st_ino, 0, path, strlen(path), NULL);
        else note('C', after.st_ino, after.st_mode & 07777, path, strlen(path), NULL);
    }
    end();
    return file;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

static int through_openat(int folder, const char *name, int flags, ...) {
    REAL(int, openat, int, const char *, int, ...);
    MODE(flags)
    return real(folder, name, flags, mode);
}

int open(const char *name, int flags, ...) { MODE(flags) return opened(through_openat, AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return opened(through_openat, AT_FDCWD, name, flags, mode); }
int openat(int at, const char *name, int flags, ...) { MODE(flags) return opened(through_openat, at, name, flags, mode); }
int openat64(int at, const char *name, int flags, ...) { MODE(flags) return opened(through_openat, at, name, flags, mode); }

/* What is written, and read. */

static ssize_t written(int file, const void *bytes, size_t count, off_t where, const char *call) {
    REAL(ssize_t, write, int, const void *, size_t);
    static ssize_t (*real_at)(int, const void *, size_t, off_t);
    char path[LONGEST];
    ssize_t done;
    off_t start;
    int happens;
    struct stat before;
    if (!real_at) real_at = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    if (!watched(file, NULL, path)) return where < 0 ? real(file, bytes, count) : real_at(file, bytes, count, where);
    begin();
    before = looks(file, NULL);
    start = where >= 0 ? where : fcntl(file, F_GETFL) & O_APPEND ? before.st_size : lseek(file, 0, SEEK_CUR);
    happens = fate_of_write(call, path, before.st_ino);
    if (happens == HALF) count = (count + 1) / 2;
    if (happens == FAILS) done = -1;
    else done = where < 0 ? real(file, bytes, count) : real_at(file, bytes, count, where);
    if (done > 0) note('W', before.st_ino, start, bytes, done, path);
    end();
    return done;
}

ssize_t write(int file, const void *bytes, size_t count) { return written(file, bytes, count, -1, "write"); }
ssize_t pwrite(int file, const void *bytes, size_t count, off_t where) { return written(file, bytes, count, where, "pwrite"); }
ssize_t pwrite64(int file, const void *bytes, size_t count, off_t where) { return written(file, bytes, count, where, "pwrite"); }

static ssize_t gathered(int file, const struct iovec *all, int count, off_t where, const char *call) {
    char *joined;
    size_t size = 0;
    ssize_t done;
    for (int each = 0; each < count; each++) size += all[each].iov_len;
    joined = malloc(size + 1);
    size = 0;
    for (int each = 0; each < count; size += all[each++].iov_len) memcpy(joined + size, all[each].iov_base, all[each].iov_len);
    done = written(file, joined, size, where, call);
    free(joined);
    return done;
}

ssize_t writev(int file, const struct iovec *all, int count) {
    char path[LONGEST];
    return watched(file, NULL, path) ? gathered(file, all, count, -1, "writev") : really_writev(file, all, count);
}

ssize_t pwritev64v2(int file, const struct iovec *all, int count, off_t where, int flags) {
    REAL(ssize_t, pwritev64v2, int, const struct iovec *, int, off_t, int);
    char path[LONGEST];
    if (!watched(file, NULL, path)) return real(file, all, count, where, flags);
    return gathered(file, all, count, where, "pwritev");
}

ssize_t pwritev2(int file, const struct iovec *all, int count, off_t where, int flags) {
    return pwritev64v2(file, all, count, where, flags);
}

ssize_t pwritev64(int file, const struct iovec *all, int count, off_t where) {
    return pwritev64v2(file, all, count, where, 0);
}

static int reading_fails(int file) {
    char path[LONGEST];
    int happens;
    if (!set("HOLDFAST_SHIM_FAIL") || !watched(file, NULL, path)) return 0;
    begin();
    happens = due("read", path, ++readings, 1, 0, 0);
    end();
    return happens;
}

ssize_t read(int file, void *into, size_t count) {
    REAL(ssize_t, read, int, void *, size_t);
    return reading_fails(file) ? -1 : real(file, into, count);
}

ssize_t pread(int file, void *into, size_t count, off_t where) {
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    return reading_fails(file) ? -1 : real(file, into, count, where);
}

ssize_t pread64(int file, void *into, size_t count, off_t where) { return pread(file, into, count, where); }

/* How long files are. */

int ftruncate(int file, off_t size) {
    REAL(int, ftruncate, int, off_t);
    char path[LONGEST];
    int done;
    if (!watched(file, NULL, path)) return real(file, size);
    begin();
    done = fate("ftruncate", path) ? -1 : real(file, size);
    if (!done) note('T', looks(file, NULL).st_ino, size, path, strlen(path), NULL);
    end();
    return done;
}

int ftruncate64(int file, off_t size) { return ftruncate(file, size); }

int posix_fallocate(int file, off_t start, off_t count) {
    REAL(int, posix_fallocate, int, off_t, off_t);
    char path[LONGEST];
    struct stat before;
    int problem;
    if (!watched(file, NULL, path)) return real(file, start, count);
    begin();
    before = looks(file, NULL);
    problem = fate("fallocate", path) ? errno : real(file, start, count);
    if (!problem && start + count > before.st_size) note('T', before.st_ino, start + count, path, strlen(path), NULL);
    end();
    return problem;
}

int posix_fallocate64(int file, off_t start, off_t count) { return posix_fallocate(file, start, count); }

/* What is synced. */

typedef int (*Sync)(int);

static int synced(Sync real, int file, char kind, const char *call) {
    char path[LONGEST];
    struct stat found;
    int done;
    if (!watched(file, NULL, path)) return real(file);
    begin();
    found = looks(file, NULL);
    done = fate(call, path) ? -1 : real(file);
    if (!done) note(kind == 'S' && S_ISDIR(found.st_mode) ? 'D' : kind, found.st_ino, 0, path, strlen(path), NULL);
    end();
    return done;
}

int fsync(int file) {
    REAL(int, fsync, int);
    return synced(real, file, 'S', "fsync");
}

int fdatasync(int file) {
    REAL(int, fdatasync, int);
    return synced(real, file, 'S', "fdatasync");
}

int syncfs(int file) {
    REAL(int, syncfs, int);
    return synced(real, file, 'Y', "syncfs");
}

/* Names. */

static int renamed(int from, const char *old, int to, const char *new, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    char old_path[LONGEST], new_path[LONGEST];
    int is_from = watched(from, old, old_path), is_to = watched(to, new, new_path), done;
    struct stat moved;
    if (!is_from && !is_to) return real(from, old, to, new, flags);
    begin();
    moved = looks(from, old);
    done = fate("rename", new_path) ? -1 : real(from, old, to, new, flags);
    if (!done) note(flags & RENAME_EXCHANGE ? 'E' : 'R', moved.st_ino, 0, old_path, strlen(old_path), new_path);
    end();
    return done;
}

int rename(const char *old, const char *new) { return renamed(AT_FDCWD, old, AT_FDCWD, new, 0); }
int renameat(int from, const char *old, int to, const char *new) { return renamed(from, old, to, new, 0); }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) { return renamed(from, old, to, new, flags); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    char path[LONGEST];
    int done;
    if (!watched(to, new, path)) return real(from, old, to, new, flags);
    begin();
    done = fate("link", path) ? -1 : real(from, old, to, new, flags);
    if (!done) note('L', looks(to, new).st_ino, 0, path, strlen(path), NULL);
    end();
    return done;
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int unlinkat(int folder, const char *name, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    char path[LONGEST];
    struct stat gone;
    int done;
    if (!watched(folder, name, path) || !looks(folder, name).st_ino) return real(folder, name, flags);
    begin();
    gone = looks(folder, name);
    done = fate("unlink", path) ? -1 : real(folder, name, flags);
    if (!done) note(flags & AT_REMOVEDIR ? 'X' : 'U', gone.st_ino, 0, path, strlen(path), NULL);
    end();
    return done;
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int folder, const char *name, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    char path[LONGEST];
    struct stat made;
    int done;
    if (!watched(folder, name, path) || looks(folder, name).st_ino) return real(folder, name, mode);
    begin();
    done = fate("mkdir", path) ? -1 : real(folder, name, mode);
    made = looks(folder, name);
    if (!done) note('M', made.st_ino, made.st_mode & 07777, path, strlen(path), NULL);
    end();
    return done;
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }
