//! What came before GGUF: a magic, a version, numbers, a vocabulary and tensors, without keys or templates.
//!
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#historical-state-of-affairs>; readers of the time:
//! <https://github.com/ggml-org/llama.cpp/blob/master-dadbed9/llama.cpp> (`llama_file_loader`), and for adapters `llama_apply_lora_from_file`.
//!
//! ```text
//! file       := magic:u32 version:u32 hparams:[u32; 7] token… tensor…        "ggml" itself has no version, and numbers that each model has its own of
//! adapter    := "ggla" version:u32 rank:u32 alpha:u32 tensor…
//! token      := length:u32 bytes score:f32
//! tensor     := dimensions:u32 name_length:u32 type:u32 [u32; dimensions] name padding data      padding in ggjt and ggla alone
//! ```

use crate::cursor::{Broken, Cursor};
use crate::{limits, metadata, types};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, read_up_to};

/// Magic, its name, and the versions that there were; ggml itself has none. The last two are states of a session, whose layout depends on the program.
const FORMATS: [(&[u8; 4], &str, &[u32]); 6] = [
    (b"lmgg", "ggml", &[]),
    (b"fmgg", "ggmf", &[1]),
    (b"tjgg", "ggjt", &[1, 2, 3]),
    (b"algg", "ggla", &[1]),
    (b"nsgg", "ggsn", &[]),
    (b"qsgg", "ggsq", &[]),
];

pub(crate) fn is(head: &[u8]) -> bool {
    FORMATS.iter().any(|(magic, ..)| head.starts_with(*magic)) && head.len() == 8
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let head = read_up_to(input, 0, 8)?;
    let version = head.get(4..8).and_then(|version| version.first_chunk()).map(|version| u32::from_le_bytes(*version));
    let Some((_, name, versions)) = FORMATS.iter().find(|(magic, ..)| head.starts_with(*magic)) else {
        input.emit(&Fact::anomaly("invalid").text("expected", "a magic of ggml").at(0, 4))?;
        return Err(Failure::Malformed);
    };
    input.emit(&Fact::new("metadata").text("key", "ggml.format").text("value", name).at(0, 4))?;
    let known = version.is_some_and(|version| versions.is_empty() || versions.contains(&version));
    let Some(version) = version.filter(|_| known) else {
        input.region(Region::Payload, 0, input.size())?;
        let found = version.map_or(String::new(), |version| version.to_string());
        input.emit(&Fact::anomaly("unsupported").text("detail", "the version").text("found", &found).at(4, 4))?;
        return Err(Failure::Unsupported);
    };
    if versions.is_empty() {
        return Ok(input.region(Region::Payload, 0, input.size())?);
    }
    let mut reader = Reader { cursor: Cursor::new(input), padded: *name != "ggmf", old: *name == "ggmf" || *name == "ggjt" && version < 3 };
    reader.cursor.at = 8;
    reader.cursor.wide = false;
    match reader.read(*name == "ggla") {
        Ok(true) => Ok(()),
        Ok(false) | Err(Broken::Said) => {
            input.region(Region::Payload, 0, input.size())?;
            Err(Failure::Malformed)
        }
        Err(Broken::Stop(stop)) => Err(stop.into()),
    }
}

struct Reader<'c, 'h> {
    cursor: Cursor<'c, 'h>,
    /// The data begin at a multiple of 32.
    padded: bool,
    /// Blocks have scales of 32 bits.
    old: bool,
}

impl Reader<'_, '_> {
    /// Whether all of it is sound.
    fn read(&mut self, adapter: bool) -> Result<bool, Broken> {
        let input = self.cursor.input;
        let mut tokens = 0;
        if adapter {
            self.cursor.skip(8, "rank and scale")?;
        } else {
            tokens = u64::from(self.cursor.u32("the number of tokens")?);
            self.cursor.skip(24, "the model's numbers")?;
        }
        if tokens > self.cursor.left() / 8 {
            let expected = format!("at most {}", self.cursor.left() / 8);
            return self.cursor.broken("invalid", "a count beyond the file", &expected, &tokens.to_string(), 8);
        }
        for _ in 0..tokens {
            self.cursor.step()?;
            let text = self.cursor.text("a token", 0)?;
            if text.length > limits::TOKEN {
                let (expected, found) = (format!("at most {} bytes", limits::TOKEN), text.length.to_string());
                let fact = Fact::anomaly("invalid").text("detail", "a token far longer than any").text("expected", &expected);
                input.emit(&fact.text("found", &found).at(text.at, text.length))?;
            }
            self.cursor.skip(4, "a token's score")?;
        }
        input.region(Region::Structure, 0, self.cursor.at)?;
        while self.cursor.left() > 0 {
            self.cursor.step()?;
            let begin = self.cursor.at;
            if !self.tensor()? {
                self.behind(begin)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What lies behind the last tensor is no tensor.
    fn behind(&self, at: u64) -> Result<(), Stop> {
        let input = self.cursor.input;
        let length = input.size() - at;
        let found = format!("{length} bytes");
        input.emit(&Fact::anomaly("trailing-data").text("detail", "no tensor").text("found", &found).at(at, length))?;
        input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, at, length) })
    }

    /// Whether there is a tensor; its name is looked at, its data are passed over.
    fn tensor(&mut self) -> Result<bool, Broken> {
        let begin = self.cursor.at;
        if self.cursor.left() < 12 {
            return Ok(false);
        }
        let (dimensions, length, kind) = (self.cursor.u32("dimensions")?, self.cursor.u32("a name's length")?, self.cursor.u32("a type")?);
        if !(1..=limits::DIMENSIONS).contains(&dimensions) || u64::from(length) > limits::LEGACY_NAME {
            return Ok(false);
        }
        let mut elements = Some(1u64);
        for _ in 0..dimensions {
            let size = u64::from(self.cursor.u32("a dimension")?);
            elements = elements.and_then(|elements| elements.checked_mul(size)).filter(|elements| i64::try_from(*elements).is_ok());
        }
        let name = self.cursor.known_text(length.into(), "a tensor's name", limits::KEY_SHOWN)?;
        metadata::odd_name(self.cursor.input, &name)?;
        if self.padded {
            self.cursor.at = self.cursor.at.next_multiple_of(32).min(self.cursor.input.size());
        }
        let Some((shown, block, bytes)) = types::tensor(kind) else { return Ok(false) };
        let bytes = match (self.old, kind) {
            (true, 2) => Some(20),
            (true, 3) => Some(24),
            (true, 8) => Some(36),
            _ => bytes,
        };
        let size = elements.zip(bytes).and_then(|(elements, bytes)| (elements / block).checked_mul(bytes));
        let Some(size) = size else {
            return self.cursor.broken("invalid", "a tensor's size is beyond 64 bits", "a smaller shape", shown, begin);
        };
        self.cursor.input.region(Region::Structure, begin, self.cursor.at - begin)?;
        self.cursor.input.region(Region::Payload, self.cursor.at, size.min(self.cursor.left()))?;
        self.cursor.skip(size, "a tensor's data")?;
        Ok(true)
    }
}
