/*
 * weighbridge.h: the contract between the Weighbridge engine (the host) and a format plugin. ABI 1.0.
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
 * refused. The file's name means nothing. Use the macro WB_EXPORT in front of the definition. It is opened with RTLD_NOW | RTLD_LOCAL: whatever
 * it needs has to be on the system, or linked in. Opening it takes less than 100 ms, and so does a probe.
 *
 * This file and plugins/README.md are all that an author needs. Each function says: its purpose and arguments; who owns
 * what, and how long it is valid ("Owns"); on which threads it is called ("Thread"); what it returns ("Returns"); since which
 * minor version it is there ("Since"). `weighbridge plugins check FILE` looks at what is promised here, each promise by itself.
 *
 * Life of a plugin
 *     the library is opened, and never closed
 *     extension()                                 the host looks for what it knows, once
 *     create() -> session                         any number, on any threads
 *        probe()                                  is the input one of mine?  any number of times
 *        scan()                                   what is in it?             after a probe that said so, or by a container's hint
 *           open_child() read_child()... close_child()      for each WB_CHILD_TOKEN of that scan, in order, one at a time
 *        probe() scan() ...                       the session's next input
 *     destroy(session)
 *
 * Rules that hold everywhere
 *   - Integers are fixed-width and in the machine's byte order. Lengths and offsets are uint64_t. There is no C enum, bool,
 *     long, size_t or bit-field in this file. Structures have no hidden padding: it is spelled out as `reserved`, which is zero.
 *   - Text is UTF-8 given by pointer and length, never NUL-terminated; bytes are a type of their own. A pointer may be null
 *     only where the length is 0, or where it is said.
 *   - Nothing allocated on one side is freed on the other. What the plugin passes to a host function has to live until that
 *     function returns: the host copies. What the host passes lives until the plugin's function returns. What the descriptor points
 *     to is constant and lives as long as the library is open.
 *   - A structure marked [growable] begins with `struct_size`, is only ever passed by pointer, and grows at its end alone. Its writer
 *     sets struct_size = sizeof(the structure) as it knows it and zeroes what it has no use for. Its reader uses a field only if
 *     struct_size covers it (WB_HAS) and takes one that is not covered as zero. Structures marked [frozen] never change.
 *   - Host functions return a wb_status. WB_IO, WB_CANCELLED and WB_BUDGET mean that the scan of this input ends: the plugin
 *     returns the same status from its own function, at once, and calls nothing but what it needs to clean up. After any of
 *     them, every further host call of the same scan returns the same status.
 *   - WB_ARGUMENT from a host function is a bug of the plugin: nothing was taken, the file is reported with an error that names the plugin
 *     and the bug, and the plugin may go on. It is no status of scan: a plugin that goes on returns what it would have returned. What a function
 *     writes (`id`) is left as it was.
 *   - A plugin may not let a C++ exception, a Rust panic or a longjmp cross this boundary, may not write to standard output or
 *     error, start processes or threads that outlive a call, open files or sockets, or change process-wide state (locale, signals,
 *     environment, directory, standard streams). On Linux the host enforces the greater part of that.
 *   - Inputs are hostile. One that is empty, of one byte, cut short or changed at any place is read like any other: it may end a scan early
 *     (WB_MALFORMED), but it may not make a plugin fail by its own fault (WB_INTERNAL), crash, or run on without a poll. That holds for scan whatever
 *     probe says: a container's hint can lead to it with any bytes.
 *   - A plugin keeps no state outside of its sessions, except tables that never change once they are made: inputs come in any
 *     order, in any number of processes, and the same input gives the same facts.
 *
 * Versions
 *   - abi_major: the two sides speak if it is equal. Else the host refuses the library, and says which side is the older one.
 *   - abi_minor: what was added at ends of structures. Each side works with an older and with a newer other one: it reads what is
 *     there. A host takes a newer plugin and leaves unread what it does not know. A plugin that cannot do without something newer
 *     says so in `needs_minor`, and an older host refuses it with a sentence that asks to update Weighbridge.
 *   - vocabulary: the kinds of facts, their fields and the codes of anomalies, numbered apart from the ABI. See "Vocabulary".
 *   - Revisions of extensions are part of their id: a new revision is a new id.
 *
 * Vocabulary
 *   Kinds and fields of facts are names. Those without a dot belong to Weighbridge's vocabulary (plugins/README.md lists it, with what each
 *   field holds). A vendor adds its own under a prefix: `<vendor>.<name>`, as in `acme.tensor`; parts are of [a-z0-9_-], the first begins with
 *   a letter, `weighbridge.` is reserved. Rule packs match them as they match any other. Fields of a vendor's own kind need no prefix; a vendor's
 *   field in a kind of the vocabulary does (`acme.shape` in `metadata`).
 *   The descriptor declares every kind and field that the plugin may emit. What it does not declare is refused when it is emitted (WB_ARGUMENT).
 *   A name without a dot that the host's vocabulary does not have is refused when the plugin is opened, unless the plugin's vocabulary is
 *   newer than the host's: then it passes through, and packs that know it match it.
 *   The vendor's prefix need not be the plugin's id: several plugins of one vendor may share it, and say the same with it.
 *   Codes of anomalies are values, not names: a plugin's own are `<id>-<code>`, <id> being the plugin's. No function refuses another one.
 *
 * Thread tags
 *   [any-thread]  any thread may call, several at once.
 *   [any-thread, one call at a time per session]  any thread may call; sessions are used in parallel, one session never is.
 *   [calling thread]  for host functions: only on the thread, and during the call, that they were passed to.
 *
 * Since: every declaration is there since version 1.0, unless it says otherwise.
 */
#ifndef WEIGHBRIDGE_H
#define WEIGHBRIDGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WB_ABI_MAJOR 1
#define WB_ABI_MINOR 0

/* The vocabulary of fact kinds and fields that this header was written with. */
#define WB_VOCABULARY 1

/* What the exported symbol begins with. */
#define WB_SYMBOL_PREFIX "weighbridge_plugin_"

#if defined(_WIN32)
#define WB_EXPORT __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define WB_EXPORT __attribute__((visibility("default")))
#else
#define WB_EXPORT
#endif

/* Whether a [growable] structure that the other side has written covers a field: WB_HAS(host, wb_host, listing). A plugin asks before it uses
 * anything that came after the minor version named in its `needs_minor` (or after 1.0, where that is 0). */
#define WB_HAS(pointer, type, field) ((uint64_t)(pointer)->struct_size >= (uint64_t)(offsetof(type, field) + sizeof(((type *)0)->field)))

/* ---- Plain values ------------------------------------------------------------------------------------------------- */

/* Text: UTF-8, `len` bytes, not NUL-terminated. Where a plugin passes bytes that are not UTF-8, the host keeps replacement
 * characters in their place: raw names of the file belong into wb_bytes. [frozen] */
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
#define WB_IO ((wb_status)1)          /* from the host: the input could not be read: return it unchanged, at once */
#define WB_CANCELLED ((wb_status)2)   /* from the host: a person or a time limit ended the scan: return it unchanged, at once */
#define WB_BUDGET ((wb_status)3)      /* from the host: a budget (bytes, steps, facts, depth) is used up: return it unchanged, at once */
#define WB_MALFORMED ((wb_status)4)   /* from the plugin: the input broke off or broke the format; an `anomaly` fact says where */
#define WB_UNSUPPORTED ((wb_status)5) /* from the plugin: a part cannot be read (encrypted, unknown method); an `anomaly` fact says which */
#define WB_ARGUMENT ((wb_status)6)    /* an argument is outside its contract: a bug of the caller */
#define WB_INTERNAL ((wb_status)7)    /* from the plugin: it failed by its own fault (out of memory, a caught exception) */

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

/* The plugin has cut the value: `full_len` says how long it was. */
#define WB_TRUNCATED ((uint32_t)1)

/* One typed value. `full_len` is the whole length (bytes of WB_BYTES and WB_TEXT, items of WB_LIST) before any cut; it is read only where
 * `flags` has WB_TRUNCATED, and 0 for numbers. The host cuts text and bytes of more than 64 KiB and lists of more than 4,096 items by itself,
 * and notes that it did. [frozen] */
typedef struct wb_value {
    uint32_t type;  /* WB_U64 ... WB_LIST */
    uint32_t flags; /* WB_TRUNCATED */
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

/* A named value. The name is one that the descriptor declares for the fact's kind. [frozen] */
typedef struct wb_field {
    wb_str name;
    wb_value value;
} wb_field;

/* A fact: something that is in the input. Facts equal in all but their place (in kind, parent and fields) are one fact to the host, with its first
 * few places and a count: emit each occurrence, which gets the id of the first, or say `again`. A place may be of length 0, at the input's end too.
 * Made by the plugin, read by the host during `emit`. [growable] */
typedef struct wb_fact {
    uint64_t struct_size;
    wb_str kind;            /* one that the descriptor declares */
    uint64_t parent;        /* id of a fact that was emitted before in the same scan (the call whose argument this is), or 0 */
    uint64_t offset;        /* where it is, in the input's own bytes: for people. It lies within the input; a place that the file gives */
    uint64_t length;        /* and that does not is cut to it by the plugin (and else by the host) */
    const wb_field *fields; /* at most 64, in any order, no name twice; one that says nothing is left out */
    uint64_t field_count;
} wb_fact;

/* ---- Regions ------------------------------------------------------------------------------------------------------ */

#define WB_REGION_STRUCTURE ((uint32_t)1) /* understood by the plugin: headers, opcodes, directories */
#define WB_REGION_PAYLOAD ((uint32_t)2)   /* data that nothing executes: tensors, pixels, compressed members */
#define WB_REGION_PADDING ((uint32_t)3)   /* filler between the other two */
#define WB_REGION_OPAQUE ((uint32_t)4)    /* known to be there, not read: encrypted, of an unknown method */

/* How the plugin accounts for its input: an interval and its class. Regions of one scan may not overlap, lie within the input, and may come
 * in any order. Bytes that no region of any plugin covers are reported by the host as `unclaimed-bytes`, and searched; payload, padding and
 * opaque bytes are searched in thorough mode. After a scan that returned WB_MALFORMED that holds as well: what was not read and is to be searched
 * is left unclaimed. A region of length 0 says nothing. Children that are ranges are accounted for apart: cover them with a region too. Made by
 * the plugin, read by the host during `region`. [growable] */
typedef struct wb_region {
    uint64_t struct_size;
    uint32_t class_; /* WB_REGION_* */
    uint32_t reserved;
    uint64_t offset;
    uint64_t length;
} wb_region;

/* ---- Children ----------------------------------------------------------------------------------------------------- */

#define WB_CHILD_RANGE ((uint32_t)1) /* `offset`, `length` of the input, as it stands: seen without a copy */
#define WB_CHILD_TOKEN ((uint32_t)2) /* to be decoded: the host calls open_child with `token` after scan has returned */

/* flags of a child */
#define WB_CHILD_PAYLOAD ((uint32_t)1)     /* tensor data and the like: looked at, but nothing to say when no format is found in it. Without WB_CHILD_SPECULATIVE
                                              a format is found only where chance does not make one: plugins see WB_INPUT_CARVED */
#define WB_CHILD_SPECULATIVE ((uint32_t)2) /* may well be nothing (a constant that could hold a file): never an error or anomaly by itself */

/* Nested content, reported and never scanned in place: a plugin does not look into it. The host takes children up after scan has returned, in the
 * order in which they were reported, and bounds depth, size and ratio. Made by the plugin, read by the host during `child`. [growable] */
typedef struct wb_child {
    uint64_t struct_size;
    uint32_t kind;          /* WB_CHILD_RANGE or WB_CHILD_TOKEN */
    uint32_t flags;
    uint64_t offset;        /* RANGE: where it lies; TOKEN: where its encoded bytes lie */
    uint64_t length;        /* in bytes of the input, for both */
    uint64_t token;         /* TOKEN: the plugin's own number for open_child; each child of a scan has another one */
    uint64_t index;         /* position in the container: with the name it identifies the child */
    uint64_t declared_size; /* of the decoded content, as the container says; WB_UNKNOWN where it does not */
    uint64_t parent;        /* id of the fact it belongs to (the call whose argument it is), or 0 */
    wb_bytes name;          /* as in the container, raw, with / between parts; may be empty */
    wb_str encoding;        /* "stored", "deflate", "base64", ... */
    wb_str format_hint;     /* a format id that its container says it is of, or empty; content decides all the same */
} wb_child;

/* ---- Listings ----------------------------------------------------------------------------------------------------- */

/* The depth of a row whose cells name the columns of a listing: each is a name, or a name and a type after a colon ("offset:offset"). It comes before
 * the listing's other rows. Types: text (where none is given), number, size (in bytes), offset (in the input), python, jinja (program text, shown
 * with its words coloured). A number, size or offset is written in decimal digits. A listing without such a row has columns without names. */
#define WB_LISTING_COLUMNS UINT64_MAX

/* A row of a listing (disassembly, decompiled code, a tree, a table): only in a session whose input has WB_INPUT_INSPECT; ordered, never merged,
 * never seen by rules. Made by the plugin, read by the host during `listing`. Rows of several listings may alternate. [growable]
 * `weighbridge inspect` shows each listing under its name, its rows indented by their depth, and marks those whose bytes hold what was found: give
 * each row the bytes that it speaks of. "disassembly" and "decompiled" are shown side by side where rows of both alternate. */
typedef struct wb_listing {
    uint64_t struct_size;
    wb_str listing;      /* "disassembly", "decompiled", "source", "template", "tree", "tensors", "metadata", "members", or a name of the plugin's own */
    uint64_t offset;     /* what the row speaks of */
    uint64_t length;
    uint64_t depth;      /* indentation, or WB_LISTING_COLUMNS */
    const wb_str *cells; /* at most 64 */
    uint64_t cell_count;
} wb_listing;

/* ---- What the host offers to a call --------------------------------------------------------------------------------- */

#define WB_MODE_QUICK ((uint32_t)1)    /* read what can execute or redirect a loader; skip payload by seeking */
#define WB_MODE_THOROUGH ((uint32_t)2) /* the same for a plugin: the host sweeps payload by itself, from the plugin's regions */

#define WB_INPUT_INSPECT ((uint32_t)1) /* listings are wanted */
#define WB_INPUT_CODE ((uint32_t)4)    /* beside WB_INPUT_INSPECT: of listings only those are wanted that people read as program text: "decompiled",
                                        * "source", "template"; others may be given, and are left out by the host */
#define WB_INPUT_CARVED ((uint32_t)2)  /* cut out of other bytes by a magic of this plugin: probe answers CERTAIN only to what chance does
                                        * not make, never to a format without magic; and other bytes may follow the format's end, which
                                        * scan leaves alone */

/* The input of one call. Made by the host; it and its strings are valid until the plugin's function returns. [growable] */
typedef struct wb_input {
    uint64_t struct_size;
    uint64_t size;   /* bytes; always known */
    wb_str name;     /* base name, sanitised (no separators, no control characters); may be empty; a hint and nothing more */
    uint32_t mode;   /* WB_MODE_* */
    uint32_t flags;  /* WB_INPUT_* */
    uint64_t start;  /* where the format begins: the `start` that the plugin's probe answered; 0 in a probe, and by a container's hint alone */
    uint64_t format; /* index into the descriptor's formats: what probe answered, or what a container's hint alone says; 0 in a probe */
    wb_str encoding; /* how it was encoded in its container, "" for a file */
} wb_input;

/* Functions of the host. Made by the host; it and they are valid until the plugin's function that received it returns: a plugin never keeps it. All
 * pointers that struct_size covers are set. [growable] */
typedef struct wb_host {
    uint64_t struct_size;
    void *ctx; /* first argument of every function below; the plugin does not look into it */

    /* Reads `len` bytes at `offset` into `buf`, and writes to `got` how many came: fewer than `len` only at the end of the
     * input; the rest of `buf` is zeroed. An offset at or beyond the end gives 0 bytes and WB_OK. `got` is required, `buf` where len is not 0.
     * Small reads near each other are cheap: the host reads ahead.
     * Owns:    `buf` and `got` are the plugin's.
     * Thread:  [calling thread]
     * Returns: WB_OK; WB_IO, WB_CANCELLED, WB_BUDGET; WB_ARGUMENT for a null pointer.
     * Since:   1.0 */
    wb_status (*read_at)(void *ctx, uint64_t offset, void *buf, uint64_t len, uint64_t *got);

    /* Says that `steps` steps of work were done since the last call (an opcode, a row, an entry; whatever was emitted is a step, too, and counted by
     * the plugin). Bytes that are read are no steps. To be called at least every 10,000 steps or 64 KiB read, in scan, open_child and read_child: it
     * is how a scan is counted and cancelled. In a probe it is not needed.
     * Owns:    nothing.
     * Thread:  [calling thread]
     * Returns: WB_OK; WB_IO, WB_CANCELLED, WB_BUDGET.
     * Since:   1.0 */
    wb_status (*poll)(void *ctx, uint64_t steps);

    /* Takes a fact. `id` (may be null) receives its id, never 0, for use as a parent and in `again` until the scan returns. In scan, open_child and
     * read_child: a decoder says here what is wrong with what it decodes. Not in probe.
     * Owns:    the fact and all that it points to are the plugin's, and are copied.
     * Thread:  [calling thread]
     * Returns: WB_OK; WB_IO, WB_CANCELLED, WB_BUDGET; WB_ARGUMENT in probe, for a kind or field that is not declared, for a value of
     *          unknown type, for more than 64 fields.
     * Since:   1.0 */
    wb_status (*emit)(void *ctx, const wb_fact *fact, uint64_t *id);

    /* Says that the fact of `id`, emitted before in the same scan, occurs again: `count` times, the first of them at this place. For what occurs
     * a million times it is cheaper than to emit it anew. In scan, open_child and read_child.
     * Owns:    nothing.
     * Thread:  [calling thread]
     * Returns: as emit; WB_ARGUMENT for an id that the host did not give.
     * Since:   1.0 */
    wb_status (*again)(void *ctx, uint64_t id, uint64_t offset, uint64_t length, uint64_t count);

    /* Takes a region. In scan, open_child and read_child.
     * Owns:    the region is the plugin's, and is copied.
     * Thread:  [calling thread]
     * Returns: as emit; WB_ARGUMENT for a class that is none, and for a region outside the input.
     * Since:   1.0 */
    wb_status (*region)(void *ctx, const wb_region *region);

    /* Takes a child. In scan alone.
     * Owns:    the child and all that it points to are the plugin's, and are copied.
     * Thread:  [calling thread]
     * Returns: as emit; WB_ARGUMENT outside of scan, for a kind that is none, for a range outside the input, for a token where the plugin
     *          has no open_child.
     * Since:   1.0 */
    wb_status (*child)(void *ctx, const wb_child *child);

    /* Takes a row of a listing. Without WB_INPUT_INSPECT it does nothing. In scan, open_child and read_child.
     * Owns:    the row and all that it points to are the plugin's, and are copied.
     * Thread:  [calling thread]
     * Returns: as emit.
     * Since:   1.0 */
    wb_status (*listing)(void *ctx, const wb_listing *row);

    /* A limit by its whole name ("acme.max-rows"), for those that the descriptor wants; `value` receives it: as the user has set it, or the default.
     * Owns:    `value` is the plugin's; `name` too, and is not kept.
     * Thread:  [calling thread]
     * Returns: WB_OK; WB_ARGUMENT for a name that the descriptor does not have and for a null pointer, and `value` is left as it was. It
     *          never ends a scan.
     * Since:   1.0 */
    wb_status (*limit)(void *ctx, wb_str name, uint64_t *value);

    /* An extension of the host by id ("weighbridge.<name>/<revision>"), or null for one that it does not have. See "Extensions".
     * Owns:    `id` is the plugin's, and is not kept; what is returned is the host's, and constant as long as the process runs.
     * Thread:  [calling thread]
     * Returns: a pointer to the structure that the extension's id stands for, or null. It never ends a scan.
     * Since:   1.0 */
    const void *(*extension)(void *ctx, wb_str id);
} wb_host;

/* ---- What a plugin says of itself ----------------------------------------------------------------------------------- */

#define WB_ANCHOR_START ((uint32_t)1) /* `offset` from the start of the input */
#define WB_ANCHOR_END ((uint32_t)2)   /* `offset` back from the end: the pattern begins at size - offset, so that it is at least as large as the pattern */
#define WB_ANCHOR_TAIL ((uint32_t)3)  /* anywhere within the last 64 KiB + 22 bytes; `offset` is 0 */

/* A byte pattern. `mask` is empty (exact), or as long as `bytes`: bits that are 0 in it are not compared. It compares something. [frozen] */
typedef struct wb_magic {
    uint32_t anchor; /* WB_ANCHOR_* */
    uint32_t reserved;
    uint64_t offset;
    wb_bytes bytes; /* at least one */
    wb_bytes mask;
} wb_magic;

#define WB_FORMAT_PROBE_ALWAYS ((uint32_t)1) /* has no magic, or not always: probe every input */
#define WB_FORMAT_MAY_BE_EMPTY ((uint32_t)2) /* a file of no bytes is a good one, as text often is; of other formats it is an error */

/* A format that the plugin reads. Constant, of the plugin. One of a plugin's formats at least has a magic or WB_FORMAT_PROBE_ALWAYS: else its probe is
 * never called. [growable] */
typedef struct wb_format {
    uint64_t struct_size;
    wb_str id;    /* "zip", "gguf": [a-z0-9][a-z0-9-]*, each once */
    wb_str title; /* for people: "ZIP archive" */
    uint32_t flags; /* WB_FORMAT_* */
    uint32_t reserved;
    const wb_magic *magics; /* any of them makes the host call probe */
    uint64_t magic_count;
    const wb_str *extensions; /* lower case, without the dot: hints for POSSIBLE; a file so called that is read as something else gets the anomaly
                               * `name-mismatch`, so leave out those that other formats use, too */
    uint64_t extension_count;
    const wb_str *markers; /* globs of names that make the directory they lie in one artifact of this format; one that ends in / is of the directory's
                            * own name */
    uint64_t marker_count;
} wb_format;

/* A kind of fact that the plugin may emit, and the fields that it may have: no kind twice, and no field of it. [frozen] */
typedef struct wb_fact_kind {
    wb_str kind;
    const wb_str *fields;
    uint64_t field_count;
} wb_fact_kind;

/* A limit that the plugin wants to be settable. Its name is `<id>.<name>`, <id> being the plugin's, each once. [frozen] */
typedef struct wb_limit {
    wb_str name;
    wb_str reason;  /* why it is there, and why it is as large as it is: one sentence */
    uint64_t value; /* default; its unit is part of the name, or of the reason */
} wb_limit;

#define WB_PROBE_NO ((uint32_t)0)
#define WB_PROBE_POSSIBLE ((uint32_t)1) /* read only when nothing is CERTAIN, or when the extension, in any case, is one of any format of the plugin */
#define WB_PROBE_LIKELY ((uint32_t)2)   /* read */
#define WB_PROBE_CERTAIN ((uint32_t)3)  /* read */

/* The answer of probe. Made by the host with struct_size set and the rest zero; the plugin writes what struct_size covers. [growable] */
typedef struct wb_probe_result {
    uint64_t struct_size;
    uint32_t level;  /* WB_PROBE_* */
    uint32_t format; /* index into the descriptor's formats */
    uint64_t start;  /* where the format begins in the input (0 unless something stands before it), at most at its end */
} wb_probe_result;

/* The descriptor. Its first eight bytes are frozen for all versions of this ABI. Constant, of the plugin. Function pointers are required unless
 * it is said otherwise. [growable] */
typedef struct wb_plugin {
    uint32_t struct_size;
    uint16_t abi_major; /* WB_ABI_MAJOR: with another one the library is refused */
    uint16_t abi_minor; /* WB_ABI_MINOR */
    uint32_t vocabulary;  /* WB_VOCABULARY */
    uint32_t needs_minor; /* the oldest minor version of the host that the plugin can work with, at most its own; 0: any */
    wb_str id;      /* as in the symbol */
    wb_str name;    /* for people: "GGUF models"; this and the next two are not empty, and have no control characters */
    wb_str version; /* of the plugin: "1.2.0", a number first */
    wb_str license; /* SPDX expression */

    const wb_format *const *formats; /* at least one; at most 4,096, as of every table */
    uint64_t format_count;
    const wb_fact_kind *fact_kinds; /* what is not in it cannot be emitted */
    uint64_t fact_kind_count;
    const wb_limit *limits; /* may be null */
    uint64_t limit_count;

    /* Makes a session: the plugin's state for inputs one after the other. `session` receives it; null is a session too, of a plugin without state.
     * Owns:    the session is the plugin's: the host does not look into it, and gives it back to `destroy` once.
     * Thread:  [any-thread]
     * Returns: WB_OK; WB_INTERNAL: there is none, and `session` is not read.
     * Since:   1.0 */
    wb_status (*create)(void **session);

    /* Frees a session, and all that it holds: nothing is left behind, however often one is made. Never called while another function of the session runs; called after any status of them.
     * Owns:    the session is gone when it returns.
     * Thread:  [any-thread, one call at a time per session]
     * Returns: nothing.
     * Since:   1.0 */
    void (*destroy)(void *session);

    /* Says whether and where the input is of the plugin's formats. It reads a little (the beginning and the end are in memory, some KiB
     * elsewhere are cheap, over 4 MiB are refused), emits nothing, and writes to `result`, which is WB_PROBE_NO as it comes. An input that is not of
     * its formats, or too short to tell, is WB_OK and WB_PROBE_NO. One that a loader would take for the format is at least possible, however
     * broken it is; where only the name tells a loader, a short input of that name, too. An empty one is of no format.
     * Owns:    all pointers are the host's, until it returns; `result` is to be written to.
     * Thread:  [any-thread, one call at a time per session]
     * Returns: WB_OK; what the host returned; WB_INTERNAL.
     * Since:   1.0 */
    wb_status (*probe)(void *session, const wb_input *input, const wb_host *host, wb_probe_result *result);

    /* Reads the input and emits what is in it: facts as they are met, regions, children. Lenient as a loader: what a loader would still run has
     * to be seen, and leniency is an `anomaly` fact. What was emitted before an error is kept.
     * Owns:    all pointers are the host's, until it returns. What open_child will need of the tokens is kept in the session.
     * Thread:  [any-thread, one call at a time per session]
     * Returns: WB_OK: it was read to its end; what the host returned; WB_MALFORMED or WB_UNSUPPORTED after an `anomaly` that says where and what: the
     *          file is marked incomplete; WB_INTERNAL: the file is reported with an error, and the session is destroyed.
     * Since:   1.0 */
    wb_status (*scan)(void *session, const wb_input *input, const wb_host *host);

    /* open_child, read_child and close_child may be null together, where the plugin reports no token.
     * Opens the child of `token`, which a `child` record of the last scan of this session named; the input is the same as then. At most one child of
     * a session is open.
     * Owns:    all pointers are the host's, until it returns: what the decoder keeps is its own.
     * Thread:  [any-thread, one call at a time per session]
     * Returns: as scan; WB_UNSUPPORTED: it cannot be decoded. After anything but WB_OK there is nothing to read or to close.
     * Since:   1.0 */
    wb_status (*open_child)(void *session, const wb_input *input, const wb_host *host, uint64_t token);

    /* Writes the next decoded bytes of the open child to `buf`, at most `len` (which is not 0), and to `got` how many came; 0 is the end.
     * It decodes what it is asked for and no more: the host stops asking when a child is too large. `len` may be any number, 1 as well, and
     * another one each time: the same bytes come.
     * Owns:    all pointers are the host's, until it returns; `buf` and `got` are to be written to.
     * Thread:  [any-thread, one call at a time per session]
     * Returns: as scan; WB_MALFORMED: the encoding broke off, the `got` bytes that came before stand.
     * Since:   1.0 */
    wb_status (*read_child)(void *session, const wb_input *input, const wb_host *host, void *buf, uint64_t len, uint64_t *got);

    /* Closes the open child: after its end, after an error of read_child, or before either. The next one is opened as if it were the first.
     * Owns:    nothing; what the decoder holds is to be freed.
     * Thread:  [any-thread, one call at a time per session]
     * Returns: nothing.
     * Since:   1.0 */
    void (*close_child)(void *session);

    /* An extension of the plugin by id ("weighbridge.<name>/<revision>"), or null for one that it does not have: for every id but those that it
     * knows, compared as a whole. See "Extensions". May be null itself.
     * Owns:    `id` is the host's until it returns; what is returned is the plugin's, constant as long as the library is open.
     * Thread:  [any-thread]
     * Returns: a pointer to the structure that the extension's id stands for, or null.
     * Since:   1.0 */
    const void *(*extension)(wb_str id);
} wb_plugin;

/* ---- Extensions ----------------------------------------------------------------------------------------------------- */

/* Either side asks the other by id, and gets a structure or null. Ids of Weighbridge are `weighbridge.<name>/<revision>`; a side that does not know an
 * id answers null, and the one that asks goes without. Structures of extensions are constant. */

/* Of the host: who is asking. For what a plugin cannot tell by WB_HAS, such as a fault of one version that it works around. */
#define WB_EXTENSION_HOST "weighbridge.host/1"

/* [growable] Since: 1.0 */
typedef struct wb_host_info {
    uint64_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t vocabulary;
    uint32_t reserved;
    wb_str version; /* of Weighbridge: "1.4.0" */
} wb_host_info;

/* Of the plugin: where a failure of it is to be reported. The host prints it with the error. */
#define WB_EXTENSION_CONTACT "weighbridge.contact/1"

/* [growable] Since: 1.0 */
typedef struct wb_contact {
    uint64_t struct_size;
    wb_str report_to; /* an address or URL */
} wb_contact;

/* Of the plugin: what it reads of each of its formats, for people who ask what a scan looks at. `weighbridge formats` prints it. */
#define WB_EXTENSION_READS "weighbridge.reads/1"

/* Of one format. Sentences, without a full stop at the end. [frozen] */
typedef struct wb_format_reads {
    wb_str format;   /* its id */
    wb_str quick;    /* what is read in quick mode */
    wb_str thorough; /* what is read beyond that in thorough mode; empty where that is the host's sweep over payload and unclaimed bytes alone */
} wb_format_reads;

/* [growable] Since: 1.0 */
typedef struct wb_reads {
    uint64_t struct_size;
    const wb_format_reads *formats; /* constant */
    uint64_t format_count;
} wb_reads;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* WEIGHBRIDGE_H */
