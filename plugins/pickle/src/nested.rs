//! Constants that hold a file of their own: a pickle, a compressed stream, an archive, an array; as they stand, or as base64 or hexadecimal text, also several
//! times over. The same of bytes that the stream puts together (joined, decoded, turned around) and hands to a call.
//!
//! Nothing is found by luck: a constant becomes a child only where its beginning is a pickle by structure or has a magic number, and the host
//! identifies the child anew.

use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use weighbridge_parse_pickle::{self as pickle, Args, Call, Constant, State, Tag, TextKind, Value, Values};
use weighbridge_sdk::{Child, Fact, Input, Stop, read_up_to};

/// Every constant up to this size is looked into.
const EVERY: u64 = 1 << 20;
/// An argument of a call is looked into up to this size.
const ARGUMENT: u64 = 16 << 20;
/// Decoded constants of one scan, in bytes: base64 of what is itself looked into.
const DECODED: usize = 64 << 20;
/// Large constants remembered until a call takes them.
const PENDING: usize = 64;
/// Children of one scan. Real models hold some tens (one for each nested state), attacks hold one.
const CHILDREN: u64 = 10_000;
/// How deep the arguments of a call are searched for constants.
const DEPTH: usize = 4;
/// Bytes constants up to this size are searched for pickles that do not begin at their first byte.
const CARVED: u64 = 64 << 10;
/// Pickles found in one of them.
const CARVED_PICKLES: usize = 8;
/// Bytes of a constant that tell whether to look further.
const HEAD: usize = 256;
/// Encoded texts within encoded texts.
const LAYERS: usize = 4;
/// Computed values of one scan that are looked into: streams that compute at all compute a few.
const COMPUTED: usize = 4096;

const BASE64: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, BASE64);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, BASE64);

/// What compressed streams, and programs for macOS, begin with.
const MAGICS: [&[u8]; 7] =
    [b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

/// Reports constants as children.
pub(crate) struct Nested<'n, 'h> {
    input: &'n Input<'h>,
    decoded: &'n mut Vec<Vec<u8>>,
    decoded_bytes: usize,
    pending: Vec<Constant>,
    /// Computed bytes that were looked into.
    computed: HashSet<Value>,
    children: u64,
    left_out: bool,
}

impl<'n, 'h> Nested<'n, 'h> {
    pub fn new(input: &'n Input<'h>, decoded: &'n mut Vec<Vec<u8>>) -> Self {
        Nested { input, decoded, decoded_bytes: 0, pending: Vec::new(), computed: HashSet::new(), children: 0, left_out: false }
    }

    /// Whether something was left alone that the limits did not allow for.
    pub fn left_out(&self) -> bool {
        self.left_out
    }

    /// Says once that a limit is reached.
    fn leave_out(&mut self, code: &str, detail: &str, offset: u64) -> Result<(), Stop> {
        if !std::mem::replace(&mut self.left_out, true) {
            self.input.emit(&Fact::anomaly(code).text("detail", detail).at(offset, 1))?;
        }
        Ok(())
    }

    /// A constant.
    pub fn constant(&mut self, constant: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        if constant.len <= EVERY {
            return self.look(constant, 0, values);
        }
        if constant.len <= ARGUMENT {
            if self.pending.len() == PENDING {
                let first = self.pending.remove(0);
                // Something that a later call takes may be among those that are forgotten.
                let head = read_up_to(self.input, first.payload, HEAD)?;
                if begins_a_file(&head, first.len) || text_encoding(&head, first.len, first.kind).is_some() {
                    self.leave_out("unread", "more large constants than are kept for the call that takes them", first.offset)?;
                }
            }
            self.pending.push(*constant);
        }
        Ok(())
    }

    /// A call takes its arguments: large constants and computed bytes among them are looked into.
    pub fn call(&mut self, call: &Call<'_>, fact: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        match call.args {
            Args::Known { values: args, keywords, .. } => {
                let args: Vec<Value> = args.iter().copied().chain(keywords).collect();
                self.taken(&args, call.offset, fact, values)
            }
            Args::Opaque(value) => self.taken(&[value], call.offset, fact, values),
            Args::Omitted => Ok(()),
        }
    }

    /// An object takes its state: `__setstate__` is a call like any other.
    pub fn state(&mut self, state: &State<'_>, fact: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        let parts: Vec<Value> = [Some(state.state), state.slot_state].into_iter().flatten().collect();
        self.taken(&parts, state.offset, fact, values)
    }

    fn taken(&mut self, taken: &[Value], offset: u64, fact: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        let mut next: Vec<(Value, usize)> = taken.iter().rev().map(|value| (*value, 0)).collect();
        while let Some((value, depth)) = next.pop() {
            if matches!(value.tag(), Tag::ComputedBytes | Tag::ComputedStr) {
                self.computed(value, offset, fact, values)?;
            } else if let Some(at) = self.pending.iter().position(|constant| constant.value == value) {
                let constant = self.pending.swap_remove(at);
                self.look(&constant, fact, values)?;
            } else if value.is_container() && depth < DEPTH && (depth == 0 || !self.pending.is_empty()) {
                next.extend(values.items(value, 256).values.into_iter().map(|item| (item, depth + 1)));
            }
        }
        Ok(())
    }

    /// Bytes that the stream computes lie nowhere in the file.
    fn computed(&mut self, value: Value, offset: u64, parent: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        if self.computed.contains(&value) {
            return Ok(());
        }
        if self.computed.len() >= COMPUTED {
            return self.leave_out("limit-steps", "more computed values than are looked into", offset);
        }
        self.computed.insert(value);
        let Some(text) = values.text(value, EVERY as usize)? else { return Ok(()) };
        if let Some(bytes) = unwrapped(text.bytes, text.kind) {
            return self.token(offset, 1, parent, "computed", bytes);
        }
        Ok(())
    }

    fn look(&mut self, constant: &Constant, parent: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        // The usual constant is seen through by its first bytes, without a copy of the rest.
        let head = if constant.encoded {
            values.text(constant.value, HEAD)?.map(|text| text.bytes).unwrap_or_default()
        } else {
            read_up_to(self.input, constant.payload, HEAD.min(usize::try_from(constant.len).unwrap_or(HEAD)))?
        };
        if begins_a_file(&head, constant.len) {
            if constant.encoded {
                let bytes = self.whole(constant, values)?;
                return self.token(constant.payload, constant.len, parent, "escaped", bytes);
            }
            return self.range(constant, parent);
        }
        if let Some(encoding) = text_encoding(&head, constant.len, constant.kind) {
            let bytes = self.whole(constant, values)?;
            if let Some(bytes) = encoding.decode(&bytes).and_then(|bytes| unwrapped(bytes, TextKind::Bytes)) {
                return self.token(constant.payload, constant.len, parent, encoding.name(), bytes);
            }
        }
        if constant.kind != TextKind::Str && !constant.encoded && constant.len <= CARVED {
            let bytes = self.whole(constant, values)?;
            // Behind other bytes only what begins with PROTO: a list of words has lines that read like imports.
            for carved in pickle::carve(&bytes, CARVED_PICKLES).into_iter().filter(|carved| bytes.get(carved.offset as usize) == Some(&0x80)) {
                let end = carved.end.unwrap_or(constant.len);
                if !self.allowed(constant.offset)? {
                    return Ok(());
                }
                let child = Child::range(b"", self.children, constant.payload + carved.offset, end - carved.offset);
                self.children += 1;
                self.input.child(&Child { parent, speculative: true, encoding: "constant", ..child })?;
            }
        }
        Ok(())
    }

    fn whole(&self, constant: &Constant, values: &mut Values<'_>) -> Result<Vec<u8>, Stop> {
        let len = usize::try_from(constant.len).unwrap_or(0).min(ARGUMENT as usize);
        if constant.encoded {
            return Ok(values.text(constant.value, len)?.map(|text| text.bytes).unwrap_or_default());
        }
        read_up_to(self.input, constant.payload, len)
    }

    /// Whether there may be another child.
    fn allowed(&mut self, offset: u64) -> Result<bool, Stop> {
        if self.children >= CHILDREN {
            self.leave_out("limit-steps", "more files in constants than are looked into", offset)?;
        }
        Ok(self.children < CHILDREN)
    }

    fn range(&mut self, constant: &Constant, parent: u64) -> Result<(), Stop> {
        if !self.allowed(constant.offset)? {
            return Ok(());
        }
        let child = Child::range(b"", self.children, constant.payload, constant.len);
        self.children += 1;
        self.input.child(&Child { parent, speculative: true, encoding: "constant", ..child })
    }

    fn token(&mut self, offset: u64, len: u64, parent: u64, encoding: &str, bytes: Vec<u8>) -> Result<(), Stop> {
        if !self.allowed(offset)? {
            return Ok(());
        }
        if self.decoded_bytes + bytes.len() > DECODED {
            return self.leave_out("limit-bytes", "more decoded constants than are looked into", offset);
        }
        self.decoded_bytes += bytes.len();
        let child = Child::token(b"", self.children, self.decoded.len() as u64, encoding).at(offset, len);
        self.decoded.push(bytes);
        self.children += 1;
        self.input.child(&Child { parent, speculative: true, ..child })
    }
}

/// Whether bytes begin like a file that is worth identifying.
fn begins_a_file(head: &[u8], size: u64) -> bool {
    let zlib = matches!(head, [0x78, flags @ (0x01 | 0x5e | 0x9c | 0xda), ..] if (0x7800 + u32::from(*flags)) % 31 == 0);
    let known = weighbridge_sdk::begins_a_file(head) || MAGICS.iter().any(|magic| head.starts_with(magic));
    zlib || known || begins_code(head) || pickle::probe(head, size) >= pickle::Probe::Likely
}

/// Whether bytes begin like a marshalled code object of Python: its type, four to six small numbers (the last one flags of 28 bits), the type of its bytecode.
fn begins_code(head: &[u8]) -> bool {
    let small = |at: usize, bytes: usize| head.get(at + bytes..at + 4).is_some_and(|high| high.iter().all(|byte| *byte == 0));
    let code = |numbers: usize| {
        let flags = 1 + 4 * (numbers - 1);
        (0..numbers - 1).all(|number| small(1 + 4 * number, 2))
            && head.get(flags + 3).is_some_and(|high| *high < 16)
            && matches!(head.get(flags + 4), Some(b's' | 0xf3 | b't'))
    };
    matches!(head, [b'c' | 0xe3, ..]) && (4..=6).any(code)
}

/// Texts that stand for bytes.
#[derive(Clone, Copy)]
enum Encoding {
    Base64,
    UrlSafe,
    Hex,
    /// Bytes written as characters of the same number: how Python 2's byte strings end up in text.
    Latin1,
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Encoding::Base64 | Encoding::UrlSafe => "base64",
            Encoding::Hex => "hex",
            Encoding::Latin1 => "latin1",
        }
    }

    fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        let dense = || -> Vec<u8> { text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect() };
        match self {
            Encoding::Base64 => STANDARD.decode(whole_groups(&dense())).ok(),
            Encoding::UrlSafe => URL_SAFE.decode(whole_groups(&dense())).ok(),
            Encoding::Hex => {
                let dense = dense();
                dense.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
            }
            Encoding::Latin1 => std::str::from_utf8(text).ok()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        }
    }
}

/// Text without padding, cut where a last group of one character would be no group.
fn whole_groups(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    &text[..if end % 4 == 1 { end - 1 } else { end }]
}

/// Bytes that begin a file, out of whatever texts they are wrapped in.
fn unwrapped(mut bytes: Vec<u8>, mut kind: TextKind) -> Option<Vec<u8>> {
    for _ in 0..=LAYERS {
        let head = &bytes[..bytes.len().min(HEAD)];
        if begins_a_file(head, bytes.len() as u64) {
            return Some(bytes);
        }
        bytes = text_encoding(head, bytes.len() as u64, kind)?.decode(&bytes)?;
        kind = TextKind::Bytes;
    }
    None
}

/// How a text encodes a file, judged by its beginning.
fn text_encoding(head: &[u8], len: u64, kind: TextKind) -> Option<Encoding> {
    encoding_within(head, len, kind, LAYERS)
}

fn encoding_within(head: &[u8], len: u64, kind: TextKind, layers: usize) -> Option<Encoding> {
    let start: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if start.len() < 16 || layers == 0 {
        return None;
    }
    let all = |allowed: fn(&u8) -> bool| start.iter().all(allowed);
    let candidates: &[Encoding] = if all(u8::is_ascii_hexdigit) {
        &[Encoding::Hex, Encoding::Base64]
    } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
        &[Encoding::Base64]
    } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=')) {
        &[Encoding::UrlSafe]
    } else if kind == TextKind::Str && matches!(head, [0xc2, 0x80, ..]) {
        &[Encoding::Latin1]
    } else {
        &[]
    };
    let whole = head.len() as u64 >= len;
    candidates.iter().copied().find(|encoding| {
        // A cut text is decoded up to its last whole group.
        let cut = match encoding {
            Encoding::Latin1 => &head[..head.len() - usize::from(!whole && head.last().is_some_and(|b| *b >= 0xc0))],
            _ if whole => head,
            _ => &start[..start.len() / 4 * 4],
        };
        encoding.decode(cut).is_some_and(|bytes| {
            let size = len.max(bytes.len() as u64 + 1);
            begins_a_file(&bytes, size) || encoding_within(&bytes, size, TextKind::Bytes, layers - 1).is_some()
        })
    })
}
