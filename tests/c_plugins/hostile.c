/*
 * A plugin that does what its input says: everything that a plugin may not. Inputs are "HOSTILE " and a word.
 *
 * Before it does it, it says a fact; what it tried and was answered it says as further ones. Tests read them to see that each
 * attempt cost its file a verdict, and that nothing forbidden went through. Nothing that it tries does harm where it is let through.
 */
#define _GNU_SOURCE
#include "weighbridge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define STR(s) {(s), sizeof(s) - 1}

static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"HOSTILE ", 8}, {NULL, 0}}};
static const wb_str extensions[] = {STR("hostile")};
static const wb_format hostile = {sizeof(wb_format), STR("hostile"), STR("What a plugin may not do"), 0, 0, magics, 1, extensions, 1, NULL, 0};
static const wb_format *const formats[] = {&hostile};
static const wb_str metadata[] = {STR("key"), STR("value")};
static const wb_str call[] = {STR("module"), STR("name")};
static const wb_fact_kind kinds[] = {{STR("metadata"), metadata, 2}, {STR("call"), call, 2}};

static wb_status create(void **session) {
    *session = NULL;
    return WB_OK;
}

static void destroy(void *session) {
    (void)session;
}

static wb_status probe(void *session, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    (void)session;
    (void)input;
    (void)host;
    result->level = WB_PROBE_CERTAIN;
    return WB_OK;
}

static wb_value text(const char *string) {
    wb_value value;
    memset(&value, 0, sizeof value);
    value.type = WB_TEXT;
    value.full_len = strlen(string);
    value.as.text.ptr = string;
    value.as.text.len = strlen(string);
    return value;
}

static wb_status say(const wb_host *host, const char *key, const char *what) {
    wb_field fields[2] = {{STR("key"), text(key)}, {STR("value"), text(what)}};
    wb_fact fact = {sizeof fact, STR("metadata"), 0, 0, 8, fields, 2};
    return host->emit(host->ctx, &fact, NULL);
}

/* Says what became of a call of the system: what it answered, or that it went through. */
static wb_status tried(const wb_host *host, const char *what, long result) {
    return say(host, what, result < 0 ? strerrorname_np(errno) : "went through");
}

static void *thread(void *argument) {
    return argument;
}

static void attempts(const wb_host *host) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct stat status;
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    char *const arguments[] = {"/bin/true", NULL};
    char *const environment[] = {NULL};
    pthread_t other;
    long result;

    tried(host, "open", open("/etc/hostname", O_RDONLY));
    tried(host, "openat", openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY));
    tried(host, "create", open("/tmp/weighbridge-hostile", O_WRONLY | O_CREAT, 0600));
    tried(host, "stat", stat("/etc/passwd", &status));
    tried(host, "readlink", readlink("/proc/self/exe", (char[64]){0}, 64));
    tried(host, "mkdir", mkdir("/tmp/weighbridge-hostile-folder", 0700));
    tried(host, "unlink", unlink("/tmp/weighbridge-hostile"));
    tried(host, "rename", rename("/tmp/weighbridge-hostile", "/tmp/weighbridge-hostile-2"));
    tried(host, "tcp", socket(AF_INET, SOCK_STREAM, 0));
    tried(host, "udp", socket(AF_INET, SOCK_DGRAM, 0));
    tried(host, "unix", socket(AF_UNIX, SOCK_STREAM, 0));
    tried(host, "netlink", socket(AF_NETLINK, SOCK_RAW, 0));
    tried(host, "connect", connect(0, (struct sockaddr *)&address, sizeof address));
    tried(host, "sendto elsewhere", sendto(1, "x", 1, 0, (struct sockaddr *)&address, sizeof address));
    tried(host, "execve", execve("/bin/true", arguments, environment));
    result = fork();
    if (result == 0) _exit(0);
    tried(host, "fork", result);
    result = syscall(SYS_vfork);
    if (result == 0) _exit(0);
    tried(host, "vfork", result);
    tried(host, "clone3", syscall(SYS_clone3, NULL, 0));
    tried(host, "kill the parent", kill(getppid() > 1 ? getppid() : getpid(), 0));
    tried(host, "signal another process", syscall(SYS_tgkill, 1, 1, 0));
    tried(host, "trace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    tried(host, "memfd", memfd_create("hostile", 0));
    tried(host, "executable memory", (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    tried(host, "map a file", (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0));
    tried(host, "raise a limit", setrlimit(RLIMIT_AS, &limit));
    tried(host, "ioctl", syscall(SYS_ioctl, 0, 0x5401, 0));
    tried(host, "mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
    tried(host, "io_uring", syscall(SYS_io_uring_setup, 1, NULL));
    tried(host, "unshare", syscall(SYS_unshare, 0x10000000));
    tried(host, "environment", getenv("PATH") || getenv("HOME") ? 0 : (errno = ENOENT, -1));
    /* What reading takes is allowed. */
    errno = pthread_create(&other, NULL, thread, NULL);
    if (errno == 0) pthread_join(other, NULL);
    tried(host, "thread", errno ? -1 : 0);
    tried(host, "memory", malloc(1 << 20) ? 0 : -1);
}

/* Too deep for any stack, and not to be turned into a loop. */
static uint64_t deep(volatile uint8_t *above, uint64_t n) {
    volatile uint8_t here[4096];
    here[0] = above ? above[0] : 1;
    return n == 0 ? here[0] : deep(here, n - 1) + here[n % sizeof here];
}

static void lie(const char *bytes, size_t length) {
    if (write(0, bytes, length) < 0) _exit(9);
}

static wb_status scan(void *session, const wb_input *input, const wb_host *host) {
    char word[64] = {0};
    uint64_t got;
    (void)session;
    (void)input;
    wb_status status = host->read_at(host->ctx, 8, word, sizeof word - 1, &got);
    if (status != WB_OK) return status;
    word[strcspn(word, "\n")] = 0;
    if ((status = say(host, "before", word)) != WB_OK) return status;

#define DOES(what) if (strcmp(word, what) == 0)
    DOES("nothing") return WB_OK;
    DOES("attempts") attempts(host);
    DOES("crash") *(volatile int *)8 = 1;
    DOES("crash after a call") {
        wb_field fields[2] = {{STR("module"), text("os")}, {STR("name"), text("system")}};
        wb_fact fact = {sizeof fact, STR("call"), 0, 0, 8, fields, 2};
        host->emit(host->ctx, &fact, NULL);
        raise(SIGSEGV);
        *(volatile int *)8 = 1;
    }
    DOES("abort") abort();
    DOES("trap") __builtin_trap();
    DOES("divide") raise(SIGFPE);
    DOES("kill itself") raise(SIGKILL);
    DOES("end itself") raise(SIGTERM);
    DOES("leave") exit(0);
    DOES("leave at once") _exit(42);
    DOES("stack") return (wb_status)(deep(NULL, UINT64_MAX) & 1);
    DOES("hang") for (;;) pause();
    DOES("never poll") for (volatile uint64_t n = 0;; n++) {}
    DOES("poll for ever") for (;;) if ((status = host->poll(host->ctx, 1)) != WB_OK) return status;
    DOES("poll and ignore") for (;;) host->poll(host->ctx, 1);
    DOES("emit for ever") for (;;) if ((status = say(host, "again", "and again")) != WB_OK) return status;
    DOES("eat memory") for (;;) {
        char *memory = malloc(64 << 20);
        memset(memory, 1, 64 << 20);
    }
    DOES("fill the disk") for (;;) if (write(3, word, sizeof word) < 0) break;
    DOES("lie: no frame") lie("\xff\xff\xff\xff", 4);
    DOES("lie: no message") lie("\1\0\0\0\x63", 5);
    DOES("lie: the end") lie("\1\0\0\0\3", 5);
    DOES("lie: the beginning") lie("\1\0\0\0\1", 5);
    DOES("lie: leaving") lie("\1\0\0\0\7", 5);
    DOES("lie: a record of no input") lie("\6\0\0\0\2\2\5\7\0\0", 10);
    DOES("lie: half a message") {
        lie("\100\0\0\0\2", 5);
        _exit(0);
    }
    DOES("ask for everything") for (;;) lie("\5\0\0\0\5\0\377\377\77", 9);
    DOES("close") close(0);
    DOES("contract: undeclared") {
        wb_field fields[1] = {{STR("key"), text("x")}};
        wb_fact fact = {sizeof fact, STR("operator"), 0, 0, 0, fields, 1};
        host->emit(host->ctx, &fact, NULL);
    }
    DOES("contract: null") host->emit(host->ctx, NULL, NULL);
    DOES("contract: outside") {
        wb_region region = {sizeof region, WB_REGION_STRUCTURE, 0, 1, UINT64_MAX};
        host->region(host->ctx, &region);
    }
    DOES("contract: again of nothing") host->again(host->ctx, 12345, 0, 0, 1);
    return say(host, "after", word);
}

#ifdef THREAD_WHEN_OPENED
static void *waits(void *argument) {
    for (;;) pause();
    return argument;
}

__attribute__((constructor)) static void opened(void) {
    pthread_t other;
    pthread_create(&other, NULL, waits, NULL);
}
#endif
#ifdef CRASH_WHEN_OPENED
__attribute__((constructor)) static void opened(void) {
    abort();
}
#endif

WB_EXPORT const wb_plugin weighbridge_plugin_hostile = {
    sizeof(wb_plugin), WB_ABI_MAJOR, WB_ABI_MINOR, WB_VOCABULARY, 0, STR("hostile"), STR("What a plugin may not do"), STR("1.0.0"), STR("Apache-2.0"),
    formats, 1, kinds, 2, NULL, 0, create, destroy, probe, scan, NULL, NULL, NULL, NULL,
};
