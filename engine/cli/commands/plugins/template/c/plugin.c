/*
 * A Weighbridge plugin for @ID@ files.
 *
 * The format (write here what yours is, and link to its specification):
 *
 *     "@MAGIC@", u8 number of words, then for each word: u8 length, that many bytes
 *
 * Each word is a `metadata` fact. weighbridge.h says what every function may do and has to return.
 */
#include "weighbridge.h"

#include <string.h>

#define STR(text) {text, sizeof(text) - 1}

/* ---- What the plugin says of itself ---- */

static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"@MAGIC@", 4}, {NULL, 0}}};
static const wb_str extensions[] = {STR("@ID@")};
static const wb_format format = {
    .struct_size = sizeof(wb_format),
    .id = STR("@FORMAT@"),
    .title = STR("@ID@ words"),
    .magics = magics,
    .magic_count = 1,
    .extensions = extensions,
    .extension_count = 1,
};
static const wb_format *const formats[] = {&format};

/* Only what is declared here can be emitted. A kind of your own is called `<vendor>.<name>`. */
static const wb_str metadata_fields[] = {STR("key"), STR("value")};
static const wb_str anomaly_fields[] = {STR("code"), STR("expected"), STR("found")};
static const wb_fact_kind kinds[] = {{STR("metadata"), metadata_fields, 2}, {STR("anomaly"), anomaly_fields, 3}};

/* ---- Helpers ---- */

static wb_value text(const char *bytes, uint64_t length) {
    wb_value value;
    memset(&value, 0, sizeof value);
    value.type = WB_TEXT;
    value.as.text.ptr = bytes;
    value.as.text.len = length;
    return value;
}

/* Accounts for the bytes that were understood: what says nothing is left out. */
static wb_status claim(const wb_host *host, uint64_t length) {
    if (length == 0) return WB_OK;
    wb_region region = {.struct_size = sizeof region, .class_ = WB_REGION_STRUCTURE, .length = length};
    return host->region(host->ctx, &region);
}

/* The input ends inside of something: say where, and what was expected there. */
static wb_status truncated(const wb_input *input, const wb_host *host, uint64_t at, const char *expected) {
    if (at > input->size) at = input->size; /* whatever is said of a place lies in the input */
    wb_field fields[] = {{STR("code"), text("truncated", 9)}, {STR("expected"), text(expected, strlen(expected))}, {STR("found"), text("the end", 7)}};
    wb_fact fact = {.struct_size = sizeof fact, .kind = STR("anomaly"), .offset = at, .fields = fields, .field_count = 3};
    wb_status status = claim(host, at);
    if (status == WB_OK) status = host->emit(host->ctx, &fact, NULL);
    return status == WB_OK ? WB_MALFORMED : status;
}

/* ---- Functions ---- */

static wb_status create(void **session) {
    *session = NULL; /* this plugin keeps nothing between calls */
    return WB_OK;
}

static void destroy(void *session) {
    (void)session;
}

static wb_status probe(void *session, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    uint8_t magic[4];
    uint64_t got;
    (void)session;
    (void)input;
    wb_status status = host->read_at(host->ctx, 0, magic, sizeof magic, &got);
    if (status != WB_OK) return status;
    if (got == sizeof magic && memcmp(magic, "@MAGIC@", sizeof magic) == 0) result->level = WB_PROBE_CERTAIN;
    return WB_OK;
}

static wb_status scan(void *session, const wb_input *input, const wb_host *host) {
    uint8_t count, length;
    uint64_t got, at = 4;
    wb_status status;
    (void)session;
    /* A status of the host that is not WB_OK is returned unchanged, at once. */
    if ((status = host->read_at(host->ctx, at, &count, 1, &got)) != WB_OK) return status;
    if (got < 1) return truncated(input, host, at, "the number of words");
    at += 1;
    for (unsigned i = 0; i < count; i++) {
        char word[255]; /* a buffer of our own: nothing is allocated by a number from the file */
        if ((status = host->poll(host->ctx, 1)) != WB_OK) return status;
        if ((status = host->read_at(host->ctx, at, &length, 1, &got)) != WB_OK) return status;
        if (got < 1) return truncated(input, host, at, "the length of a word");
        if ((status = host->read_at(host->ctx, at + 1, word, length, &got)) != WB_OK) return status;
        if (got < length) return truncated(input, host, at + 1, "a word");
        wb_field fields[] = {{STR("key"), text("word", 4)}, {STR("value"), text(word, length)}};
        wb_fact fact = {.struct_size = sizeof fact, .kind = STR("metadata"), .offset = at, .length = 1 + (uint64_t)length, .fields = fields, .field_count = 2};
        if ((status = host->emit(host->ctx, &fact, NULL)) != WB_OK) return status;
        at += 1 + (uint64_t)length;
    }
    return claim(host, at);
}

/* The one exported symbol: weighbridge_plugin_<id>. */
WB_EXPORT const wb_plugin weighbridge_plugin_@ID@ = {
    .struct_size = sizeof(wb_plugin),
    .abi_major = WB_ABI_MAJOR,
    .abi_minor = WB_ABI_MINOR,
    .vocabulary = WB_VOCABULARY,
    .id = STR("@ID@"),
    .name = STR("@ID@ words"),
    .version = STR("0.1.0"),
    .license = STR("Apache-2.0"),
    .formats = formats,
    .format_count = 1,
    .fact_kinds = kinds,
    .fact_kind_count = 2,
    .create = create,
    .destroy = destroy,
    .probe = probe,
    .scan = scan,
};
