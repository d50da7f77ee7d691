//! Drives a plugin in process through its descriptor, as the engine does: for its unit tests, and for fuzzing.
//!
//! ```ignore
//! let seen = weighbridge_sdk::harness::scan(crate::DESCRIPTOR, include_bytes!("../fixtures/benign-small.acme"));
//! assert_eq!(seen.status, weighbridge_sdk::abi::OK);
//! assert!(seen.facts.iter().any(|fact| fact.kind == "metadata" && fact.text("key") == Some("name")));
//! ```

mod host;
mod properties;
mod seen;

pub use properties::{Cost, NAMED, fuzz, fuzz_with, holds, named};
pub use seen::{Seen, SeenChild, SeenFact, SeenRegion, SeenValue};

use weighbridge_abi as abi;

/// How a plugin is driven.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    /// The input's name.
    pub name: &'o str,
    /// How it is encoded in its container; "" for a file.
    pub encoding: &'o str,
    /// Listings are wanted.
    pub inspect: bool,
    /// The host's call of this number (from 0), and each that follows, is answered with this status.
    pub stop: Option<(u64, abi::Status)>,
    /// A read answers at most this many bytes, and children are read in pieces of this size: less than a real host does.
    pub piece: Option<usize>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { name: "input", encoding: "", inspect: false, stop: None, piece: None }
    }
}

/// A plugin's id.
pub fn id(plugin: &'static abi::Plugin) -> &'static str {
    // SAFETY: constant text of a descriptor.
    unsafe { crate::input::text(plugin.id) }
}

/// Probes and scans an input, and decodes what the plugin reports as tokens.
///
/// # Panics
/// Where the plugin cannot make a session, or its descriptor lacks a function.
pub fn scan(plugin: &'static abi::Plugin, data: &[u8]) -> Seen {
    scan_with(plugin, data, Options::default())
}

/// As [`scan`], with options.
///
/// # Panics
/// As [`scan`].
pub fn scan_with(plugin: &'static abi::Plugin, data: &[u8], options: Options<'_>) -> Seen {
    host::run(plugin, data, options)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{About, Child, Current, Cursor, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, strs};

    /// "PAIR", then pairs of a length and a text; "!" breaks it in a way of its own, "?" makes it lie.
    struct Pairs {
        open: Option<u64>,
    }

    impl Scanner for Pairs {
        const ABOUT: About = About {
            id: "pairs",
            name: "Pairs",
            version: "1.0.0",
            license: "Apache-2.0",
            formats: &[&format("pairs", "Pairs", 0, &[magic(b"PAIR")], strs!["pair"])],
            kinds: kinds! { "metadata" => ["key", "value"], "anomaly" => ["code", "expected", "found"] },
            limits: &[],
        };

        fn new() -> Self {
            Pairs { open: None }
        }

        fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
            Ok(if input.array::<4>(0)? == Some(*b"PAIR") { Probe::certain(0) } else { Probe::NO })
        }

        fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
            let mut cursor = Cursor::new(input);
            cursor.expect(*b"PAIR", "the magic")?;
            while !cursor.is_at_end() {
                let at = cursor.offset();
                let length = cursor.u8("a length")?;
                let text = cursor.take(u64::from(length), 16, "a text")?;
                let shown = text.text();
                match shown.as_str() {
                    "!" => panic!("a fault"),
                    "?" => drop(input.emit(&Fact::new("member").text("name", "x"))?),
                    "-" => return Err(Failure::Malformed),
                    "child" => input.child(&Child::token(b"child", 0, at, "doubled").at(at, 6))?,
                    _ => drop(input.emit(&Fact::new("metadata").text("key", "text").text_cut("value", &shown, text.full_len).at(at, 1))?),
                }
                input.region(Region::Structure, at, cursor.offset() - at)?;
            }
            Ok(())
        }

        fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
            assert!(token < input.size());
            self.open = Some(3);
            Ok(())
        }

        fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
            let left = self.open.unwrap();
            self.open = Some(left.saturating_sub(1));
            buf[0] = b'a';
            Ok(usize::from(left > 0))
        }

        fn close_child(&mut self) {
            self.open = None;
        }
    }

    crate::export!(weighbridge_plugin_pairs = Pairs);

    #[test]
    fn what_a_plugin_says_is_seen() {
        let seen = scan(DESCRIPTOR, b"PAIR\x02ab\x05child\x00");
        assert_eq!((seen.level, seen.status, &seen.breaches), (abi::PROBE_CERTAIN, abi::OK, &Vec::new()));
        let values: Vec<_> = seen.facts.iter().map(|fact| fact.text("value").unwrap()).collect();
        assert_eq!(values, ["ab", ""]);
        assert_eq!(seen.children[0].decoded.as_deref(), Some(&b"aaa"[..]));
        assert_eq!(seen.regions.len(), 3);
        assert_eq!(scan(DESCRIPTOR, b"other").level, abi::PROBE_NO);
        fuzz(b"PAIR\x02ab\x05child\x00");
        fuzz(b"other");
    }

    #[test]
    fn an_error_is_an_anomaly_with_its_place() {
        for (data, code, offset, expected) in
            [(&b"PAIR\x05ab"[..], "truncated", 5, "a text"), (b"PAIR\x01-", "invalid", 0, "the grammar of the format")]
        {
            let seen = scan(DESCRIPTOR, data);
            assert_eq!(seen.status, abi::MALFORMED);
            let anomaly = seen.facts.last().unwrap();
            let said = (anomaly.kind.as_str(), anomaly.text("code"), anomaly.offset, anomaly.text("expected"));
            assert_eq!(said, ("anomaly", Some(code), offset, Some(expected)));
            fuzz(data);
        }
    }

    #[test]
    fn what_breaks_the_contract_is_found() {
        let found = |data: &'static [u8]| std::panic::catch_unwind(|| fuzz(data)).unwrap_err().downcast::<String>().unwrap();
        assert!(found(b"PAIR\x01!").contains("its own fault"));
        assert!(found(b"PAIR\x01?").contains("`member`, which it does not declare"));
    }

    #[test]
    fn a_fuzzers_input_may_begin_with_its_name() {
        let told = |data: &'static [u8]| {
            let (options, rest) = named(data);
            (options.encoding, options.name, rest)
        };
        assert_eq!(told(b"\0name=a.json\n{}"), ("", "a.json", &b"{}"[..]));
        assert_eq!(told(b"\0name=stored/a.json\n{}"), ("stored", "a.json", &b"{}"[..]));
        for other in [&b"{}"[..], b"\0name=a.json", b"\0name=\xff\n{}", b""] {
            assert_eq!(told(other), ("", "input", other));
        }
    }

    #[test]
    fn a_stop_is_passed_on() {
        let seen = scan_with(DESCRIPTOR, b"PAIR\x02ab", Options { stop: Some((2, abi::BUDGET)), ..Options::default() });
        assert_eq!(seen.status, abi::BUDGET);
    }
}
