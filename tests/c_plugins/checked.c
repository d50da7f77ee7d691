/*
 * A plugin that passes every check of `weighbridge plugins check`; built with -DBAD_<check>, it breaks that one promise.
 *
 * It reads CHKD, a format of its own:
 *
 *     "CHKD", u8 number of words, then for each word: u8 length, bytes; then u32 length of a payload (little-endian), the payload
 *
 * A word that begins with '!' is a packed child: each of its other bytes stands for itself twice. What follows the format's end is
 * trailing data.
 */
#define _GNU_SOURCE
#include "weighbridge.h"

#include <stdlib.h>
#include <string.h>

/* What only bad ones take. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define STR(s) {(s), sizeof(s) - 1}

/* ---- The descriptor ---- */

#ifdef BAD_formats
static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"CHKD", 4}, {NULL, 0}},
                                  {WB_ANCHOR_END, 0, 2, {(const uint8_t *)"DONE", 4}, {NULL, 0}}};
#elif defined BAD_claims
static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"CHECKED", 7}, {NULL, 0}}};
#else
static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"CHKD", 4}, {NULL, 0}}};
#endif
static const wb_str extensions[] = {STR("chkd")};
static const wb_format checked = {
    .struct_size = sizeof(wb_format),
    .id = STR("checked"),
    .title = STR("CHKD words"),
    .magics = magics,
    .magic_count = sizeof magics / sizeof *magics,
    .extensions = extensions,
    .extension_count = 1,
};
static const wb_format *const formats[] = {&checked};
static const wb_str metadata[] = {STR("key"), STR("value")};
static const wb_str anomaly[] = {STR("code"), STR("expected")};
static const wb_fact_kind kinds[] = {
    {STR("metadata"), metadata, 2},
    {STR("anomaly"), anomaly, 2},
#ifdef BAD_kinds
    {STR("no_such_kind"), metadata, 1},
#endif
};

/* ---- What is kept between calls ---- */

#define CHILDREN 256

typedef struct session {
    uint64_t child_at[CHILDREN]; /* of the last scan: where each begins, and its packed length */
    uint64_t child_len[CHILDREN];
    uint64_t children;
    uint64_t open, given; /* the child that is open, and how many bytes of it were given */
    uint64_t scans;
} session;

#ifdef BAD_any_thread
static _Thread_local session *of_this_thread;
#endif
#ifdef BAD_parallel
static int running;
#endif

static wb_status create(void **out) {
#ifdef BAD_sessions
    static int made;
    if (made++ == 40) return WB_INTERNAL; /* a table of a fixed size */
#endif
    session *made_now = calloc(1, sizeof(session));
    if (!made_now) return WB_INTERNAL;
    *out = made_now;
#ifdef BAD_any_thread
    of_this_thread = made_now;
#endif
    return WB_OK;
}

static void destroy(void *state) {
#ifndef BAD_memory
    free(state);
#else
    (void)state;
#endif
}

/* ---- Helpers ---- */

static wb_value text(const char *bytes, uint64_t length) {
    wb_value value;
    memset(&value, 0, sizeof value);
    value.type = WB_TEXT;
    value.as.text.ptr = bytes;
    value.as.text.len = length;
    return value;
}

static wb_status claim(const wb_host *host, uint32_t class_, uint64_t from, uint64_t to) {
    wb_region region = {sizeof region, class_, 0, from, to - from};
    return to == from ? WB_OK : host->region(host->ctx, &region);
}

static wb_status truncated(const wb_host *host, const wb_input *input, uint64_t at, const char *expected) {
#ifdef BAD_anomaly_codes
    const char *code = "too-short";
#else
    const char *code = "truncated";
#endif
    wb_field fields[2] = {{STR("code"), text(code, 9)}, {STR("expected"), text(expected, strlen(expected))}};
    wb_fact fact = {sizeof fact, STR("anomaly"), 0, at, 0, fields, 2};
    wb_status status = claim(host, WB_REGION_STRUCTURE, 0, at);
    if (at > input->size) return WB_INTERNAL;
#ifndef BAD_anomalies
    if (status == WB_OK) status = host->emit(host->ctx, &fact, NULL);
#else
    (void)fact;
#endif
    return status == WB_OK ? WB_MALFORMED : status;
}

static wb_status say(const wb_host *host, const char *key, const char *bytes, uint64_t length, uint64_t at, uint64_t here) {
    wb_field fields[2] = {{STR("key"), text(key, strlen(key))}, {STR("value"), text(bytes, length)}};
    wb_fact fact = {sizeof fact, STR("metadata"), 0, at, here, fields, 2};
    wb_status status;
#ifdef BAD_declared
    fields[0].name = (wb_str)STR("word");
#endif
#ifdef BAD_arguments
    fields[1].value.type = 77;
#endif
#ifdef BAD_places
    fact.length = UINT64_MAX;
#endif
    status = host->emit(host->ctx, &fact, NULL);
#if defined BAD_declared || defined BAD_arguments
    if (status == WB_ARGUMENT) status = WB_OK;
#endif
    return status;
}

/* ---- Functions ---- */

static wb_status probe(void *state, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    uint8_t magic[4];
    uint64_t got;
    (void)state;
    wb_status status = host->read_at(host->ctx, 0, magic, sizeof magic, &got);
    if (status != WB_OK) return status;
    if (got == sizeof magic && memcmp(magic, "CHKD", sizeof magic) == 0) {
        result->level = WB_PROBE_CERTAIN;
#ifdef BAD_probe
        result->start = input->size + 1;
        if (input->size < 1000) result->start = 0;
#endif
    }
    (void)input;
    return WB_OK;
}

static uint64_t payload_length(const uint8_t *bytes) {
    return bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24;
}

static wb_status words(session *session, const wb_input *input, const wb_host *host, uint64_t *end) {
    uint8_t count, length, four[4];
    uint64_t got, at = 4;
    wb_status status;
    if ((status = host->read_at(host->ctx, at, &count, 1, &got)) != WB_OK) return status;
    if (got < 1) return truncated(host, input, at < input->size ? at : input->size, "the number of words");
    at += 1;
    for (unsigned i = 0; i < count; i++) {
        char word[255];
        if ((status = host->poll(host->ctx, 1)) != WB_OK) return status;
        if ((status = host->read_at(host->ctx, at, &length, 1, &got)) != WB_OK) return status;
        if (got < 1) return truncated(host, input, at, "the length of a word");
        if ((status = host->read_at(host->ctx, at + 1, word, length, &got)) != WB_OK) return status;
        if (got < length) return truncated(host, input, at + 1, "a word");
        if (length > 1 && word[0] == '!') {
            wb_child child;
            memset(&child, 0, sizeof child);
            child.struct_size = sizeof child;
            child.kind = WB_CHILD_TOKEN;
            child.offset = at + 2;
            child.length = length - 1u;
            child.token = session->children;
            child.index = i;
            child.declared_size = 2 * (length - 1u);
            child.name = (wb_bytes){(const uint8_t *)"packed", 6};
            child.encoding = (wb_str)STR("doubled");
#ifdef BAD_child_records
            child.token = 7;
#endif
            session->child_at[session->children] = at + 2;
            session->child_len[session->children++] = length - 1u;
            if ((status = host->child(host->ctx, &child)) != WB_OK) return status;
        }
        if ((status = say(host, "word", word, length, at, 1 + (uint64_t)length)) != WB_OK) return status;
        at += 1 + (uint64_t)length;
    }
    if ((status = host->read_at(host->ctx, at, four, 4, &got)) != WB_OK) return status;
    if (got < 4) return truncated(host, input, at, "the length of the payload");
    if ((status = claim(host, WB_REGION_STRUCTURE, 0, at + 4)) != WB_OK) return status;
    at += 4;
    *end = at + payload_length(four);
    if (*end > input->size) {
        if ((status = claim(host, WB_REGION_PAYLOAD, at, input->size)) != WB_OK) return status;
        return truncated(host, input, 0, "the payload");
    }
    if ((status = claim(host, WB_REGION_PAYLOAD, at, *end)) != WB_OK) return status;
#ifdef BAD_regions
    wb_region none = {sizeof none, 9, 0, 0, 1};
    if ((status = host->region(host->ctx, &none)) >= WB_IO && status <= WB_BUDGET) return status;
#endif
#ifdef BAD_regions_overlap
    if ((status = claim(host, WB_REGION_STRUCTURE, at - 1, *end)) != WB_OK) return status;
#endif
    return WB_OK;
}

/* What follows the end is looked at for its last byte that is not zero. */
static wb_status trailing(const wb_host *host, const wb_input *input, uint64_t at) {
    static const char found[] = "trailing";
    uint8_t block[4096];
    uint64_t got, last = 0, from = at;
    wb_status status;
    for (; at < input->size; at += got) {
#ifndef BAD_poll
        if ((status = host->poll(host->ctx, 1)) != WB_OK) return status;
#endif
        if ((status = host->read_at(host->ctx, at, block, sizeof block, &got)) != WB_OK) return status;
        if (got == 0) break;
        for (uint64_t i = 0; i < got; i++)
            if (block[i]) last = at + i;
    }
    if (!last) return WB_OK;
    return say(host, "end", found, sizeof found - 1, from, input->size - from);
}

static wb_status scan(void *state, const wb_input *input, const wb_host *host) {
    session *session = state;
    uint64_t end = 0;
#ifdef BAD_any_thread
    session = of_this_thread;
    if (!session) return WB_UNSUPPORTED + 0 * say(host, "thread", "another", 7, 0, 0);
#endif
#ifdef BAD_parallel
    int others = __atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
    usleep(200);
#endif
#ifdef BAD_empty_input
    if (input->size == 0) return WB_INTERNAL;
#endif
#ifdef BAD_one_byte_input
    if (input->size == 1) abort();
#endif
    session->children = session->given = 0;
    session->scans++;
    wb_status status = words(session, input, host, &end);
    if (status == WB_OK) status = trailing(host, input, end);
#ifdef BAD_parallel
    if (status == WB_OK && others) status = say(host, "others", "there are", 9, 0, 0);
    __atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
#endif
#ifdef BAD_repeatable
    if (status == WB_OK && session->scans % 2 == 0) status = say(host, "even", "yes", 3, 0, 0);
#endif
#ifdef BAD_prefixes
    if (status == WB_MALFORMED && input->size > 1 && input->size < 9) return WB_INTERNAL;
#endif
#ifdef BAD_bit_flips
    if (end > UINT64_C(0x7fffffff)) *(volatile int *)8 = 1;
#endif
#ifdef BAD_statuses
    if (status == WB_MALFORMED) status = WB_CANCELLED;
#endif
#ifdef BAD_stop_io
    if (status == WB_IO) status = WB_MALFORMED;
#endif
#ifdef BAD_stop_cancelled
    if (status == WB_CANCELLED) status = WB_OK;
#endif
#ifdef BAD_stop_budget
    if (status == WB_BUDGET) say(host, "stopped", "yes", 3, 0, 0);
#endif
#ifdef BAD_confined
    int file = open("/proc/self/maps", O_RDONLY);
    if (file < 0) return WB_INTERNAL;
    close(file);
#endif
#ifdef BAD_traces
    setenv("CHECKED", "yes", 1);
#endif
#ifdef BAD_quiet
    printf("read %d bytes\n", (int)input->size);
#endif
    return status;
}

static wb_status open_child(void *state, const wb_input *input, const wb_host *host, uint64_t token) {
    session *session = state;
    (void)input;
#ifdef BAD_child_records
    token = 0;
#endif
    if (token >= session->children) return WB_UNSUPPORTED;
    session->open = token;
#ifndef BAD_child_reads
    session->given = 0;
#endif
    return host->poll(host->ctx, 1);
}

static wb_status read_child(void *state, const wb_input *input, const wb_host *host, void *buf, uint64_t len, uint64_t *got) {
    session *session = state;
    uint64_t size = 2 * session->child_len[session->open];
    uint8_t *out = buf, byte;
    wb_status status;
    (void)input;
    *got = 0;
#ifdef BAD_one_byte_reads
    if (len == 1) session->given++; /* it gives two at a time, and loses one where there is room for one */
#endif
    while (*got < len && session->given < size) {
        uint64_t one;
        if ((status = host->poll(host->ctx, 1)) != WB_OK) return status;
        status = host->read_at(host->ctx, session->child_at[session->open] + session->given / 2, &byte, 1, &one);
        if (status != WB_OK) return status;
        out[(*got)++] = one ? byte : 0;
        session->given++;
    }
    return WB_OK;
}

static void close_child(void *state) {
    session *session = state;
    session->open = 0;
#ifdef BAD_child_reads
    /* Only where the end was reached does it begin anew. */
    if (session->given >= 20) session->given = 0;
#endif
}

static const wb_contact contact = {sizeof contact, STR("https://checked.example/report")};

static const void *extension(wb_str id) {
#ifdef BAD_unknown_extensions
    /* Whatever a vendor's own may mean. */
    if (id.len >= 7 && memcmp(id.ptr, "no-such", 7) == 0) return &contact;
#endif
    static const char known[] = WB_EXTENSION_CONTACT;
    return id.len == sizeof known - 1 && memcmp(id.ptr, known, id.len) == 0 ? &contact : NULL;
}

#ifdef BAD_opens
/* From a library that is nowhere. */
extern int of_nowhere(void);
__attribute__((constructor)) static void opened(void) {
    of_nowhere();
}
#endif
#ifdef BAD_speed
__attribute__((constructor)) static void opened(void) {
    usleep(400 * 1000);
}
#endif

#ifdef BAD_exports
WB_EXPORT const int weighbridge_plugin_second = 1;
#endif

WB_EXPORT const wb_plugin weighbridge_plugin_checked = {
#ifdef BAD_sizes
    .struct_size = sizeof(wb_plugin) + 64,
#else
    .struct_size = sizeof(wb_plugin),
#endif
#ifdef BAD_versions
    .abi_major = WB_ABI_MAJOR + 1,
#else
    .abi_major = WB_ABI_MAJOR,
#endif
    .abi_minor = WB_ABI_MINOR,
    .vocabulary = WB_VOCABULARY,
    .id = STR("checked"),
    .name = STR("CHKD words"),
#ifdef BAD_texts
    .version = {"1.0\xff", 4},
#else
    .version = STR("1.0.0"),
#endif
    .license = STR("Apache-2.0"),
    .formats = formats,
    .format_count = 1,
    .fact_kinds = kinds,
    .fact_kind_count = sizeof kinds / sizeof *kinds,
    .create = create,
    .destroy = destroy,
    .probe = probe,
#ifdef BAD_required_pointers
    .scan = 0 ? scan : NULL,
#else
    .scan = scan,
#endif
    .open_child = open_child,
    .read_child = read_child,
    .close_child = close_child,
    .extension = extension,
};
