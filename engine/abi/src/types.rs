//! The header's declarations, in its order.

use core::ffi::c_void;

/// `WB_ABI_MAJOR`.
pub const ABI_MAJOR: u16 = 1;
/// `WB_ABI_MINOR`.
pub const ABI_MINOR: u16 = if NEXT_MINOR { 1 } else { 0 };
/// Whether this is the contract as its next minor version could be: every growable structure has one more field. With it the tests build
/// a host that is newer than a plugin; nothing else does.
pub const NEXT_MINOR: bool = cfg!(feature = "next-minor");
/// `WB_VOCABULARY`.
pub const VOCABULARY: u32 = 1;
/// `WB_UNKNOWN`: a size that is not known.
pub const UNKNOWN: u64 = u64::MAX;

/// `WB_EXTENSION_HOST`.
pub const EXTENSION_HOST: &str = "weighbridge.host/1";
/// `WB_EXTENSION_CONTACT`.
pub const EXTENSION_CONTACT: &str = "weighbridge.contact/1";
/// `WB_EXTENSION_READS`.
pub const EXTENSION_READS: &str = "weighbridge.reads/1";

/// `wb_status`.
pub type Status = i32;
/// `WB_OK`.
pub const OK: Status = 0;
/// `WB_IO`.
pub const IO: Status = 1;
/// `WB_CANCELLED`.
pub const CANCELLED: Status = 2;
/// `WB_BUDGET`.
pub const BUDGET: Status = 3;
/// `WB_MALFORMED`.
pub const MALFORMED: Status = 4;
/// `WB_UNSUPPORTED`.
pub const UNSUPPORTED: Status = 5;
/// `WB_ARGUMENT`.
pub const ARGUMENT: Status = 6;
/// `WB_INTERNAL`.
pub const INTERNAL: Status = 7;

/// `WB_U64`.
pub const TYPE_U64: u32 = 1;
/// `WB_I64`.
pub const TYPE_I64: u32 = 2;
/// `WB_F64`.
pub const TYPE_F64: u32 = 3;
/// `WB_BYTES`.
pub const TYPE_BYTES: u32 = 4;
/// `WB_TEXT`.
pub const TYPE_TEXT: u32 = 5;
/// `WB_LIST`.
pub const TYPE_LIST: u32 = 6;
/// `WB_TRUNCATED`.
pub const TRUNCATED: u32 = 1;

/// `WB_REGION_STRUCTURE`.
pub const REGION_STRUCTURE: u32 = 1;
/// `WB_REGION_PAYLOAD`.
pub const REGION_PAYLOAD: u32 = 2;
/// `WB_REGION_PADDING`.
pub const REGION_PADDING: u32 = 3;
/// `WB_REGION_OPAQUE`.
pub const REGION_OPAQUE: u32 = 4;

/// `WB_CHILD_RANGE`.
pub const CHILD_RANGE: u32 = 1;
/// `WB_CHILD_TOKEN`.
pub const CHILD_TOKEN: u32 = 2;
/// `WB_CHILD_PAYLOAD`.
pub const CHILD_PAYLOAD: u32 = 1;
/// `WB_CHILD_SPECULATIVE`.
pub const CHILD_SPECULATIVE: u32 = 2;

/// `WB_MODE_QUICK`.
pub const MODE_QUICK: u32 = 1;
/// `WB_MODE_THOROUGH`.
pub const MODE_THOROUGH: u32 = 2;
/// `WB_INPUT_INSPECT`.
pub const INPUT_INSPECT: u32 = 1;
/// `WB_INPUT_CARVED`.
pub const INPUT_CARVED: u32 = 2;
/// `WB_INPUT_CODE`.
pub const INPUT_CODE: u32 = 4;
/// `WB_LISTING_COLUMNS`.
pub const LISTING_COLUMNS: u64 = u64::MAX;

/// `WB_ANCHOR_START`.
pub const ANCHOR_START: u32 = 1;
/// `WB_ANCHOR_END`.
pub const ANCHOR_END: u32 = 2;
/// `WB_ANCHOR_TAIL`.
pub const ANCHOR_TAIL: u32 = 3;
/// `WB_FORMAT_PROBE_ALWAYS`.
pub const FORMAT_PROBE_ALWAYS: u32 = 1;
/// `WB_FORMAT_MAY_BE_EMPTY`.
pub const FORMAT_MAY_BE_EMPTY: u32 = 2;

/// `WB_PROBE_NO`.
pub const PROBE_NO: u32 = 0;
/// `WB_PROBE_POSSIBLE`.
pub const PROBE_POSSIBLE: u32 = 1;
/// `WB_PROBE_LIKELY`.
pub const PROBE_LIKELY: u32 = 2;
/// `WB_PROBE_CERTAIN`.
pub const PROBE_CERTAIN: u32 = 3;

/// `wb_str`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    /// UTF-8, not NUL-terminated.
    pub ptr: *const u8,
    /// In bytes.
    pub len: u64,
}

impl Str {
    /// No text.
    pub const EMPTY: Str = Str { ptr: core::ptr::null(), len: 0 };

    /// Text that lives for ever.
    pub const fn new(text: &'static str) -> Self {
        Self::borrow(text)
    }

    /// Text that the caller keeps alive for as long as the other side may read it.
    pub const fn borrow(text: &str) -> Self {
        Str { ptr: text.as_ptr(), len: text.len() as u64 }
    }
}

/// `wb_bytes`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    /// The first byte.
    pub ptr: *const u8,
    /// In bytes.
    pub len: u64,
}

impl Bytes {
    /// No bytes.
    pub const EMPTY: Bytes = Bytes { ptr: core::ptr::null(), len: 0 };

    /// Bytes that the caller keeps alive for as long as the other side may read them.
    pub const fn borrow(bytes: &[u8]) -> Self {
        Bytes { ptr: bytes.as_ptr(), len: bytes.len() as u64 }
    }
}

/// The list inside [`ValueAs`].
#[repr(C)]
#[derive(Clone, Copy)]
pub struct List {
    /// The first item.
    pub items: *const Value,
    /// How many.
    pub len: u64,
}

/// The union inside `wb_value`: which field holds is said by its `type`.
#[repr(C)]
#[derive(Clone, Copy)]
pub union ValueAs {
    /// For `WB_U64`.
    pub u64: u64,
    /// For `WB_I64`.
    pub i64: i64,
    /// For `WB_F64`.
    pub f64: f64,
    /// For `WB_BYTES`.
    pub bytes: Bytes,
    /// For `WB_TEXT`.
    pub text: Str,
    /// For `WB_LIST`.
    pub list: List,
}

/// `wb_value`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    /// `TYPE_*`.
    pub type_: u32,
    /// [`TRUNCATED`].
    pub flags: u32,
    /// Whole length before any cut.
    pub full_len: u64,
    /// The value.
    pub as_: ValueAs,
}

/// `wb_field`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Field {
    /// Of the vocabulary, or `<vendor>.<name>`.
    pub name: Str,
    /// Its value.
    pub value: Value,
}

/// `wb_fact`.
#[repr(C)]
pub struct Fact {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// One that the descriptor declares.
    pub kind: Str,
    /// Id of an earlier fact, or 0.
    pub parent: u64,
    /// In the input.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// The first field.
    pub fields: *const Field,
    /// How many.
    pub field_count: u64,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_region`.
#[repr(C)]
pub struct Region {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// `REGION_*`.
    pub class: u32,
    /// 0.
    pub reserved: u32,
    /// In the input.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_child`.
#[repr(C)]
pub struct Child {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// [`CHILD_RANGE`] or [`CHILD_TOKEN`].
    pub kind: u32,
    /// [`CHILD_PAYLOAD`], [`CHILD_SPECULATIVE`].
    pub flags: u32,
    /// In the input.
    pub offset: u64,
    /// In bytes of the input.
    pub length: u64,
    /// For `open_child`.
    pub token: u64,
    /// Position in the container.
    pub index: u64,
    /// Of the decoded content, or [`UNKNOWN`].
    pub declared_size: u64,
    /// Id of the fact it belongs to, or 0.
    pub parent: u64,
    /// As in the container, raw.
    pub name: Bytes,
    /// "stored", "deflate", "base64", …
    pub encoding: Str,
    /// A format id, or empty.
    pub format_hint: Str,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_listing`.
#[repr(C)]
pub struct Listing {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// Which listing the row belongs to.
    pub listing: Str,
    /// In the input.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// Indentation.
    pub depth: u64,
    /// The first cell.
    pub cells: *const Str,
    /// How many.
    pub cell_count: u64,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_input`.
#[repr(C)]
pub struct Input {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// Of the input in bytes.
    pub size: u64,
    /// Base name, sanitised.
    pub name: Str,
    /// `MODE_*`.
    pub mode: u32,
    /// [`INPUT_INSPECT`], [`INPUT_CODE`], [`INPUT_CARVED`].
    pub flags: u32,
    /// Where the format begins.
    pub start: u64,
    /// Index into the descriptor's formats.
    pub format: u64,
    /// How it was encoded in its container.
    pub encoding: Str,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_host`.
#[repr(C)]
pub struct Host {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// First argument of every function.
    pub ctx: *mut c_void,
    /// Reads at an offset.
    pub read_at: Option<unsafe extern "C" fn(ctx: *mut c_void, offset: u64, buf: *mut c_void, len: u64, got: *mut u64) -> Status>,
    /// Counts steps.
    pub poll: Option<unsafe extern "C" fn(ctx: *mut c_void, steps: u64) -> Status>,
    /// Takes a fact.
    pub emit: Option<unsafe extern "C" fn(ctx: *mut c_void, fact: *const Fact, id: *mut u64) -> Status>,
    /// Counts further occurrences of a fact.
    pub again: Option<unsafe extern "C" fn(ctx: *mut c_void, id: u64, offset: u64, length: u64, count: u64) -> Status>,
    /// Takes a region.
    pub region: Option<unsafe extern "C" fn(ctx: *mut c_void, region: *const Region) -> Status>,
    /// Takes a child.
    pub child: Option<unsafe extern "C" fn(ctx: *mut c_void, child: *const Child) -> Status>,
    /// Takes a listing's row.
    pub listing: Option<unsafe extern "C" fn(ctx: *mut c_void, row: *const Listing) -> Status>,
    /// A limit by name.
    pub limit: Option<unsafe extern "C" fn(ctx: *mut c_void, name: Str, value: *mut u64) -> Status>,
    /// An extension by id, or null.
    pub extension: Option<unsafe extern "C" fn(ctx: *mut c_void, id: Str) -> *const c_void>,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: Option<unsafe extern "C" fn(ctx: *mut c_void, value: u64) -> Status>,
}

/// `wb_magic`.
#[repr(C)]
pub struct Magic {
    /// `ANCHOR_*`.
    pub anchor: u32,
    /// 0.
    pub reserved: u32,
    /// From the anchor.
    pub offset: u64,
    /// What is compared.
    pub bytes: Bytes,
    /// Empty, or as long as `bytes`.
    pub mask: Bytes,
}

/// `wb_format`.
#[repr(C)]
pub struct Format {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// `[a-z][a-z0-9-]*`.
    pub id: Str,
    /// For people.
    pub title: Str,
    /// [`FORMAT_PROBE_ALWAYS`], [`FORMAT_MAY_BE_EMPTY`].
    pub flags: u32,
    /// 0.
    pub reserved: u32,
    /// The first magic.
    pub magics: *const Magic,
    /// How many.
    pub magic_count: u64,
    /// The first extension.
    pub extensions: *const Str,
    /// How many.
    pub extension_count: u64,
    /// The first directory marker.
    pub markers: *const Str,
    /// How many.
    pub marker_count: u64,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_fact_kind`.
#[repr(C)]
pub struct FactKind {
    /// A kind of fact.
    pub kind: Str,
    /// The first of its fields.
    pub fields: *const Str,
    /// How many.
    pub field_count: u64,
}

/// `wb_limit`.
#[repr(C)]
pub struct Limit {
    /// `<plugin>.<name>`.
    pub name: Str,
    /// Why it is there, and why it is as large as it is.
    pub reason: Str,
    /// Default.
    pub value: u64,
}

/// `wb_probe_result`.
#[repr(C)]
pub struct ProbeResult {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// `PROBE_*`.
    pub level: u32,
    /// Index into the descriptor's formats.
    pub format: u32,
    /// Where the format begins.
    pub start: u64,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_plugin`.
#[repr(C)]
pub struct Plugin {
    /// Size of the structure as its writer knows it. With the two versions: eight bytes that never change.
    pub struct_size: u32,
    /// [`ABI_MAJOR`].
    pub abi_major: u16,
    /// [`ABI_MINOR`].
    pub abi_minor: u16,
    /// [`VOCABULARY`].
    pub vocabulary: u32,
    /// The oldest minor version of the host that the plugin can work with; 0: any.
    pub needs_minor: u32,
    /// As in the symbol.
    pub id: Str,
    /// For people.
    pub name: Str,
    /// Of the plugin.
    pub version: Str,
    /// SPDX expression.
    pub license: Str,
    /// The first format.
    pub formats: *const *const Format,
    /// How many.
    pub format_count: u64,
    /// The first declared kind.
    pub fact_kinds: *const FactKind,
    /// How many.
    pub fact_kind_count: u64,
    /// The first limit.
    pub limits: *const Limit,
    /// How many.
    pub limit_count: u64,
    /// Makes a session.
    pub create: Option<unsafe extern "C" fn(session: *mut *mut c_void) -> Status>,
    /// Frees it.
    pub destroy: Option<unsafe extern "C" fn(session: *mut c_void)>,
    /// Identifies.
    pub probe: Option<unsafe extern "C" fn(session: *mut c_void, input: *const Input, host: *const Host, result: *mut ProbeResult) -> Status>,
    /// Reads and emits.
    pub scan: Option<unsafe extern "C" fn(session: *mut c_void, input: *const Input, host: *const Host) -> Status>,
    /// Opens a token's child.
    pub open_child: Option<unsafe extern "C" fn(session: *mut c_void, input: *const Input, host: *const Host, token: u64) -> Status>,
    /// Reads on in it.
    pub read_child: Option<
        unsafe extern "C" fn(session: *mut c_void, input: *const Input, host: *const Host, buf: *mut c_void, len: u64, got: *mut u64) -> Status,
    >,
    /// Closes it.
    pub close_child: Option<unsafe extern "C" fn(session: *mut c_void)>,
    /// An extension by id, or null.
    pub extension: Option<unsafe extern "C" fn(id: Str) -> *const c_void>,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: Option<unsafe extern "C" fn(value: u64) -> u64>,
}

/// `wb_host_info`: what the host's extension [`EXTENSION_HOST`] is.
#[repr(C)]
pub struct HostInfo {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// Of the host.
    pub abi_major: u32,
    /// Of the host.
    pub abi_minor: u32,
    /// Of the host.
    pub vocabulary: u32,
    /// 0.
    pub reserved: u32,
    /// Of Weighbridge.
    pub version: Str,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_contact`: what a plugin's extension [`EXTENSION_CONTACT`] is.
#[repr(C)]
pub struct Contact {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// An address or URL.
    pub report_to: Str,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

/// `wb_format_reads`: what is read of one format.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FormatReads {
    /// Its id.
    pub format: Str,
    /// In quick mode.
    pub quick: Str,
    /// Beyond that in thorough mode; empty where that is the host's sweep alone.
    pub thorough: Str,
}

/// `wb_reads`: what a plugin's extension [`EXTENSION_READS`] is.
#[repr(C)]
pub struct Reads {
    /// Size of the structure as its writer knows it.
    pub struct_size: u64,
    /// One for each format.
    pub formats: *const FormatReads,
    /// How many.
    pub format_count: u64,
    /// What a later minor version could append: [`NEXT_MINOR`].
    #[cfg(feature = "next-minor")]
    pub next: u64,
}

// SAFETY: a descriptor and what it points to are constant data, and its functions may be called from any thread: the header asks
// that of every plugin.
unsafe impl Sync for Plugin {}
// SAFETY: as above; a copy of it leads to the same constant data.
unsafe impl Send for Plugin {}
// SAFETY: as above: the pointers lead to constant data.
unsafe impl Sync for Format {}
// SAFETY: as above.
unsafe impl Sync for HostInfo {}
// SAFETY: as above.
unsafe impl Sync for Contact {}
// SAFETY: as above.
unsafe impl Sync for FormatReads {}
// SAFETY: as above: the pointer leads to constant data.
unsafe impl Sync for Reads {}
// SAFETY: as above.
unsafe impl Sync for Magic {}
// SAFETY: as above.
unsafe impl Sync for FactKind {}
// SAFETY: as above.
unsafe impl Sync for Limit {}
// SAFETY: as above.
unsafe impl Sync for Str {}

/// A pointer to a format in a constant table.
#[repr(transparent)]
pub struct FormatPtr(pub *const Format);

// SAFETY: it leads to constant data.
unsafe impl Sync for FormatPtr {}
