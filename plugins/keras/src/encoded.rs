//! Strings that hold a file as base64: `TorchModuleWrapper` a module of PyTorch, tokenizers a model of their own, attackers what they like.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use weighbridge_parse_json::{Encoding, Text};
use weighbridge_sdk::{ReadAt, Stop};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// Bytes of text that are decoded at once.
const PIECE: usize = 8 << 10;

/// Where such a string stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub at: u64,
    pub encoding: Encoding,
}

/// Decodes a whole text; `None` where it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(groups(&dense)).ok()
}

/// Text without padding, and without a last group of one character, which is none.
fn groups(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    &text[..if end % 4 == 1 { end - 1 } else { end }]
}

/// Whether a text begins like base64 of bytes, and not like a word or a number in hexadecimal.
pub(crate) fn begins(text: &str) -> bool {
    let head: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take(96).collect();
    let has = |of: fn(&u8) -> bool| head.iter().any(of);
    let plain = head.iter().position(|byte| *byte == b'=').unwrap_or(head.len());
    head[..plain].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'/' | b'='))
}

/// A string on its way to being bytes, piece by piece.
pub(crate) struct Encoded<R> {
    text: Text<R>,
    /// Characters that do not fill a group yet.
    rest: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    done: bool,
}

impl<R: ReadAt> Encoded<R> {
    pub fn new(input: R, token: &Token) -> Result<Self, Stop> {
        Ok(Encoded { text: Text::new(input, token.at, token.encoding)?, rest: Vec::new(), ready: Vec::new(), given: 0, done: false })
    }

    /// Fills `buf` as far as it goes; 0 is the end, or what is no base64.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Stop> {
        while self.given == self.ready.len() && !self.done {
            let mut piece = [0; PIECE];
            let got = self.text.read(&mut piece)?;
            self.rest.extend(piece[..got].iter().copied().filter(|byte| !byte.is_ascii_whitespace()));
            let padded = self.rest.contains(&b'=');
            let whole = if got == 0 || padded { groups(&self.rest).len() } else { self.rest.len() / 4 * 4 };
            let decoded = BASE64.decode(&self.rest[..whole]);
            self.done = got == 0 || padded || decoded.is_err();
            self.rest.drain(..whole);
            self.ready = decoded.unwrap_or_default();
            self.given = 0;
        }
        let ready = &self.ready[self.given..];
        let n = ready.len().min(buf.len());
        buf[..n].copy_from_slice(&ready[..n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_piece_by_piece() -> Result<(), Stop> {
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n * 7) as u8).collect();
        let text = BASE64.encode(&bytes);
        let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap_or("")).collect();
        let json = format!("{{\"module\": \"{}\\n\"}}", lines.join("\\n"));
        let token = Token { at: 11, encoding: Encoding::Utf8 };
        let mut encoded = Encoded::new(json.as_bytes(), &token)?;
        let (mut found, mut buf) = (Vec::new(), [0; 1000]);
        loop {
            match encoded.read(&mut buf)? {
                0 => break,
                n => found.extend_from_slice(&buf[..n]),
            }
        }
        assert!(found == bytes);
        Ok(())
    }

    #[test]
    fn words_and_hashes_are_no_base64() {
        assert!(begins("4wEAAAAAAAAAAAAAAAEAAAACAAAA8wwAAACXAHwA"));
        assert!(!begins("block_1_expand_relu_and_more_of_it_to_make_it_long"));
        assert!(!begins("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
        assert!(!begins("AveragePoolingLayerOfTheSecondBranchOfTheModel"));
    }
}
