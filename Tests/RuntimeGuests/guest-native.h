// What only a native guest is asked: everything about its process. Included by guest.c.
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

static int descriptors(void) {
    for (int number = 0; number < 4096; number++) {
        char name[64], target[4096];
        snprintf(name, sizeof name, "/proc/self/fd/%d", number);
        ssize_t length = fcntl(number, F_GETFD) < 0 ? -1 : readlink(name, target, sizeof target);
        if (length >= 0) printf("%d %.*s\n", number, (int)length, target);
    }
    return 0;
}

static int identity(void) {
    gid_t groups[64];
    int count = getgroups(64, groups);
    mode_t mask = umask(0);
    umask(mask);
    printf("%u %u %03o", getuid(), getgid(), mask);
    for (int index = 0; index < count; index++) printf(" %u", groups[index]);
    return say("") < 0;
}

// Opens the program of every process that is seen, for writing, in each way; prints the ones that could be opened.
static int writePrograms(void) {
    int flags[] = {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_RDWR | O_APPEND}, self = getpid(), found = 0;
    DIR *processes = opendir("/proc");
    if (!processes) return errno;
    for (struct dirent *entry; (entry = readdir(processes));) {
        char name[300], target[4096];
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || atoi(entry->d_name) == self) continue;
        snprintf(name, sizeof name, "/proc/%s/exe", entry->d_name);
        ssize_t length = readlink(name, target, sizeof target - 1);
        if (length < 0) continue;
        target[length] = 0;
        printf("seen %s\n", target), found++;
        for (unsigned index = 0; index < sizeof flags / sizeof *flags; index++)
            if (open(name, flags[index]) >= 0 && strcmp(target, "/guest")) printf("WRITABLE %s %s\n", name, target);
    }
    printf("%d seen\n", found);
    return 0;
}

static void answer(int number) {
    printf("signal %d\n", number);
    fflush(stdout);
    _exit(40 + number);
}

static void answerSignals(void) {
    for (int number = 1; number < 32; number++) signal(number, answer);
    rest();
}

static int listenAbstract(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) return errno;
    if (listen(listener, 1)) return errno;
    rest();
}

// Writes over whatever program starts it anew, over and over: how a container that is entered attacks the runtime.
static int attackEntering(void) {
    say("ready");
    for (int turn = 0; turn < 2000000; turn++)
        for (int process = 2; process < 40; process++) {
            char name[64], target[4096] = "";
            snprintf(name, sizeof name, "/proc/%d/exe", process);
            if (process == getpid() || readlink(name, target, sizeof target - 1) < 0) continue;
            int file = open(name, O_RDWR);
            if (file >= 0 && strcmp(target, "/guest")) printf("WRITABLE %s\n", target), fflush(stdout);
            if (file >= 0) close(file);
        }
    return 0;
}

// Takes descriptors of every process that comes here, as soon as it is there.
_Noreturn static void steal(void) {
    int next = getpid() + 1;
    say("ready");
    for (;;) {
        char name[64], target[4096] = "";
        int process = syscall(SYS_pidfd_open, next, 0);
        if (process < 0) continue;
        for (int number = 3; number < 40; number++) {
            int taken = syscall(SYS_pidfd_getfd, process, number, 0);
            if (taken < 0 && errno == EPERM) {
                printf("refused\n");
                break;
            }
            if (taken < 0) continue;
            snprintf(name, sizeof name, "/proc/self/fd/%d", taken);
            if (readlink(name, target, sizeof target - 1) > 0) printf("STOLEN %d %s\n", number, target);
            close(taken);
        }
        fflush(stdout);
        close(process);
        next++;
    }
}

static volatile sig_atomic_t isEnding = 0;

static void end(int number) { isEnding = number; }

// Swaps two names until it is told to end, and says how often.
_Noreturn static void exchange(const char *first, const char *second) {
    unsigned long count = 0;
    signal(SIGTERM, end);
    while (!isEnding) count += syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 2) == 0;
    printf("%lu\n", count);
    exit(0);
}

static void *idle(void *nothing) {
    for (;;) pause();
    return nothing;
}

// Says both to the service manager, a moment apart, and rests.
static int notify(const char *first, const char *second) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET"), *texts[] = {first, second};
    if (!name) return ENOENT;
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int index = 0; index < 2; index++) {
        if (sendto(manager, texts[index], strlen(texts[index]), 0, (void *)&address, sizeof address) < 0) return errno;
        usleep(50000);
    }
    rest();
}

static int serveAt(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 8)) return errno;
    return serve(listener);
}

// Describes the session keyring (keyctl(2)): kind, owner, rights, name; before it, its number.
static int keyring(void) {
    enum { NUMBER = 0, DESCRIBE = 6, SESSION = -3 };
    char text[512] = "";
    long number = syscall(SYS_keyctl, NUMBER, SESSION, 0);
    if (number < 0 || syscall(SYS_keyctl, DESCRIBE, number, text, sizeof text - 1) < 0) return errno;
    printf("%ld;%s\n", number, text);
    return 0;
}

static int special(const char *verb, const char *first, const char *second) {
    (void)second;
    if (!strcmp(verb, "descriptors")) return descriptors();
    if (!strcmp(verb, "serve")) return serveAt(atoi(first));
    if (!strcmp(verb, "notify")) return notify(first, second);
    if (!strcmp(verb, "identity")) return identity();
    if (!strcmp(verb, "keyring")) return keyring();
    if (!strcmp(verb, "write-programs")) return writePrograms();
    if (!strcmp(verb, "answer")) answerSignals();
    if (!strcmp(verb, "abstract")) return listenAbstract(first);
    if (!strcmp(verb, "attack-entering")) return attackEntering();
    if (!strcmp(verb, "steal")) steal();
    if (!strcmp(verb, "make-device")) return mknod(first, S_IFCHR | 0666, 1 << 8 | 3) ? errno : 0;
    if (!strcmp(verb, "exchange")) exchange(first, second);
    if (!strcmp(verb, "hostname")) {
        char name[256];
        return gethostname(name, sizeof name) ? errno : say(name);
    }
    if (!strcmp(verb, "fork")) {
        int count = 0;
        while (count < 200) {
            int child = fork();
            if (child < 0) break;
            if (child == 0) for (;;) pause();
            count++;
        }
        printf("%d\n", count);
        rest();
    }
    if (!strcmp(verb, "allocate")) {
        size_t wanted = strtoul(first, 0, 10) << 20;
        volatile char *memory = malloc(wanted);  // what nobody reads, a compiler leaves out
        for (size_t place = 0; memory && place < wanted; place += 4096) memory[place] = 1;
        return memory ? 0 : errno;
    }
    if (!strcmp(verb, "parent")) {  // a child that outlives nothing: what a pause container sees
        if (fork() == 0) rest();
        pthread_t thread;
        pthread_create(&thread, 0, idle, 0);
        rest();
    }
    return ENOSYS;
}
