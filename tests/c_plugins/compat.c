/*
 * A plugin that is built against the headers of two minor versions, and run by hosts of both.
 *
 * What it hands to the host lies at the very end of a page that is followed by one that cannot be read: a host that reads more of a structure than
 * its struct_size says ends with a fault. What the host hands to it, it uses only as far as struct_size says, and tells in facts what it has seen.
 */
#define _GNU_SOURCE
#include "weighbridge.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STR(text) {text, sizeof(text) - 1}

static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"CMPT", 4}, {NULL, 0}}};
static const wb_format format = {.struct_size = sizeof(wb_format), .id = STR("compat"), .title = STR("COMPAT"), .magics = magics, .magic_count = 1};
static const wb_format *const formats[] = {&format};
static const wb_str metadata[] = {STR("key"), STR("value")};
static const wb_str sized[] = {STR("size"), STR("acme.more")};
static const wb_fact_kind kinds[] = {{STR("metadata"), metadata, 2}, {STR("acme.thing"), sized, 2}};

/* `size` bytes at the end of a page, the next of which cannot be read. */
static void *at_the_end(const void *from, size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) return NULL;
    return memcpy(pages + page - size, from, size);
}

static void gone(void *at) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap((char *)((uintptr_t)at & ~(uintptr_t)(page - 1)), 2 * page);
}

static wb_value text(const char *bytes) {
    wb_value value;
    memset(&value, 0, sizeof value);
    value.type = WB_TEXT;
    value.as.text.ptr = bytes;
    value.as.text.len = strlen(bytes);
    return value;
}

static wb_value number(uint64_t n) {
    wb_value value;
    memset(&value, 0, sizeof value);
    value.type = WB_U64;
    value.as.u64 = n;
    return value;
}

static wb_status emit(const wb_host *host, const char *kind, const char *key, wb_value first, wb_value second, uint64_t *id) {
    int own = strcmp(kind, "metadata") != 0;
    wb_field fields[2];
    wb_fact fact;
    memset(&fact, 0, sizeof fact);
    fields[0].name = own ? sized[0] : metadata[0];
    fields[0].value = own ? first : text(key);
    fields[1].name = own ? sized[1] : metadata[1];
    fields[1].value = own ? second : first;
    fact.struct_size = sizeof fact;
    fact.kind.ptr = kind;
    fact.kind.len = strlen(kind);
    fact.length = 4;
    fact.fields = fields;
    fact.field_count = 2;
#if WB_ABI_MINOR >= 1
    fact.next = UINT64_MAX;
#endif
    wb_fact *end = at_the_end(&fact, sizeof fact);
    wb_status status = host->emit(host->ctx, end, id);
    gone(end);
    return status;
}

static wb_status create(void **session) {
    *session = NULL;
    return WB_OK;
}

static void destroy(void *session) {
    (void)session;
}

static wb_status probe(void *session, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    char head[4];
    uint64_t got;
    (void)session;
    (void)input;
    wb_status status = host->read_at(host->ctx, 0, head, sizeof head, &got);
    if (status != WB_OK) return status;
    if (got == sizeof head && memcmp(head, "CMPT", 4) == 0) result->level = WB_PROBE_CERTAIN;
#if WB_ABI_MINOR >= 1
    if (WB_HAS(result, wb_probe_result, next)) result->next = UINT64_MAX;
#endif
    return WB_OK;
}

#define TRY(call) do { wb_status status_ = (call); if (status_ != WB_OK) return status_; } while (0)

static wb_status scan(void *session, const wb_input *input, const wb_host *host) {
    uint64_t id, limit = 7;
    wb_str name = STR("compat.rows"), unknown = STR("weighbridge.unknown/1"), asked = STR(WB_EXTENSION_HOST);
    (void)session;
    TRY(host->poll(host->ctx, 1));
    TRY(host->limit(host->ctx, name, &limit));
    TRY(emit(host, "metadata", "limit", number(limit), number(0), NULL));
    TRY(emit(host, "metadata", "unknown-extension", text(host->extension(host->ctx, unknown) == NULL ? "null" : "something"), number(0), NULL));
    const wb_host_info *info = host->extension(host->ctx, asked);
    TRY(emit(host, "metadata", "host-minor", number(info == NULL ? 0 : info->abi_minor), number(0), NULL));
    TRY(emit(host, "metadata", "has-listing", text(WB_HAS(host, wb_host, listing) ? "yes" : "no"), number(0), NULL));
#if WB_ABI_MINOR >= 1
    int has = WB_HAS(host, wb_host, next);
    TRY(emit(host, "metadata", "has-next", text(has ? "yes" : "no"), number(0), NULL));
    if (has) TRY(host->next(host->ctx, 1));
    if (WB_HAS(input, wb_input, next) != has || WB_HAS(info, wb_host_info, next) != has) return WB_INTERNAL;
#endif
    TRY(emit(host, "acme.thing", NULL, number(input->size), text("more"), &id));
    TRY(host->again(host->ctx, id, 4, 1, 2));

    wb_region region = {.struct_size = sizeof region, .class_ = WB_REGION_STRUCTURE, .length = 4};
    wb_region *end_region = at_the_end(&region, sizeof region);
    TRY(host->region(host->ctx, end_region));
    gone(end_region);
    wb_child child = {.struct_size = sizeof child, .kind = WB_CHILD_RANGE, .offset = 4, .length = input->size - 4, .declared_size = WB_UNKNOWN};
    child.name.ptr = (const uint8_t *)"inner";
    child.name.len = 5;
    wb_child *end_child = at_the_end(&child, sizeof child);
    TRY(host->child(host->ctx, end_child));
    gone(end_child);
    wb_str cells[1] = {STR("cell")};
    wb_listing row = {.struct_size = sizeof row, .listing = STR("tree"), .cells = cells, .cell_count = 1};
    wb_listing *end_row = at_the_end(&row, sizeof row);
    TRY(host->listing(host->ctx, end_row));
    gone(end_row);
    return WB_OK;
}

#if WB_ABI_MINOR >= 1
static uint64_t next(uint64_t value) {
    return value;
}
#endif

static const wb_contact contact = {.struct_size = sizeof contact, .report_to = STR("https://acme.example/report")};

static const void *extension(wb_str id) {
    const char *known = WB_EXTENSION_CONTACT;
    return id.len == strlen(known) && memcmp(id.ptr, known, id.len) == 0 ? &contact : NULL;
}

static const wb_limit limits[] = {{STR("compat.rows"), STR("to see that it can be asked for"), 42}};

WB_EXPORT const wb_plugin weighbridge_plugin_compat = {
    .struct_size = sizeof(wb_plugin),
    .abi_major = WB_ABI_MAJOR,
    .abi_minor = WB_ABI_MINOR,
    .vocabulary = WB_VOCABULARY,
#ifdef NEEDS
    .needs_minor = NEEDS,
#endif
    .id = STR("compat"),
    .name = STR("COMPAT"),
    .version = STR("1.0.0"),
    .license = STR("Apache-2.0"),
    .formats = formats,
    .format_count = 1,
    .fact_kinds = kinds,
    .fact_kind_count = sizeof kinds / sizeof kinds[0],
    .limits = limits,
    .limit_count = 1,
    .create = create,
    .destroy = destroy,
    .probe = probe,
    .scan = scan,
    .extension = extension,
#if WB_ABI_MINOR >= 1
    .next = next,
#endif
};
