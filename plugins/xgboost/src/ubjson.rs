//! The model as UBJSON, draft 12: <https://ubjson.org/type-reference/>.
//!
//! ```text
//! value  = marker payload
//! object = '{' ['#' length] (length name value)* ['}']       array = '[' ['$' marker] ['#' length] value* [']']
//! length = integer value
//! ```
//! XGBoost writes lengths as `L` (64 bits) and arrays of numbers with `$` and `#`.

use crate::limits;
use crate::model::{Model, Value};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop, Window};

/// Whether bytes begin an object: its brace, then a length or the first key's.
pub(crate) fn begins(head: &[u8]) -> bool {
    match head {
        [b'{', b'#' | b'$', ..] => true,
        [b'{', marker, rest @ ..] => {
            let Some(width) = width(*marker).filter(|_| b"iUIlL".contains(marker)) else { return false };
            let Some(length) = rest.get(..width).map(|bytes| bytes.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte))) else { return false };
            length > 0 && length < 256 && rest[width..].iter().take(length as usize).all(|byte| (0x20..0x7f).contains(byte))
        }
        _ => false,
    }
}

/// Bytes of a number of that marker.
fn width(marker: u8) -> Option<usize> {
    Some(match marker {
        b'i' | b'U' | b'C' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => return None,
    })
}

enum Error {
    Stop(Stop),
    Truncated(u64, &'static str),
    Invalid(u64, &'static str, String),
    Depth(u64),
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::Stop(stop)
    }
}

/// A container that is open: how many values are left where that is known, and of which type they all are.
struct Open {
    object: bool,
    left: Option<u64>,
    kind: Option<u8>,
}

struct Reader<'i, 'h> {
    window: Window<&'i Input<'h>>,
    at: u64,
    steps: u64,
    open: Vec<Open>,
}

impl Reader<'_, '_> {
    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps >= limits::POLL {
            self.window.input().poll(self.steps)?;
            self.steps = 0;
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.window.at(self.at, 1)?.first().copied())
    }

    fn byte(&mut self, expected: &'static str) -> Result<u8, Error> {
        let byte = self.peek()?.ok_or(Error::Truncated(self.at, expected))?;
        self.at += 1;
        Ok(byte)
    }

    /// The number of a marker: its value.
    fn number(&mut self, marker: u8) -> Result<f64, Error> {
        const EXPECTED: &str = "the bytes of a number";
        let short = Error::Truncated(self.at, EXPECTED);
        let number = match marker {
            b'i' => self.window.array::<1>(self.at)?.map(|b| f64::from(i8::from_be_bytes(b))),
            b'U' | b'C' => self.window.array::<1>(self.at)?.map(|b| f64::from(b[0])),
            b'I' => self.window.array::<2>(self.at)?.map(|b| f64::from(i16::from_be_bytes(b))),
            b'l' => self.window.array::<4>(self.at)?.map(|b| f64::from(i32::from_be_bytes(b))),
            b'd' => self.window.array::<4>(self.at)?.map(|b| f64::from(f32::from_be_bytes(b))),
            b'L' => self.window.array::<8>(self.at)?.map(|b| i64::from_be_bytes(b) as f64),
            _ => self.window.array::<8>(self.at)?.map(f64::from_be_bytes),
        };
        let number = number.ok_or(short)?;
        self.at += width(marker).unwrap_or(0) as u64;
        Ok(number)
    }

    fn length(&mut self, expected: &'static str) -> Result<u64, Error> {
        let at = self.at;
        let marker = self.byte(expected)?;
        if !b"iUIlL".contains(&marker) {
            return Err(Error::Invalid(at, expected, format!("{:?}", char::from(marker))));
        }
        let length = self.number(marker)?;
        if length < 0.0 { Err(Error::Invalid(at, expected, length.to_string())) } else { Ok(length as u64) }
    }

    fn string(&mut self, expected: &'static str) -> Result<(String, u64), Error> {
        let length = self.length(expected)?;
        let keep = usize::try_from(length).unwrap_or(limits::TEXT).min(limits::TEXT);
        let bytes = self.window.at(self.at, keep)?;
        let text = String::from_utf8_lossy(&bytes[..keep.min(bytes.len())]).into_owned();
        let end = self.at.checked_add(length).filter(|end| *end <= self.window.size()).ok_or(Error::Truncated(self.at, expected))?;
        self.at = end;
        Ok((text, length))
    }

    /// `$` and `#` behind an opening bracket.
    fn header(&mut self) -> Result<(Option<u8>, Option<u64>), Error> {
        let mut kind = None;
        if self.peek()? == Some(b'$') {
            self.at += 1;
            kind = Some(self.byte("the type of a container")?);
        }
        let count = if self.peek()? == Some(b'#') {
            self.at += 1;
            Some(self.length("the length of a container")?)
        } else {
            None
        };
        Ok((kind, count))
    }

    /// One value, or the beginning of a container.
    fn value(&mut self, marker: u8, at: u64, model: &mut Model<'_, '_>) -> Result<(), Error> {
        match marker {
            b'{' | b'[' => {
                let object = marker == b'{';
                model.begin(at);
                let (kind, count) = self.header()?;
                if self.open.len() >= limits::DEPTH {
                    return Err(Error::Depth(at));
                }
                // Numbers of one type that nobody asks for are passed over at once.
                if let (false, Some(width), Some(count), false) = (object, kind.and_then(width), count, model.wants()) {
                    let end = count.checked_mul(width as u64).and_then(|bytes| self.at.checked_add(bytes)).filter(|end| *end <= self.window.size());
                    self.at = end.ok_or(Error::Truncated(self.at, "the numbers of an array"))?;
                    model.end(self.at)?;
                    return Ok(());
                }
                self.open.push(Open { object, left: count, kind });
                Ok(())
            }
            b'S' | b'H' => {
                let (text, length) = self.string("the length of a string")?;
                Ok(model.value(Value::Text(&text, length), at)?)
            }
            b'Z' | b'T' | b'F' => Ok(model.value(Value::Other, at)?),
            b'N' => Ok(()),
            marker if width(marker).is_some() => {
                let number = self.number(marker)?;
                Ok(model.value(Value::Number(number), at)?)
            }
            other => Err(Error::Invalid(at, "the marker of a value", format!("{other:#04x}"))),
        }
    }

    fn read(&mut self, model: &mut Model<'_, '_>) -> Result<(), Error> {
        let marker = self.byte("a value")?;
        self.value(marker, 0, model)?;
        while let Some(open) = self.open.last_mut() {
            let (object, kind) = (open.object, open.kind);
            let ends = match &mut open.left {
                Some(0) => true,
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => {
                    let close = if object { b'}' } else { b']' };
                    let ends = self.window.at(self.at, 1)?.first() == Some(&close);
                    self.at += u64::from(ends);
                    ends
                }
            };
            self.step()?;
            if ends {
                self.open.pop();
                model.end(self.at)?;
                continue;
            }
            if object {
                let at = self.at;
                let (key, _) = self.string("the length of a key")?;
                model.key(&key, at)?;
            }
            let at = self.at;
            let marker = match kind {
                Some(kind) => kind,
                None => self.byte("a value")?,
            };
            self.value(marker, at, model)?;
        }
        Ok(())
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut model = Model::new(input);
    let mut reader = Reader { window: Window::new(input, limits::WINDOW), at: 0, steps: 0, open: Vec::new() };
    let result = reader.read(&mut model);
    let (size, end) = (input.size(), reader.at.min(input.size()));
    input.region(Region::Structure, 0, end)?;
    model.finish(end)?;
    let (at, fact, failure) = match &result {
        Ok(()) => {
            if end < size {
                let found = format!("{} bytes", size - end);
                input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, size - end))?;
            }
            return if model.is_cut() { Err(Failure::Unsupported) } else { Ok(()) };
        }
        Err(Error::Stop(stop)) => return Err(Failure::Stop(*stop)),
        Err(Error::Truncated(at, expected)) => (*at, Fact::anomaly("truncated").text("expected", expected), Failure::Malformed),
        Err(Error::Invalid(at, expected, found)) => {
            (*at, Fact::anomaly("invalid").text("expected", expected).text("found", found), Failure::Malformed)
        }
        Err(Error::Depth(at)) => (*at, Fact::anomaly("limit-depth").text("expected", "less nesting"), Failure::Unsupported),
    };
    input.emit(&fact.at(at.min(size), 0))?;
    input.region(Region::Opaque, end, size - end)?;
    Err(failure)
}
