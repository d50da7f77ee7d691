//! A Weighbridge plugin for @ID@ files.
//!
//! The format (write here what yours is, and link to its specification):
//!
//! ```text
//! "@MAGIC@", u8 number of words, then for each word: u8 length, that many bytes
//! ```
//! Each word is a `metadata` fact.

use weighbridge_sdk::{About, Cursor, Fact, Failure, Input, Probe, Region, Scanner, Stop, format, kinds, magic, strs};

const MAGIC: [u8; 4] = *b"@MAGIC@";

/// A word of which more is not held: it is what a length of one byte can say.
const WORD: usize = 255;

struct Words;

impl Scanner for Words {
    const ABOUT: About = About {
        id: "@ID@",
        name: "@ID@ words",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("@FORMAT@", "@ID@ words", 0, &[magic(&MAGIC)], strs!["@ID@"])],
        // Only what is declared here can be emitted. A kind of your own is called `<vendor>.<name>`.
        kinds: kinds! { "metadata" => ["key", "value"], "anomaly" => ["code", "expected", "found"] },
        limits: &[],
    };

    fn new() -> Self {
        Words
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        Ok(if input.array(0)? == Some(MAGIC) { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let mut cursor = Cursor::new(input);
        let read = words(input, &mut cursor);
        // What was understood is accounted for, also when the rest is not there. An error that `?` passes on becomes an anomaly with its place.
        input.region(Region::Structure, 0, cursor.offset())?;
        read
    }
}

fn words(input: &Input<'_>, cursor: &mut Cursor<&Input<'_>>) -> Result<(), Failure> {
    cursor.expect(MAGIC, "the magic")?;
    let count = cursor.u8("the number of words")?;
    for _ in 0..count {
        let at = cursor.offset();
        let length = cursor.u8("the length of a word")?;
        let word = cursor.take(length.into(), WORD, "a word")?;
        input.emit(&Fact::new("metadata").text("key", "word").text("value", &word.text()).at(at, 1 + u64::from(length)))?;
    }
    Ok(())
}

weighbridge_sdk::export!(weighbridge_plugin_@ID@ = Words);

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_sdk::{abi, harness};

    #[test]
    fn reads_its_fixture() {
        let seen = harness::scan(DESCRIPTOR, include_bytes!("../fixtures/benign-words.@ID@"));
        assert_eq!(seen.status, abi::OK);
        let words: Vec<_> = seen.facts.iter().filter_map(|fact| fact.text("value")).collect();
        assert_eq!(words, ["hello", "world"]);
    }

    #[test]
    fn says_where_a_file_ends_too_early() {
        let seen = harness::scan(DESCRIPTOR, include_bytes!("../fixtures/malformed-truncated.@ID@"));
        assert_eq!(seen.status, abi::MALFORMED);
        assert_eq!(seen.facts.last().and_then(|fact| fact.text("code")), Some("truncated"));
    }

    /// `fuzz` is what a fuzzer calls; with every byte changed it finds the first mistakes by itself.
    #[test]
    fn keeps_the_contract() {
        let mut data = include_bytes!("../fixtures/benign-words.@ID@").to_vec();
        for at in 0..data.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let before = std::mem::replace(&mut data[at], byte);
                fuzz(&data);
                data[at] = before;
            }
            fuzz(&data[..at]);
        }
    }
}
