/*
 * weighbridge.h: the contract between the Weighbridge engine (the host) and a format plugin. ABI 0.9.
 *
 * A plugin sees, it does not judge: it turns the bytes of one input into facts ("this stream calls os.system with
 * 'id' at offset 31"), regions ("these bytes are payload") and children ("here begins a nested file"). Rule packs,
 * which live in the host, turn facts into findings.
 *
 * A plugin is a shared library (or code linked into the host) that exports exactly ONE data symbol of the form
 *
 *     const wb_plugin weighbridge_plugin_<id>;        <id> = [a-z][a-z0-9_]*
 *
 * The host reads the export table before it opens the library: no such symbol, or more than one, and the library is
 * refused. The file's name means nothing. Use the macro WB_EXPORT in front of the definition.
 *
 * Rules that hold everywhere
 *   - Integers are fixed-width and in the machine's byte order. Lengths and offsets are uint64_t. There is no C enum, bool,
 *     long, size_t or bit-field in this file. Structures have no hidden padding: it is spelled out as `reserved`, which is zero.
 *   - Text is UTF-8 given by pointer and length, never NUL-terminated; bytes are a type of their own. A pointer may be null
 *     only where the length is 0, or where it is said.
 *   - Nothing allocated on one side is freed on the other. What the plugin passes to a host function has to live until that
 *     function returns: the host copies. What the host passes lives until the plugin's function returns, unless said otherwise.
 *   - A structure that may grow begins with `struct_size`, is only ever passed by pointer, and grows at its end alone. A reader
 *     uses a field only if struct_size covers it; a writer sets struct_size = sizeof(the structure) as it knows it.
 *     Structures marked [frozen] never change.
 *   - Host functions return a wb_status. WB_IO, WB_CANCELLED and WB_BUDGET mean that the scan of this input ends: the plugin
 *     returns the same status from its own function, at once, and calls nothing but what it needs to clean up. After any of
 *     them, every further host call of the same scan returns the same status.
 *   - A plugin may not let a C++ exception, a Rust panic or a longjmp cross this boundary, may not write to standard output or
 *     error, start processes, open files or sockets, or change process-wide state (locale, signals, environment, directory).
 *     On Linux the host enforces the greater part of that.
 *
 * Thread tags
 *   [main-thread]  called once, by one thread, before anything else of the plugin.
 *   [any-thread, one call at a time per session]  any thread may call, sessions are used in parallel, one session never is.
 *
 * Version 0.9, since: every declaration is of minor version 9 unless it says otherwise.
 */
#ifndef WEIGHBRIDGE_H
#define WEIGHBRIDGE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WB_ABI_MAJOR ((uint16_t)0)
#define WB_ABI_MINOR ((uint16_t)9)

/* The vocabulary of fact kinds and fields this header was written with (see "Vocabulary" in plugins/README.md). */
#define WB_VOCABULARY ((uint32_t)1)

#if defined(_WIN32)
#define WB_EXPORT __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define WB_EXPORT __attribute__((visibility("default")))
#else
#define WB_EXPORT
#endif

/* ---- Plain values ------------------------------------------------------------------------------------------------- */

/* Text: UTF-8, `len` bytes, not NUL-terminated. Where a plugin passes bytes that are not UTF-8, the host keeps them as
 * replacement characters: raw names of the file belong into wb_bytes. [frozen] */
typedef struct wb_str {
    const char *ptr;
    uint64_t len;
} wb_str;

/* Bytes. [frozen] */
typedef struct wb_bytes {
    const uint8_t *ptr;
    uint64_t len;
} wb_bytes;

/* What a function returns. */
typedef int32_t wb_status;
#define WB_OK ((wb_status)0)          /* done */
#define WB_IO ((wb_status)1)          /* the input could not be read: return it unchanged, at once */
#define WB_CANCELLED ((wb_status)2)   /* a person or a time limit ended the scan: return it unchanged, at once */
#define WB_BUDGET ((wb_status)3)      /* a budget (bytes, steps, facts, depth) is used up: return it unchanged, at once */
#define WB_MALFORMED ((wb_status)4)   /* from the plugin: the input broke off or broke the format; an `anomaly` fact says where */
#define WB_UNSUPPORTED ((wb_status)5) /* from the plugin: a part cannot be read (encrypted, unknown method); an `anomaly` fact says which */
#define WB_ARGUMENT ((wb_status)6)    /* an argument is outside its contract: a bug of the caller */
#define WB_INTERNAL ((wb_status)7)    /* from the plugin: it failed by its own fault (a caught panic) */

/* A size that is not known. */
#define WB_UNKNOWN UINT64_MAX

/* ---- Facts -------------------------------------------------------------------------------------------------------- */

/* Types of a value. */
#define WB_U64 ((uint32_t)1)
#define WB_I64 ((uint32_t)2)
#define WB_F64 ((uint32_t)3)
#define WB_BYTES ((uint32_t)4)
#define WB_TEXT ((uint32_t)5)
#define WB_LIST ((uint32_t)6) /* of values that are not lists */

/* The value is cut: `full_len` says how long it was. */
#define WB_TRUNCATED ((uint32_t)1)

/* One typed value. `full_len` is the whole length (bytes of WB_BYTES and WB_TEXT, items of WB_LIST) before any cut; 0 for
 * numbers. The host cuts text and bytes of more than 64 KiB and lists of more than 4,096 items by itself. [frozen] */
typedef struct wb_value {
    uint32_t type;
    uint32_t flags;
    uint64_t full_len;
    union {
        uint64_t u64;
        int64_t i64;
        double f64;
        wb_bytes bytes;
        wb_str text;
        struct {
            const struct wb_value *items;
            uint64_t len;
        } list;
    } as;
} wb_value;

/* A named value. Names are of the vocabulary, or `<vendor>.<name>`. [frozen] */
typedef struct wb_field {
    wb_str name;
    wb_value value;
} wb_field;

/* A fact: something that is in the input. `kind` is one that the descriptor declares. `parent` is the id of a fact emitted
 * before in the same scan (the call whose argument this is), or 0. The place is in the input's own coordinates. Facts equal in all but
 * their place are one fact to the host, with its first few places and a count: emit each occurrence, or say `again`. */
typedef struct wb_fact {
    uint64_t struct_size;
    wb_str kind;
    uint64_t parent;
    uint64_t offset;
    uint64_t length;
    const wb_field *fields;
    uint64_t field_count;
} wb_fact;

/* ---- Regions ------------------------------------------------------------------------------------------------------ */

#define WB_REGION_STRUCTURE ((uint32_t)1) /* understood by the plugin: headers, opcodes, directories */
#define WB_REGION_PAYLOAD ((uint32_t)2)   /* data that nothing executes: tensors, pixels, compressed members */
#define WB_REGION_PADDING ((uint32_t)3)   /* filler between the other two */
#define WB_REGION_OPAQUE ((uint32_t)4)    /* known to be there, not read: encrypted, of an unknown method */

/* How the plugin accounts for its input: an interval and its class. Regions of one scan may not overlap and may come in any order. Bytes that no
 * region of any plugin covers are reported by the host as `unclaimed-bytes`. */
typedef struct wb_region {
    uint64_t struct_size;
    uint32_t class_;
    uint32_t reserved;
    uint64_t offset;
    uint64_t length;
} wb_region;

/* ---- Children ----------------------------------------------------------------------------------------------------- */

#define WB_CHILD_RANGE ((uint32_t)1) /* `offset`, `length` of the input, as it stands: seen without a copy */
#define WB_CHILD_TOKEN ((uint32_t)2) /* to be decoded: the host calls open_child with `token` after scan has returned */

/* flags of a child */
#define WB_CHILD_PAYLOAD ((uint32_t)1)     /* tensor data and the like: looked at, but nothing to say when no format is found in it */
#define WB_CHILD_SPECULATIVE ((uint32_t)2) /* may well be nothing (a constant that could hold a file): never an error or anomaly by itself */

/* Nested content, reported and never scanned in place. The host takes children up after scan has returned, in order. */
typedef struct wb_child {
    uint64_t struct_size;
    uint32_t kind;
    uint32_t flags;
    uint64_t offset;        /* RANGE: where it lies; TOKEN: where its encoded bytes lie */
    uint64_t length;        /* in bytes of the input, for both */
    uint64_t token;         /* TOKEN: the plugin's own number for open_child */
    uint64_t index;         /* position in the container: with the name it identifies the child */
    uint64_t declared_size; /* of the decoded content, as the container says; WB_UNKNOWN where it does not */
    uint64_t parent;        /* id of the fact it belongs to (the call whose argument it is), or 0 */
    wb_bytes name;          /* as in the container, raw */
    wb_str encoding;        /* "stored", "deflate", "base64", ... */
    wb_str format_hint;     /* a format id, or empty; content decides all the same */
} wb_child;

/* ---- Listings ----------------------------------------------------------------------------------------------------- */

/* A row of a listing (disassembly, decompiled code, a tree, a table): only in a session whose input has WB_INPUT_INSPECT; ordered, never merged,
 * never seen by rules. */
typedef struct wb_listing {
    uint64_t struct_size;
    wb_str listing; /* "disassembly", "decompiled", "tree", or a name of the plugin's own */
    uint64_t offset;
    uint64_t length;
    uint64_t depth; /* indentation */
    const wb_str *cells;
    uint64_t cell_count;
} wb_listing;

/* ---- What the host offers to a call --------------------------------------------------------------------------------- */

#define WB_MODE_QUICK ((uint32_t)1)
#define WB_MODE_THOROUGH ((uint32_t)2)

#define WB_INPUT_INSPECT ((uint32_t)1) /* listings are wanted */
#define WB_INPUT_CARVED ((uint32_t)2)  /* cut out of other bytes by its magic: probe answers CERTAIN only to what chance does not make, and other
                                        * bytes may follow the format's end, which scan leaves alone */

/* The input of one call. */
typedef struct wb_input {
    uint64_t struct_size;
    uint64_t size;       /* bytes; always known */
    wb_str name;         /* base name, sanitised (no separators, no control characters); may be empty; a hint and nothing more */
    uint32_t mode;       /* WB_MODE_* */
    uint32_t flags;      /* WB_INPUT_* */
    uint64_t start;      /* where the format begins: 0, or the `start` that the plugin's probe answered */
    uint64_t format;     /* index into the descriptor's formats that probe answered; 0 in a probe */
    wb_str encoding;     /* how it was encoded in its container, "" for a file */
} wb_input;

/* Functions of the host. Valid until the plugin's function that received it returns. [any-thread: the thread of that call alone] */
typedef struct wb_host {
    uint64_t struct_size;
    void *ctx; /* first argument of every function below */

    /* Reads `len` bytes at `offset` into `buf` (the plugin's own) and writes to `got` how many came: fewer than `len` only at the end of the
     * input; the rest of `buf` is zeroed. An offset beyond the end gives 0 bytes and WB_OK. Errors: WB_IO, WB_CANCELLED, WB_BUDGET. */
    wb_status (*read_at)(void *ctx, uint64_t offset, void *buf, uint64_t len, uint64_t *got);

    /* Says that `steps` steps of work were done (an opcode, a row, an entry). To be called at least every 10,000 steps or 64 KiB read.
     * Errors: WB_CANCELLED, WB_BUDGET. */
    wb_status (*poll)(void *ctx, uint64_t steps);

    /* Takes a fact. `id` (may be null) receives its id, never 0, for use as a parent. Not in a probe: WB_ARGUMENT. In read_child
     * it is how a decoder says what is wrong with what it decodes.
     * Errors: WB_IO, WB_CANCELLED, WB_BUDGET, WB_ARGUMENT (a kind that is not declared, a bad value). */
    wb_status (*emit)(void *ctx, const wb_fact *fact, uint64_t *id);

    /* Says that the fact of `id`, emitted before in the same scan, occurs again: `count` times, the first of them at this place. For what occurs
     * a million times it is cheaper than to emit it anew. Errors as emit; WB_ARGUMENT for an id that the host did not give. */
    wb_status (*again)(void *ctx, uint64_t id, uint64_t offset, uint64_t length, uint64_t count);

    /* Takes a region. Errors as emit; WB_ARGUMENT for a region outside the input. */
    wb_status (*region)(void *ctx, const wb_region *region);

    /* Takes a child. Errors as emit; WB_ARGUMENT for a range outside the input. */
    wb_status (*child)(void *ctx, const wb_child *child);

    /* Takes a row of a listing. Without WB_INPUT_INSPECT it does nothing. Errors as emit. */
    wb_status (*listing)(void *ctx, const wb_listing *row);

    /* A limit by name ("pickle.memo-entries"), for those that the descriptor wants; `value` receives it. WB_ARGUMENT for an unknown name,
     * and `value` is left as it was. */
    wb_status (*limit)(void *ctx, wb_str name, uint64_t *value);

    /* An extension of the host by id ("weighbridge.<name>/<revision>"), or null. */
    const void *(*extension)(void *ctx, wb_str id);
} wb_host;

/* ---- What a plugin says of itself ----------------------------------------------------------------------------------- */

#define WB_ANCHOR_START ((uint32_t)1) /* `offset` from the start of the input */
#define WB_ANCHOR_END ((uint32_t)2)   /* `offset` back from the end: the pattern begins at size - offset */
#define WB_ANCHOR_TAIL ((uint32_t)3)  /* anywhere within the last 64 KiB + 22 bytes */

/* A byte pattern. `mask` is empty (exact), or as long as `bytes`: bits that are 0 in it are not compared. [frozen] */
typedef struct wb_magic {
    uint32_t anchor;
    uint32_t reserved;
    uint64_t offset;
    wb_bytes bytes;
    wb_bytes mask;
} wb_magic;

#define WB_FORMAT_PROBE_ALWAYS ((uint32_t)1) /* has no magic: probe every input */

/* A format that the plugin reads. */
typedef struct wb_format {
    uint64_t struct_size;
    wb_str id;    /* "zip", "gguf": [a-z][a-z0-9-]* */
    wb_str title; /* "ZIP archive" */
    uint32_t flags;
    uint32_t reserved;
    const wb_magic *magics; /* any of them makes the host call probe */
    uint64_t magic_count;
    const wb_str *extensions; /* hints, lower case, without the dot */
    uint64_t extension_count;
    const wb_str *markers; /* globs: a directory that holds an entry of that name, or (ending in "/") is called so, is one artifact */
    uint64_t marker_count;
} wb_format;

/* A kind of fact that the plugin may emit, and its fields. [frozen] */
typedef struct wb_fact_kind {
    wb_str kind;
    const wb_str *fields;
    uint64_t field_count;
} wb_fact_kind;

/* A limit that the plugin wants to be settable. [frozen] */
typedef struct wb_limit {
    wb_str name;
    wb_str reason;
    uint64_t value; /* default */
} wb_limit;

#define WB_PROBE_NO ((uint32_t)0)
#define WB_PROBE_POSSIBLE ((uint32_t)1) /* read only when nothing is CERTAIN, or when the extension agrees */
#define WB_PROBE_LIKELY ((uint32_t)2)   /* read */
#define WB_PROBE_CERTAIN ((uint32_t)3)  /* read */

/* The answer of probe. */
typedef struct wb_probe_result {
    uint64_t struct_size;
    uint32_t level; /* WB_PROBE_* */
    uint32_t format; /* index into the descriptor's formats */
    uint64_t start; /* where the format begins in the input (0 unless something stands before it) */
} wb_probe_result;

/* The descriptor. Its first eight bytes are frozen for all versions of this ABI. It and all it points to are constant and live as long as the
 * library is open (for ever: the host never closes it). All function pointers are required unless said otherwise. */
typedef struct wb_plugin {
    uint32_t struct_size;
    uint16_t abi_major; /* WB_ABI_MAJOR: another one is refused */
    uint16_t abi_minor; /* WB_ABI_MINOR: a newer one than the host's is accepted, the host reads what it knows */
    uint32_t vocabulary; /* WB_VOCABULARY */
    uint32_t reserved;
    wb_str id; /* as in the symbol */
    wb_str name;
    wb_str version;
    wb_str license; /* SPDX expression */

    const wb_format *const *formats;
    uint64_t format_count;
    const wb_fact_kind *fact_kinds;
    uint64_t fact_kind_count;
    const wb_limit *limits;
    uint64_t limit_count;

    /* Makes a session: the plugin's state for scans one after the other. Host: `session` receives it (may be null). Errors: WB_INTERNAL.
     * [any-thread] */
    wb_status (*create)(void **session);

    /* Frees a session. Never called while another function of the session runs. [any-thread, one call at a time per session] */
    void (*destroy)(void *session);

    /* Says whether and where the input is of the plugin's formats. May read (the beginning and the end are cheap), may not emit; is to answer
     * within some KiB read. `result` comes with struct_size set and level WB_PROBE_NO. [any-thread, one call at a time per session] */
    wb_status (*probe)(void *session, const wb_input *input, const wb_host *host, wb_probe_result *result);

    /* Reads the input and emits what is in it. On WB_MALFORMED, WB_UNSUPPORTED and WB_INTERNAL what was emitted is kept, and the result is
     * marked incomplete. [any-thread, one call at a time per session] */
    wb_status (*scan)(void *session, const wb_input *input, const wb_host *host);

    /* The three may be null together where the plugin reports no token.
     * Opens the child of `token`, which a `child` record of the last scan of this session named; the input is the same.
     * At most one child of a session is open. WB_UNSUPPORTED: cannot be decoded. [any-thread, one call at a time per session] */
    wb_status (*open_child)(void *session, const wb_input *input, const wb_host *host, uint64_t token);

    /* The next decoded bytes, up to `len`: `got` receives how many; 0 is the end. WB_MALFORMED: the encoding broke off, the bytes that came before
     * stand. [any-thread, one call at a time per session] */
    wb_status (*read_child)(void *session, const wb_input *input, const wb_host *host, void *buf, uint64_t len, uint64_t *got);

    /* Closes it. [any-thread, one call at a time per session] */
    void (*close_child)(void *session);

    /* An extension of the plugin by id ("weighbridge.<name>/<revision>"), or null. May be null itself. [any-thread] */
    const void *(*extension)(wb_str id);
} wb_plugin;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* WEIGHBRIDGE_H */
