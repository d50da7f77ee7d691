//! The vocabulary of facts: kinds, their fields, and the codes of anomalies.
//!
//! A vendor adds kinds and fields of its own as `<vendor>.<name>`; what is here only ever grows, with [`crate::VOCABULARY`].

/// A kind of fact, what it says, and its fields: (name, what it holds).
pub struct Kind {
    /// The kind's name.
    pub name: &'static str,
    /// What a fact of it says.
    pub says: &'static str,
    /// Its fields.
    pub fields: &'static [(&'static str, &'static str)],
}

/// All kinds of vocabulary 1.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "global",
        says: "a name is resolved (an import)",
        fields: &[
            ("module", "text: the module as it is imported"),
            ("name", "text: the name in it, dotted where attributes are followed"),
            ("written_module", "text: the module as it stands in the file, where a loader maps it to another (Python 2 names)"),
            ("written_name", "text: the name as it stands in the file, likewise"),
            ("opcode", "text: the operation that resolves it"),
            ("resolved", "text: exact, partial or unknown"),
            ("via", "text: the chain of calls through which it is reached, where it is not a plain import"),
        ],
    },
    Kind {
        name: "call",
        says: "a callable is invoked while loading",
        fields: &[
            ("module", "text: module of the callable"),
            ("name", "text: name of the callable"),
            ("opcode", "text: the operation that invokes it"),
            ("args", "list of text: each argument rendered as Python, bounded"),
            ("text", "text: the whole call rendered as Python, bounded"),
            ("resolved", "text: exact, partial or unknown: how far the callable is known"),
            ("folded", "text: what the call evaluates to, where that follows from constants alone"),
            ("arg_globals", "list of text: dotted names of the globals among the arguments, at any depth"),
            ("result_used", "u64: 1 when the result is used, else 0"),
            ("args_omitted", "u64: 1 when arguments are not given (too many variants); conditions on arguments then hold"),
        ],
    },
    Kind {
        name: "state",
        says: "state is written to an object (BUILD, setstate, setattr, item assignment)",
        fields: &[
            ("module", "text: module of the target's class, or of the target"),
            ("name", "text: name of the target's class, or of the target"),
            ("target", "text: object, module, class, function, call-result or unknown"),
            ("opcode", "text: the operation"),
            ("keys", "list of text: keys of the state, bounded"),
            ("form", "text: state, slot-state, item, append"),
        ],
    },
    Kind {
        name: "code",
        says: "code is embedded",
        fields: &[
            ("language", "text: python-bytecode, python-source, jinja, torchscript, lua, r, shell"),
            ("names", "list of text: dotted names that it uses"),
            ("calls", "list of text: of these, where its reader tells, what it calls, hands on or looks into, beyond importing it"),
            ("text", "text: source or disassembly, bounded"),
            ("runs", "text: load, import, use or unknown: when it runs"),
            ("features", "list of text: what it does beyond naming things, in its reader's words"),
        ],
    },
    Kind {
        name: "operator",
        says: "a graph operator",
        fields: &[
            ("framework", "text"),
            ("domain", "text: the library or namespace of the operator, where its format has one"),
            ("op", "text"),
            ("args", "list of text: constant arguments as name=value, bounded"),
            ("args_omitted", "u64: 1 when arguments are not given (too many of them); conditions on arguments then hold"),
            ("defined", "text: model where the input itself says what the operator does, from others"),
        ],
    },
    Kind {
        name: "layer",
        says: "a declared layer or object",
        fields: &[
            ("framework", "text"),
            ("module", "text"),
            ("class", "text"),
            ("registered_name", "text"),
            ("form", "text: class, function, lambda, or module where a module is named and nothing in it"),
        ],
    },
    Kind {
        name: "reference",
        says: "something outside the input is pointed at",
        fields: &[
            ("role", "text: external-data, storage, shard, url, path, symlink, repo-id, library, checkpoint"),
            ("target", "text: relative to the folder of the input in its container, with / between parts"),
            ("offset", "u64: first byte of the target that is meant"),
            ("length", "u64: how many bytes of it"),
            ("expect_size", "u64: size that the target must have in bytes"),
            ("mechanism", "text: how it is pointed at, where a format has several ways"),
            ("object", "text: what in the target is meant"),
        ],
    },
    Kind {
        name: "member",
        says: "an entry of a container",
        fields: &[
            ("name", "text: as a loader reads it"),
            ("raw_name", "bytes: as it stands in the file, where that is not UTF-8"),
            ("stem", "text: base name without its last extension"),
            ("extension", "text: lower case, without the dot"),
            ("index", "u64"),
            ("size", "u64: unpacked, as declared"),
            ("packed", "u64: in the container, as declared"),
            ("method", "text: stored, deflate, …"),
            ("type", "text: file, directory, symlink, hardlink, device, fifo"),
            ("target", "text: of a link"),
            ("flags", "list of text: encrypted, hidden, traversal, absolute, …"),
        ],
    },
    Kind { name: "metadata", says: "a key and a value", fields: &[("key", "text"), ("value", "text, bounded")] },
    Kind {
        name: "binary",
        says: "foreign bytes",
        fields: &[
            ("type", "text: elf, pe, macho, script, archive, eicar, lfs-pointer"),
            ("named", "text: own where it is a file by itself and its name says what it is"),
        ],
    },
    Kind {
        name: "text",
        says: "text that patterns may be matched on",
        fields: &[("role", "text: argument, constant, metadata, …"), ("value", "text, bounded")],
    },
    Kind {
        name: "file",
        says: "a file, or something nested in one, is scanned (the host says so itself: no plugin emits it)",
        fields: &[
            ("path", "text: as reports give it; of what is nested, as its container calls it"),
            ("name", "text: the last part of the path"),
            ("stem", "text: the name without its last extension"),
            ("extension", "text: lower case, without the dot"),
            ("formats", "list of text: what it was read as; empty where no reader knows it"),
            ("depth", "u64: 0 for the file itself, 1 for what is nested in it, …"),
            ("size", "u64: in bytes"),
        ],
    },
    Kind {
        name: "anomaly",
        says: "the input is not what it should be",
        fields: &[
            ("code", "text: one of the anomaly codes"),
            ("expected", "text"),
            ("found", "text"),
            ("detail", "text"),
            ("target", "text: the member or reference that is meant"),
        ],
    },
];

/// Codes of `anomaly` facts, and what each says. A plugin may add its own as `<plugin>-<code>`.
pub const ANOMALIES: &[(&str, &str)] = &[
    ("truncated", "the input ends inside a structure"),
    ("invalid", "a structure breaks its format's grammar"),
    ("bad-crc", "content does not match its checksum"),
    ("header-mismatch", "two places of the file say different things of the same part"),
    ("duplicate-name", "two entries have one name: readers differ in which they take"),
    ("hidden-entry", "an entry that only some readers see"),
    ("trailing-data", "bytes follow the format's end"),
    ("prefix-data", "bytes stand before the format's beginning"),
    ("overlap", "two parts lie over each other"),
    ("encrypted", "a part is encrypted"),
    ("false-encryption", "a part is marked encrypted, and is not"),
    ("unsupported", "a part is stored in a way that is not read"),
    ("unsafe-name", "a name that leads out of the folder it is unpacked to, or hides what it is"),
    ("unsafe-link", "a link that leads out of the folder it is unpacked to"),
    ("contains-itself", "a part unpacks to the very bytes that it lies in"),
    ("ratio", "a part unpacks to far more than it takes"),
    ("size-mismatch", "a size differs from what it should be"),
    ("missing-target", "a reference leads to nothing"),
    ("outside-root", "a reference leads out of its folder"),
    ("name-mismatch", "name and content are of different formats"),
    ("parser-differential", "loaders read this differently from each other"),
    ("unclaimed-bytes", "bytes that no reader accounts for"),
    ("unread", "a part was not read"),
    ("limit-depth", "nesting deeper than the limit: what lies deeper was not read"),
    ("limit-size", "content larger than the limit: the rest was not read"),
    ("limit-facts", "more facts than the limit: later ones were merged without their arguments"),
    ("limit-steps", "more steps than the limit: the rest was not read"),
    ("limit-bytes", "more decoded bytes than the limit: the rest was not read"),
    ("limit-memory", "more state than the limit: later parts were read with less precision"),
];

/// Whether `name` is a name of a vendor's own, `<vendor>.<name>`: parts of `[a-z0-9_-]`, the first of which begins with a letter and is not
/// `weighbridge`.
pub fn is_vendor(name: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-');
    let mut parts = name.split('.');
    let vendor = parts.next().unwrap_or("");
    let is_vendor = is_part(vendor) && vendor.as_bytes()[0].is_ascii_lowercase() && vendor != "weighbridge";
    is_vendor && parts.clone().next().is_some() && parts.all(is_part)
}

/// The kind of that name, if it is of this vocabulary.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
