/*
 * A Weighbridge plugin for Darknet (YOLO): `.weights` and `.cfg`.
 *
 *     weights   int32 major, int32 minor, int32 revision,
 *               seen: uint64 if major * 10 + minor >= 2 and both are below 1,000, else uint32,
 *               float32 to the end. Little-endian. No magic.
 *     cfg       lines. All blanks of a line are dropped first. `[name]` begins a section, `#` and `;` a comment,
 *               `key=value` is an option of the section. A NUL ends what is read of a line.
 *
 * https://github.com/pjreddie/darknet/blob/master/src/parser.c (load_weights_upto, read_cfg)
 *
 *     cc -std=c11 -O2 -shared -fPIC -fvisibility=hidden -o darknet.so darknet.c
 */
#include <stdlib.h>
#include <string.h>

#include "weighbridge.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define STR(literal) {(literal), sizeof(literal) - 1}

/* What ends a scan goes up as it is. WB_ARGUMENT is reported by the host, and the scan goes on. */
#define TRY(call)                                              \
    do {                                                       \
        const wb_status try_ = (call);                         \
        if (try_ != WB_OK && try_ != WB_ARGUMENT) return try_; \
    } while (0)

enum { WEIGHTS = 0, CFG = 1 };

/* Options are short; a line that is longer than this is kept to this length. */
#define LINE_KEPT 8192
/* Names of sections are words. */
#define SECTION_KEPT 64
/* Keys are words, too; and an anomaly gives a line's beginning. */
#define QUOTED 64
/* Read at once: well below the 64 KiB after which the host wants to hear of it. */
#define CHUNK 4096
/* Comments before the first section of a file, for the probe. Licences fit in it. */
#define PROBE_TEXT 65536
/* Weights that the probe looks at. */
#define PROBE_FLOATS 16

typedef struct session {
    uint8_t chunk[CHUNK];
    char line[LINE_KEPT];
    uint64_t kept; /* of the line, without blanks */
    uint64_t full; /* the same, had nothing been cut */
    uint64_t begin, end; /* of the line in the input */
    int ended; /* a NUL was met in it */
    char section[SECTION_KEPT];
    uint64_t section_len;
    uint64_t section_fact;
    uint64_t sections;
    uint64_t value_max;
    int broken;
} session;

static wb_str text_of(const char *ptr, uint64_t len) {
    const wb_str text = {ptr, len};
    return text;
}

static wb_str said(const char *words) {
    return text_of(words, strlen(words));
}

static int is(const char *ptr, uint64_t len, const char *word) {
    return strlen(word) == len && memcmp(ptr, word, len) == 0;
}

static wb_field text_field(const char *name, const char *ptr, uint64_t len) {
    wb_field field;
    memset(&field, 0, sizeof field);
    field.name = text_of(name, strlen(name));
    field.value.type = WB_TEXT;
    field.value.as.text = text_of(ptr, len);
    return field;
}

static wb_field number_field(const char *name, uint64_t number) {
    wb_field field;
    memset(&field, 0, sizeof field);
    field.name = text_of(name, strlen(name));
    field.value.type = WB_U64;
    field.value.as.u64 = number;
    return field;
}

static wb_field signed_field(const char *name, int64_t number) {
    wb_field field;
    memset(&field, 0, sizeof field);
    field.name = text_of(name, strlen(name));
    field.value.type = WB_I64;
    field.value.as.i64 = number;
    return field;
}

static wb_status emit(const wb_host *host, const char *kind, uint64_t parent, uint64_t offset, uint64_t length, const wb_field *fields,
                      uint64_t count, uint64_t *id) {
    wb_fact fact;
    memset(&fact, 0, sizeof fact);
    fact.struct_size = sizeof fact;
    fact.kind = text_of(kind, strlen(kind));
    fact.parent = parent;
    fact.offset = offset;
    fact.length = length;
    fact.fields = fields;
    fact.field_count = count;
    return host->emit(host->ctx, &fact, id);
}

static wb_status anomaly(const wb_host *host, uint64_t offset, uint64_t length, const char *code, const char *expected, wb_str found) {
    wb_field fields[3];
    fields[0] = text_field("code", code, strlen(code));
    fields[1] = text_field("expected", expected, strlen(expected));
    fields[2] = text_field("found", found.ptr, found.len);
    return emit(host, "anomaly", 0, offset, length, fields, 3, NULL);
}

static wb_status region(const wb_host *host, uint32_t class_, uint64_t offset, uint64_t length) {
    wb_region area;
    if (length == 0) return WB_OK;
    memset(&area, 0, sizeof area);
    area.struct_size = sizeof area;
    area.class_ = class_;
    area.offset = offset;
    area.length = length;
    return host->region(host->ctx, &area);
}

static wb_status row(const wb_host *host, const char *listing, uint64_t offset, uint64_t length, uint64_t depth, const wb_str *cells,
                     uint64_t count) {
    wb_listing line;
    memset(&line, 0, sizeof line);
    line.struct_size = sizeof line;
    line.listing = text_of(listing, strlen(listing));
    line.offset = offset;
    line.length = length;
    line.depth = depth;
    line.cells = cells;
    line.cell_count = count;
    return host->listing(host->ctx, &line);
}

/* Decimal digits of a number, at the end of `digits`. */
static wb_str decimal(uint64_t number, char digits[20]) {
    uint64_t at = 20;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return text_of(digits + at, 20 - at);
}

static uint32_t u32_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int32_t i32_at(const uint8_t *bytes) {
    const uint32_t bits = u32_at(bytes);
    int32_t number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static int has_extension(wb_str name, const char *extension) {
    const uint64_t len = strlen(extension);
    uint64_t i;
    if (name.len <= len || name.ptr[name.len - len - 1] != '.') return 0;
    for (i = 0; i < len; i++) {
        const char c = name.ptr[name.len - len + i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != extension[i]) return 0;
    }
    return 1;
}

/* ---- Weights ------------------------------------------------------------------------------------------------------ */

static int wide_seen(int32_t major, int32_t minor) {
    return (int64_t)major * 10 + minor >= 2 && major < 1000 && minor < 1000;
}

/* Zero, or of a size that a weight has. */
static int is_weight(uint32_t bits) {
    const uint32_t exponent = bits >> 23 & 0xff;
    return (bits & 0x7fffffff) == 0 || (exponent > 127 - 60 && exponent < 127 + 30);
}

static wb_status probe_weights(const wb_input *input, const wb_host *host, wb_probe_result *result) {
    uint8_t head[20 + 4 * PROBE_FLOATS];
    const int named = has_extension(input->name, "weights");
    uint64_t got = 0, header, at;
    int32_t major, minor, revision;
    int plausible;
    TRY(host->read_at(host->ctx, 0, head, sizeof head, &got));
    if (got == 0) return WB_OK;
    result->format = WEIGHTS;
    if (named) result->level = WB_PROBE_POSSIBLE;
    if (got < 20 || input->flags & WB_INPUT_CARVED) return WB_OK;
    major = i32_at(head);
    minor = i32_at(head + 4);
    revision = i32_at(head + 8);
    header = wide_seen(major, minor) ? 20 : 16;
    plausible = major == 0 && minor >= 1 && minor <= 9 && revision >= 0 && revision <= 99 && (input->size - header) % 4 == 0 && got > header;
    if (header == 20 && u32_at(head + 16) > 0xff) plausible = 0;
    for (at = header; plausible && at + 4 <= got; at += 4) plausible = is_weight(u32_at(head + at));
    if (plausible) result->level = named ? WB_PROBE_LIKELY : WB_PROBE_POSSIBLE;
    return WB_OK;
}

static wb_status scan_weights(const wb_input *input, const wb_host *host) {
    uint8_t head[20];
    const uint64_t start = input->start;
    uint64_t got = 0, header = 16, rest, seen;
    int32_t major, minor, revision;
    wb_field fields[5];
    char digits[20];
    TRY(host->read_at(host->ctx, start, head, sizeof head, &got));
    if (got >= 8 && wide_seen(i32_at(head), i32_at(head + 4))) header = 20;
    TRY(host->poll(host->ctx, 1));
    if (got < header) {
        const wb_str found = decimal(got, digits);
        TRY(region(host, WB_REGION_STRUCTURE, start, got));
        TRY(anomaly(host, start, got, "truncated", header == 20 ? "a header of 20 bytes" : "a header of 16 bytes", found));
        return WB_MALFORMED;
    }
    major = i32_at(head);
    minor = i32_at(head + 4);
    revision = i32_at(head + 8);
    seen = u32_at(head + 12);
    if (header == 20) seen |= (uint64_t)u32_at(head + 16) << 32;
    rest = input->size - start - header;
    TRY(region(host, WB_REGION_STRUCTURE, start, header));
    TRY(region(host, WB_REGION_PAYLOAD, start + header, rest));
    fields[0] = signed_field("major", major);
    fields[1] = signed_field("minor", minor);
    fields[2] = signed_field("revision", revision);
    fields[3] = number_field("seen", seen);
    fields[4] = number_field("count", rest / 4);
    TRY(emit(host, "darknet.weights", 0, start, header, fields, 5, NULL));
    if (input->flags & WB_INPUT_INSPECT) {
        static const wb_str columns[] = {STR("name"), STR("count:number"), STR("offset:offset"), STR("size:size")};
        char count[20], offset[20], size[20];
        const wb_str name = STR("weights");
        wb_str cells[4];
        cells[0] = name;
        cells[1] = decimal(rest / 4, count);
        cells[2] = decimal(start + header, offset);
        cells[3] = decimal(rest, size);
        TRY(row(host, "tensors", start, input->size - start, WB_LISTING_COLUMNS, columns, LEN(columns)));
        TRY(row(host, "tensors", start + header, rest, 0, cells, LEN(cells)));
    }
    if (major < 0 || minor < 0 || major > 1000 || minor > 1000)
        TRY(anomaly(host, start, 8, "invalid", "a version such as 0.2", said("one that no writer gives")));
    TRY(host->poll(host->ctx, 8));
    if (rest == 0) {
        TRY(anomaly(host, start, header, "truncated", "weights after the header", said("the end")));
        return WB_MALFORMED;
    }
    if (rest % 4 != 0) {
        const wb_str found = decimal(rest % 4, digits);
        TRY(anomaly(host, input->size - rest % 4, rest % 4, "truncated", "four bytes of a weight", found));
        return WB_MALFORMED;
    }
    return WB_OK;
}

/* ---- Configurations ----------------------------------------------------------------------------------------------- */

static const char *const section_names[] = {
    "activation", "avg", "avgpool", "batchnorm", "conn", "connected", "conv", "convolutional", "cost", "crnn", "crop", "deconv", "deconvolutional",
    "detection", "dropout", "gru", "iseg", "l2norm", "local", "logistic", "lrn", "lstm", "max", "maxpool", "net", "network", "normalization",
    "region", "reorg", "rnn", "route", "sam", "scale_channels", "shortcut", "soft", "softmax", "upsample", "yolo", "gaussian_yolo",
};

/* Options that are paths, whatever they hold. */
static const char *const path_keys[] = {"data", "names", "backup", "pretrained", "weights", "train", "valid", "tree", "map", "labels"};

static int is_section(const char *ptr, uint64_t len) {
    uint64_t i;
    for (i = 0; i < LEN(section_names); i++)
        if (is(ptr, len, section_names[i])) return 1;
    return 0;
}

/* The section of what is said of the network as a whole. */
static int is_net(wb_str name) {
    return is(name.ptr, name.len, "net") || is(name.ptr, name.len, "network");
}

static void line_begin(session *s, uint64_t at) {
    s->kept = s->full = 0;
    s->begin = s->end = at;
    s->ended = 0;
}

static void line_add(session *s, uint8_t byte) {
    s->end++;
    if (s->ended || byte == ' ' || byte == '\t' || byte == '\r') return;
    if (byte == 0) {
        s->ended = 1;
        return;
    }
    if (s->kept < LINE_KEPT) s->line[s->kept++] = (char)byte;
    s->full++;
}

/* What a line begins with, for an anomaly. */
static wb_str quoted(const session *s) {
    return text_of(s->line, s->kept < QUOTED ? s->kept : QUOTED);
}

/* The name in the brackets of a line that begins a section. The loader compares it with its brackets; what lacks the last is no section it knows. */
static wb_str section_name(const session *s) {
    const uint64_t end = s->kept > 1 && s->line[s->kept - 1] == ']' ? s->kept - 1 : s->kept;
    return text_of(s->line + 1, end - 1 < SECTION_KEPT ? end - 1 : SECTION_KEPT);
}

static wb_status probe_cfg(session *s, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    const int named = has_extension(input->name, "cfg");
    uint64_t at = 0, got = 0, i;
    int found = 0;
    if (input->flags & WB_INPUT_CARVED) return WB_OK;
    line_begin(s, 0);
    while (!found && at < PROBE_TEXT) {
        TRY(host->read_at(host->ctx, at, s->chunk, CHUNK, &got));
        for (i = 0; i < got && !found; i++) {
            if (s->chunk[i] == 0) return WB_OK;
            if (s->chunk[i] != '\n') {
                line_add(s, s->chunk[i]);
                continue;
            }
            found = s->kept > 0 && s->line[0] != '#' && s->line[0] != ';';
            if (!found) line_begin(s, at + i + 1);
        }
        at += got;
        if (got < CHUNK) break;
    }
    if (s->kept > 2 && s->line[0] == '[' && s->line[s->kept - 1] == ']') {
        const wb_str name = section_name(s);
        const int first = is_net(name);
        if (first || (named && is_section(name.ptr, name.len))) {
            result->format = CFG;
            result->level = first && named ? WB_PROBE_LIKELY : WB_PROBE_POSSIBLE;
        }
    }
    return WB_OK;
}

static int is_slash(char c) {
    return c == '/' || c == '\\';
}

/* Whether a value leads somewhere, and by which role. */
static const char *role_of(const char *key, uint64_t key_len, const char *value, uint64_t len) {
    uint64_t i;
    if (len == 0) return NULL;
    for (i = 1; i + 3 <= len; i++)
        if (memcmp(value + i, "://", 3) == 0) return "url";
    for (i = 0; i < LEN(path_keys); i++)
        if (is(key, key_len, path_keys[i])) return "path";
    if (value[0] == '/' || value[0] == '~' || (len > 1 && value[0] == '\\' && value[1] == '\\')) return "path";
    if (len > 2 && value[1] == ':' && is_slash(value[2])) return "path";
    for (i = 0; i + 3 <= len; i++)
        if (memcmp(value + i, "..", 2) == 0 && is_slash(value[i + 2]) && (i == 0 || is_slash(value[i - 1]))) return "path";
    if (len > 1 && value[0] == '.' && is_slash(value[1])) return "path";
    return NULL;
}

static wb_status option(session *s, const wb_input *input, const wb_host *host) {
    const uint64_t begin = s->begin, length = s->end - s->begin;
    const char *const equals = memchr(s->line, '=', s->kept);
    const char *value, *role;
    uint64_t key_len, key_shown, len, full;
    char name[SECTION_KEPT + 1 + QUOTED];
    wb_field fields[4];
    if (equals == NULL) {
        /* The loader says so, and reads on. */
        return anomaly(host, begin, length, "invalid", "key=value", quoted(s));
    }
    key_len = (uint64_t)(equals - s->line);
    key_shown = key_len < QUOTED ? key_len : QUOTED;
    value = equals + 1;
    len = s->kept - key_len - 1;
    full = s->full - key_len - 1;
    if (len > s->value_max) len = s->value_max;
    if (s->sections == 0) {
        TRY(anomaly(host, begin, length, "invalid", "a section", quoted(s)));
        s->broken = 1;
    }
    memcpy(name, s->section, s->section_len);
    name[s->section_len] = '.';
    memcpy(name + s->section_len + 1, s->line, key_shown);
    fields[0] = text_field("key", name, s->section_len + 1 + (key_shown));
    fields[1] = text_field("value", value, len);
    if (len < full) {
        fields[1].value.flags = WB_TRUNCATED;
        fields[1].value.full_len = full;
    }
    TRY(emit(host, "metadata", s->section_fact, begin, length, fields, 2, NULL));
    role = role_of(s->line, key_len, value, len);
    if (role != NULL) {
        fields[2] = fields[1];
        fields[2].name = text_of("target", 6);
        if (strcmp(role, "path") == 0) {
            uint64_t i;
            for (i = key_len + 1; i < key_len + 1 + len; i++)
                if (s->line[i] == '\\') s->line[i] = '/';
        }
        fields[0] = text_field("role", role, strlen(role));
        fields[1] = text_field("mechanism", s->line, key_shown);
        fields[3] = text_field("darknet.section", s->section, s->section_len);
        TRY(emit(host, "reference", s->section_fact, begin, length, fields, 4, NULL));
    }
    if (input->flags & WB_INPUT_INSPECT) {
        wb_str cells[2];
        cells[0] = text_of(s->line, key_shown);
        cells[1] = text_of(value, len);
        TRY(row(host, "layers", begin, length, 1, cells, 2));
    }
    return WB_OK;
}

static wb_status section(session *s, const wb_input *input, const wb_host *host) {
    const uint64_t begin = s->begin, length = s->end - s->begin;
    const wb_str name = section_name(s);
    memcpy(s->section, name.ptr, name.len);
    s->section_len = name.len;
    if (s->sections++ == 0 && !is_net(name)) {
        TRY(anomaly(host, begin, length, "invalid", "[net] first", quoted(s)));
        s->broken = 1;
    }
    if (s->line[s->kept - 1] != ']') TRY(anomaly(host, begin, length, "invalid", "]", quoted(s)));
    s->section_fact = 0;
    if (!is_net(name)) {
        wb_field fields[2];
        fields[0] = text_field("framework", "darknet", 7);
        fields[1] = text_field("op", s->section, s->section_len);
        TRY(emit(host, "operator", 0, begin, length, fields, 2, &s->section_fact));
    }
    if (input->flags & WB_INPUT_INSPECT) {
        wb_str cells[1];
        cells[0] = text_of(s->section, s->section_len);
        TRY(row(host, "layers", begin, length, 0, cells, 1));
    }
    return WB_OK;
}

static wb_status line(session *s, const wb_input *input, const wb_host *host) {
    if (s->ended) TRY(anomaly(host, s->begin, s->end - s->begin, "invalid", "text", said("a NUL, after which the line is not read")));
    if (s->kept == 0 || s->line[0] == '#' || s->line[0] == ';') return WB_OK;
    return s->line[0] == '[' ? section(s, input, host) : option(s, input, host);
}

static wb_status scan_cfg(session *s, const wb_input *input, const wb_host *host) {
    static const wb_str columns[] = {STR("name"), STR("value")};
    static const wb_str limit = STR("darknet.value-bytes");
    uint64_t at = input->start, got = 0, i, steps;
    s->section_len = s->section_fact = s->sections = 0;
    s->broken = 0;
    s->value_max = 4096;
    host->limit(host->ctx, limit, &s->value_max);
    TRY(region(host, WB_REGION_STRUCTURE, at, input->size - at));
    if (input->flags & WB_INPUT_INSPECT) TRY(row(host, "layers", at, input->size - at, WB_LISTING_COLUMNS, columns, LEN(columns)));
    line_begin(s, at);
    for (;;) {
        TRY(host->read_at(host->ctx, at, s->chunk, CHUNK, &got));
        steps = 1;
        for (i = 0; i < got; i++) {
            if (s->chunk[i] != '\n') {
                line_add(s, s->chunk[i]);
                continue;
            }
            TRY(line(s, input, host));
            line_begin(s, at + i + 1);
            steps++;
        }
        at += got;
        TRY(host->poll(host->ctx, steps));
        if (got < CHUNK) break;
    }
    TRY(line(s, input, host));
    if (s->sections == 0) {
        TRY(anomaly(host, input->start, 0, "invalid", "a section", said("none")));
        return WB_MALFORMED;
    }
    return s->broken ? WB_MALFORMED : WB_OK;
}

/* ---- The plugin --------------------------------------------------------------------------------------------------- */

static wb_status create(void **made) {
    *made = calloc(1, sizeof(session));
    return *made == NULL ? WB_INTERNAL : WB_OK;
}

static void destroy(void *made) {
    free(made);
}

static wb_status probe(void *made, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    TRY(probe_cfg(made, input, host, result));
    return result->level == WB_PROBE_NO ? probe_weights(input, host, result) : WB_OK;
}

static wb_status scan(void *made, const wb_input *input, const wb_host *host) {
    return input->format == CFG ? scan_cfg(made, input, host) : scan_weights(input, host);
}

static const wb_format_reads format_reads[] = {
    {STR("darknet-weights"), STR("the header; the weights are payload"), {NULL, 0}},
    {STR("darknet-cfg"), STR("every line"), {NULL, 0}},
};
static const wb_reads reads = {sizeof(wb_reads), format_reads, LEN(format_reads)};
static const wb_contact contact = {sizeof(wb_contact), STR("https://darknet.example/issues")};

static const void *extension(wb_str id) {
    if (is(id.ptr, id.len, WB_EXTENSION_READS)) return &reads;
    if (is(id.ptr, id.len, WB_EXTENSION_CONTACT)) return &contact;
    return NULL;
}

static const wb_str weights_extensions[] = {STR("weights")};
static const wb_format weights_format = {
    .struct_size = sizeof(wb_format),
    .id = STR("darknet-weights"),
    .title = STR("Darknet weights"),
    .flags = WB_FORMAT_PROBE_ALWAYS,
    .extensions = weights_extensions,
    .extension_count = LEN(weights_extensions),
};
/* Other programs call their files `.cfg`, too: were it given here, each of them would be said to be named for what it is not. */
static const wb_format cfg_format = {
    .struct_size = sizeof(wb_format),
    .id = STR("darknet-cfg"),
    .title = STR("Darknet configuration"),
    .flags = WB_FORMAT_PROBE_ALWAYS,
};
static const wb_format *const formats[] = {&weights_format, &cfg_format};

static const wb_str anomaly_fields[] = {STR("code"), STR("expected"), STR("found")};
static const wb_str metadata_fields[] = {STR("key"), STR("value")};
static const wb_str operator_fields[] = {STR("framework"), STR("op")};
static const wb_str reference_fields[] = {STR("role"), STR("target"), STR("mechanism"), STR("darknet.section")};
static const wb_str weights_fields[] = {STR("major"), STR("minor"), STR("revision"), STR("seen"), STR("count")};
static const wb_fact_kind kinds[] = {
    {STR("anomaly"), anomaly_fields, LEN(anomaly_fields)},
    {STR("metadata"), metadata_fields, LEN(metadata_fields)},
    {STR("operator"), operator_fields, LEN(operator_fields)},
    {STR("reference"), reference_fields, LEN(reference_fields)},
    {STR("darknet.weights"), weights_fields, LEN(weights_fields)},
};
static const wb_limit limits[] = {
    {STR("darknet.value-bytes"), STR("values are words and paths; what is longer than any path is cut to bound memory"), 4096},
};

WB_EXPORT const wb_plugin weighbridge_plugin_darknet = {
    .struct_size = sizeof(wb_plugin),
    .abi_major = WB_ABI_MAJOR,
    .abi_minor = WB_ABI_MINOR,
    .vocabulary = WB_VOCABULARY,
    .id = STR("darknet"),
    .name = STR("Darknet models"),
    .version = STR("1.0.0"),
    .license = STR("MIT"),
    .formats = formats,
    .format_count = LEN(formats),
    .fact_kinds = kinds,
    .fact_kind_count = LEN(kinds),
    .limits = limits,
    .limit_count = LEN(limits),
    .create = create,
    .destroy = destroy,
    .probe = probe,
    .scan = scan,
    .extension = extension,
};
