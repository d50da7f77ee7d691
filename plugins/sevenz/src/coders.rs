//! Chains of decoders: <https://github.com/ip7z/7zip/blob/main/DOC/Methods.txt>

use crate::header::{Coder, Folder, Streams};
use crate::limits;
use lzma_rust2::filter::{bcj::BcjReader, bcj2::Bcj2Reader, delta::DeltaReader};
use lzma_rust2::{Lzma2Reader, LzmaReader};
use std::io::{self, BufReader, Read};
use weighbridge_sdk::{ReadAt, Stopped, Stream};

/// Offset of the packed streams: the length of the signature header.
pub(crate) const SIGNATURE_HEADER: u64 = 32;

/// Why a folder cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It is encrypted.
    Encrypted,
    /// A method that is not read.
    Unsupported(String),
    /// A model that takes more memory than the limit.
    Memory(String),
    /// Coders that do not fit each other, or properties that make no sense.
    Invalid(&'static str),
}

type Chain<'r> = Box<dyn Read + 'r>;

/// What a coder is called, by its id.
pub(crate) fn method(id: &[u8]) -> &'static str {
    match id {
        [0] => "stored",
        [3] => "delta",
        [4] | [3, 3, 1, 3] => "bcj-x86",
        [5] | [3, 3, 2, 5] => "bcj-ppc",
        [6] | [3, 3, 4, 1] => "bcj-ia64",
        [7] | [3, 3, 5, 1] => "bcj-arm",
        [8] | [3, 3, 7, 1] => "bcj-arm-thumb",
        [9] | [3, 3, 8, 5] => "bcj-sparc",
        [10] => "bcj-arm64",
        [11] => "bcj-riscv",
        [3, 3, 1, 0x1B] => "bcj2",
        [0x21] => "lzma2",
        [3, 1, 1] => "lzma",
        [3, 4, 1] => "ppmd",
        [4, 1, 8] => "deflate",
        [4, 1, 9] => "deflate64",
        [4, 2, 2] => "bzip2",
        [4, 0xF7, 0x11, 1] => "zstd",
        [4, 0xF7, 0x11, 2] => "brotli",
        [4, 0xF7, 0x11, 4] => "lz4",
        [6, 0xF1, 7, 1] | [6, 1, 1, 1] => "aes",
        _ => "unknown",
    }
}

impl Folder {
    /// The names of its methods, in the order of the file.
    pub fn methods(&self) -> String {
        self.coders.iter().map(|coder| method(&coder.id)).collect::<Vec<_>>().join(" ")
    }

    pub fn is_encrypted(&self) -> bool {
        self.coders.iter().any(|coder| method(&coder.id) == "aes")
    }
}

/// The content of a folder.
pub(crate) fn open<'r, R: ReadAt + Clone + 'r>(
    input: &R,
    start: u64,
    streams: &Streams,
    folder: &Folder,
    stopped: &Stopped,
) -> Result<Chain<'r>, Closed> {
    if folder.is_encrypted() {
        return Err(Closed::Encrypted);
    }
    let main = folder.main().ok_or(Closed::Invalid("coders in a circle"))?;
    let mut opening = Opening { input, start, streams, folder, stopped, taken: vec![false; folder.coders.len()] };
    let chain = opening.coder(main)?;
    if opening.taken.contains(&false) {
        return Err(Closed::Invalid("a coder that nothing reads"));
    }
    Ok(chain)
}

struct Opening<'o, R> {
    input: &'o R,
    start: u64,
    streams: &'o Streams,
    folder: &'o Folder,
    stopped: &'o Stopped,
    /// Coders that have their place: no output has two readers.
    taken: Vec<bool>,
}

impl<'r, R: ReadAt + Clone + 'r> Opening<'_, R> {
    fn coder(&mut self, at: usize) -> Result<Chain<'r>, Closed> {
        let coder = self.folder.coders.get(at).ok_or(Closed::Invalid("a coder that is not there"))?;
        if std::mem::replace(&mut self.taken[at], true) {
            return Err(Closed::Invalid("an output that is read twice"));
        }
        let first: usize = self.folder.coders[..at].iter().map(|coder| coder.inputs).sum();
        let inputs = (first..first + coder.inputs).map(|input| self.stream(input)).collect::<Result<Vec<_>, _>>()?;
        decoder(coder, inputs, self.folder.sizes.get(at).copied().unwrap_or(0))
    }

    /// What goes to an input: another coder's output, or a packed stream.
    fn stream(&mut self, input: usize) -> Result<Chain<'r>, Closed> {
        if let Some(bond) = self.folder.bonds.iter().find(|bond| bond.0 == input) {
            return self.coder(bond.1);
        }
        let at = self.folder.packed.iter().position(|packed| *packed == input).ok_or(Closed::Invalid("an input without a stream"))?;
        let index = self.folder.first + at;
        let (before, size) = *self.streams.packed.get(index).ok_or(Closed::Invalid("a packed stream that is not there"))?;
        let begin = (self.start + SIGNATURE_HEADER).saturating_add(self.streams.position).saturating_add(before);
        Ok(Box::new(Stream::new(self.input.clone(), begin..begin.saturating_add(size), self.stopped.clone())))
    }
}

fn decoder<'r>(coder: &Coder, mut inputs: Vec<Chain<'r>>, size: u64) -> Result<Chain<'r>, Closed> {
    let name = method(&coder.id);
    if name == "bcj2" {
        return match inputs.len() {
            4 => Ok(Box::new(Bcj2Reader::try_new(inputs, size).map_err(|_| Closed::Invalid("four streams of code"))?)),
            _ => Err(Closed::Invalid("four streams of code")),
        };
    }
    let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else { return Err(Closed::Invalid("one input")) };
    let invalid = |_: io::Error| Closed::Invalid("properties of a coder");
    let start = coder.properties.first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
    Ok(match name {
        "stored" => input,
        "lzma" => {
            let Some(&[properties, a, b, c, d]) = coder.properties.first_chunk::<5>() else { return Err(Closed::Invalid("properties of LZMA")) };
            // A larger dictionary is cut: see `limits`.
            let dictionary = u32::from_le_bytes([a, b, c, d]).min(limits::DICTIONARY);
            let mut reader = LzmaReader::new_with_props(input, size, properties, dictionary, None).map_err(invalid)?;
            reader.set_defer_errors(true);
            Box::new(reader)
        }
        "lzma2" => {
            // 2^(n/2 + 12), or half as much more; 40 stands for 4 GiB.
            let n = coder.properties.first().copied().filter(|n| *n <= 40).ok_or(Closed::Invalid("properties of LZMA2"))?;
            let dictionary = (2 | u64::from(n & 1)) << (n / 2 + 11);
            Box::new(Lzma2Reader::new(input, dictionary.min(limits::DICTIONARY.into()) as u32, None))
        }
        "ppmd" => {
            let Some(&[order, a, b, c, d]) = coder.properties.first_chunk::<5>() else { return Err(Closed::Invalid("properties of PPMd")) };
            let memory = u32::from_le_bytes([a, b, c, d]);
            if memory > limits::PPMD {
                return Err(Closed::Memory(format!("a PPMd model of {memory} bytes is over the limit")));
            }
            // Its decoder does not end by itself.
            let reader = ppmd_rust::Ppmd7Decoder::new(input, order.into(), memory).map_err(|_| Closed::Invalid("properties of PPMd"))?;
            Box::new(reader.take(size))
        }
        "deflate" => Box::new(flate2::bufread::DeflateDecoder::new(BufReader::new(input))),
        "deflate64" => Box::new(deflate64::Deflate64Decoder::new(input)),
        "bzip2" => Box::new(bzip2::read::MultiBzDecoder::new(input)),
        "delta" => Box::new(DeltaReader::new(input, coder.properties.first().map_or(1, |distance| usize::from(*distance) + 1))),
        "bcj-x86" => Box::new(BcjReader::new_x86(input, start)),
        "bcj-ppc" => Box::new(BcjReader::new_ppc(input, start)),
        "bcj-ia64" => Box::new(BcjReader::new_ia64(input, start)),
        "bcj-arm" => Box::new(BcjReader::new_arm(input, start)),
        "bcj-arm-thumb" => Box::new(BcjReader::new_arm_thumb(input, start)),
        "bcj-sparc" => Box::new(BcjReader::new_sparc(input, start)),
        "bcj-arm64" => Box::new(BcjReader::new_arm64(input, start)),
        "bcj-riscv" => Box::new(BcjReader::new_riscv(input, start)),
        _ => {
            let id = coder.id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            return Err(Closed::Unsupported(format!("the method {id} ({name})")));
        }
    })
}
