//! Class files: what their methods call, and the texts that they hand on.
//!
//! <https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html>
//!
//! ```text
//! class    = 0xCAFEBABE minor:u16 major:u16 count:u16 constant{count - 1}        a long and a double count twice
//!            access:u16 this:u16 super:u16 count:u16 interface:u16* count:u16 field* count:u16 method* attributes
//! field, method = access:u16 name:u16 descriptor:u16 attributes        attributes = count:u16 (name:u16 length:u32 bytes)*
//! constant = 1 length:u16 utf | 3, 4 u32 | 5, 6 u64 | 7, 8, 16, 19, 20 index:u16 | 9 to 12, 17, 18 index:u16 index:u16 | 15 u8 index:u16
//! ```

use crate::limits;
use crate::stream::Error;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Span, Window};

/// Versions of class files: the first, and one that is some years off.
const VERSIONS: std::ops::RangeInclusive<u16> = 45..=90;

/// Whether bytes begin a class file. A binary of several architectures has the same magic, and then their number, which is small.
pub(crate) fn is_class(head: &[u8]) -> bool {
    let number = |at: usize| head.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    head.starts_with(b"\xca\xfe\xba\xbe") && number(6).is_some_and(|major| VERSIONS.contains(&major)) && number(8).is_some_and(|count| count > 1)
}

/// A constant: its tag, its two numbers, and of a text where it lies.
#[derive(Clone, Copy, Default)]
struct Constant {
    tag: u8,
    first: u16,
    second: u16,
    at: u64,
}

struct Pool<'i, 'h> {
    window: Window<&'i Input<'h>>,
    constants: Vec<Constant>,
}

impl Pool<'_, '_> {
    fn get(&self, index: u16) -> Constant {
        self.constants.get(usize::from(index)).copied().unwrap_or_default()
    }

    fn text(&mut self, index: u16) -> Result<(String, Span), Error> {
        let constant = self.get(index);
        let span = Span { start: constant.at, end: constant.at + u64::from(constant.first) };
        if constant.tag != 1 {
            return Ok((String::new(), Span { start: 0, end: 0 }));
        }
        Ok((self.window.text(span, limits::TEXT)?, span))
    }

    fn read(&mut self) -> Result<u64, Error> {
        let mut at = 10;
        let count = self.window.array::<2>(8)?.map_or(0, u16::from_be_bytes);
        self.constants.push(Constant::default());
        while self.constants.len() < usize::from(count) {
            if self.constants.len().is_multiple_of(1024) {
                self.window.input().poll(1024)?;
            }
            let expected = "a constant";
            let truncated = Error::Truncated { at, expected };
            let Some([tag]) = self.window.array::<1>(at)? else { return Err(truncated) };
            let number = |bytes: Option<[u8; 2]>| bytes.map(u16::from_be_bytes);
            let (first, second) = (number(self.window.array(at + 1)?), number(self.window.array(at + 3)?));
            let (length, twice) = match tag {
                1 => (2 + u64::from(first.unwrap_or(0)), false),
                3 | 4 | 9..=12 | 17 | 18 => (4, false),
                5 | 6 => (8, true),
                7 | 8 | 16 | 19 | 20 => (2, false),
                15 => (3, false),
                tag => return Err(Error::Invalid { at, expected, found: tag.to_string() }),
            };
            if at + 1 + length > self.window.size() {
                return Err(truncated);
            }
            self.constants.push(Constant { tag, first: first.unwrap_or(0), second: second.unwrap_or(0), at: at + 3 });
            if twice {
                self.constants.push(Constant::default());
            }
            at += 1 + length;
        }
        Ok(at)
    }

    fn u16(&mut self, at: &mut u64) -> Result<u16, Error> {
        let bytes = self.window.array::<2>(*at)?.ok_or(Error::Truncated { at: *at, expected: "the body of a class" })?;
        *at += 2;
        Ok(u16::from_be_bytes(bytes))
    }

    fn attributes(&mut self, at: &mut u64) -> Result<(), Error> {
        for _ in 0..self.u16(at)? {
            let _name = self.u16(at)?;
            let high = u64::from(self.u16(at)?);
            let length = high << 16 | u64::from(self.u16(at)?);
            *at += length;
            if *at > self.window.size() {
                return Err(Error::Truncated { at: self.window.size(), expected: "an attribute of a class" });
            }
        }
        Ok(())
    }

    /// What follows the constants is gone over, to see that it is there. The answer is where it ends.
    fn body(&mut self, from: u64) -> Result<u64, Error> {
        let mut at = from + 6;
        let interfaces = self.u16(&mut at)?;
        at += 2 * u64::from(interfaces);
        for _fields_and_methods in 0..2 {
            for member in 0..self.u16(&mut at)? {
                if member % 1024 == 1023 {
                    self.window.input().poll(1024)?;
                }
                at += 6;
                self.attributes(&mut at)?;
            }
        }
        self.attributes(&mut at)?;
        Ok(at)
    }

    /// The methods that are called, as `package.Class.method`.
    fn calls(&mut self) -> Result<(Vec<String>, u64), Error> {
        let (mut names, mut total) = (Vec::new(), 0);
        for index in 0..self.constants.len() {
            let method = self.constants[index];
            if !matches!(method.tag, 10 | 11) {
                continue;
            }
            let class = self.get(method.first).first;
            let name = self.get(method.second).first;
            let name = format!("{}.{}", self.text(class)?.0.replace('/', "."), self.text(name)?.0);
            total += 1;
            if names.len() < limits::CALLS && name.len() < limits::NAME {
                names.push(name);
            }
        }
        Ok((names, total))
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut pool = Pool { window: Window::new(input, limits::WINDOW), constants: Vec::new() };
    let constants = pool.read();
    let told = constants.as_ref().map_or(10, |end| *end).min(input.size());
    let (names, total) = match pool.calls() {
        Ok(calls) => calls,
        Err(Error::Stop(stop)) => return Err(Failure::Stop(stop)),
        Err(_) => (Vec::new(), 0),
    };
    let fact = Fact::new("code").text("language", "java-bytecode").texts("names", &names, total).text("runs", "use");
    input.emit(&fact.at(0, told))?;
    let mut texts = 0;
    for index in 0..pool.constants.len() {
        let constant = pool.constants[index];
        if constant.tag != 8 || texts >= limits::TEXTS {
            continue;
        }
        let (text, span) = match pool.text(constant.first) {
            Ok(text) => text,
            Err(Error::Stop(stop)) => return Err(Failure::Stop(stop)),
            Err(_) => continue,
        };
        if could_be_code(&text) {
            texts += 1;
            input.emit(&Fact::new("text").text("role", "constant").text_cut("value", &text, span.len()).at(span.start, span.len()))?;
        }
    }
    let result = constants.and_then(|end| pool.body(end));
    // What a class does is not read further than by what it names.
    input.region(Region::Structure, 0, told)?;
    input.region(Region::Payload, told, input.size() - told)?;
    let (at, fact) = match &result {
        Ok(_) => return Ok(()),
        Err(Error::Stop(stop)) => return Err(Failure::Stop(*stop)),
        Err(Error::Invalid { at, expected, found }) => (*at, Fact::anomaly("invalid").text("expected", expected).text("found", found)),
        Err(Error::Truncated { at, expected }) => (*at, Fact::anomaly("truncated").text("expected", expected)),
        Err(Error::Unsupported { at, .. } | Error::Limit { at, .. }) => (*at, Fact::anomaly("invalid")),
    };
    input.emit(&fact.at(at.min(input.size()), 0))?;
    Err(Failure::Malformed)
}
