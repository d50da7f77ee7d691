//! Constants that hold a file of their own: a pickle, a compressed stream, an archive, an array; as they stand, or as base64 or hexadecimal text.
//!
//! Nothing is found by luck: a constant becomes a child only where its beginning is a pickle by structure or has a magic number, and the host
//! identifies the child anew.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use weighbridge_parse_pickle::{self as pickle, Args, Call, Constant, TextKind, Value, Values};
use weighbridge_sdk::{Child, Input, Stop, read_up_to};

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

const BASE64: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, BASE64);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, BASE64);

/// What files begin with: (bytes, at).
const MAGICS: &[&[u8]] = &[
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"\x93NUMPY",
    b"\x7fELF",
    b"\x89HDF\r\n\x1a\n",
    b"GGUF",
    b"Rar!\x1a\x07",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
];

/// Reports constants as children.
pub(crate) struct Nested<'n, 'h> {
    input: &'n Input<'h>,
    decoded: &'n mut Vec<Vec<u8>>,
    decoded_bytes: usize,
    pending: Vec<Constant>,
    children: u64,
}

impl<'n, 'h> Nested<'n, 'h> {
    pub fn new(input: &'n Input<'h>, decoded: &'n mut Vec<Vec<u8>>) -> Self {
        Nested { input, decoded, decoded_bytes: 0, pending: Vec::new(), children: 0 }
    }

    /// A constant.
    pub fn constant(&mut self, constant: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        if constant.len <= EVERY {
            return self.look(constant, 0, values);
        }
        if constant.len <= ARGUMENT {
            if self.pending.len() == PENDING {
                self.pending.remove(0);
            }
            self.pending.push(*constant);
        }
        Ok(())
    }

    /// A call takes its arguments: large constants among them are looked into.
    pub fn call(&mut self, call: &Call<'_>, fact: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut next: Vec<(Value, usize)> = match call.args {
            Args::Known { values, keywords, .. } => values.iter().copied().chain(keywords).map(|value| (value, 0)).collect(),
            Args::Opaque(value) => vec![(value, 0)],
            Args::Omitted => Vec::new(),
        };
        while let Some((value, depth)) = next.pop() {
            if let Some(at) = self.pending.iter().position(|constant| constant.value == value) {
                let constant = self.pending.swap_remove(at);
                self.look(&constant, fact, values)?;
            } else if value.is_container() && depth < DEPTH {
                next.extend(values.items(value, 256).values.into_iter().map(|item| (item, depth + 1)));
            }
        }
        Ok(())
    }

    fn look(&mut self, constant: &Constant, parent: u64, values: &mut Values<'_>) -> Result<(), Stop> {
        if self.children >= CHILDREN {
            return Ok(());
        }
        // The usual constant is seen through by its first bytes, without a copy of the rest.
        let head = if constant.encoded {
            values.text(constant.value, HEAD)?.map(|text| text.bytes).unwrap_or_default()
        } else {
            read_up_to(self.input, constant.payload, HEAD.min(usize::try_from(constant.len).unwrap_or(HEAD)))?
        };
        if begins_a_file(&head, constant.len) {
            if constant.encoded {
                let bytes = self.whole(constant, values)?;
                return self.token(constant, parent, "escaped", bytes);
            }
            return self.range(constant, parent);
        }
        if let Some(encoding) = text_encoding(&head, constant) {
            let bytes = self.whole(constant, values)?;
            if let Some(bytes) = encoding.decode(&bytes) {
                return self.token(constant, parent, encoding.name(), bytes);
            }
        }
        if constant.kind != TextKind::Str && !constant.encoded && constant.len <= CARVED {
            let bytes = self.whole(constant, values)?;
            // Behind other bytes only what begins with PROTO: a list of words has lines that read like imports.
            for carved in pickle::carve(&bytes, CARVED_PICKLES).into_iter().filter(|carved| bytes.get(carved.offset as usize) == Some(&0x80)) {
                let end = carved.end.unwrap_or(constant.len);
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

    fn range(&mut self, constant: &Constant, parent: u64) -> Result<(), Stop> {
        let child = Child::range(b"", self.children, constant.payload, constant.len);
        self.children += 1;
        self.input.child(&Child { parent, speculative: true, encoding: "constant", ..child })
    }

    fn token(&mut self, constant: &Constant, parent: u64, encoding: &str, bytes: Vec<u8>) -> Result<(), Stop> {
        if self.decoded_bytes + bytes.len() > DECODED {
            return Ok(());
        }
        self.decoded_bytes += bytes.len();
        let child = Child::token(b"", self.children, self.decoded.len() as u64, encoding).at(constant.payload, constant.len);
        self.decoded.push(bytes);
        self.children += 1;
        self.input.child(&Child { parent, speculative: true, ..child })
    }
}

/// Whether bytes begin like a file that is worth identifying.
fn begins_a_file(head: &[u8], size: u64) -> bool {
    let zlib = matches!(head, [0x78, flags @ (0x01 | 0x5e | 0x9c | 0xda), ..] if (0x7800 + u32::from(*flags)) % 31 == 0);
    let windows = head.starts_with(b"MZ") && head.len() >= 64 && matches!(head[60..64], [_, _, 0, 0]);
    zlib || windows || begins_code(head) || MAGICS.iter().any(|magic| head.starts_with(magic)) || pickle::probe(head, size) >= pickle::Probe::Likely
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

/// How a text encodes a file, judged by its beginning.
fn text_encoding(head: &[u8], constant: &Constant) -> Option<Encoding> {
    let start: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if start.len() < 16 {
        return None;
    }
    let all = |allowed: fn(&u8) -> bool| start.iter().all(allowed);
    let candidates: &[Encoding] = if all(u8::is_ascii_hexdigit) {
        &[Encoding::Hex, Encoding::Base64]
    } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
        &[Encoding::Base64]
    } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=')) {
        &[Encoding::UrlSafe]
    } else if constant.kind == TextKind::Str && matches!(head, [0xc2, 0x80, ..]) {
        &[Encoding::Latin1]
    } else {
        &[]
    };
    let whole = head.len() as u64 >= constant.len;
    candidates.iter().copied().find(|encoding| {
        // A cut text is decoded up to its last whole group.
        let cut = match encoding {
            Encoding::Latin1 => &head[..head.len() - usize::from(!whole && head.last().is_some_and(|b| *b >= 0xc0))],
            _ if whole => head,
            _ => &start[..start.len() / 4 * 4],
        };
        encoding.decode(cut).is_some_and(|bytes| begins_a_file(&bytes, constant.len.max(bytes.len() as u64 + 1)))
    })
}
