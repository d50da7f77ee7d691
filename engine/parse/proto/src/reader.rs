//! Reads fields one after the other, wherever they lie.

use crate::error::{Broken, Error, Fault};
use crate::field::{Field, Message, Value};
use crate::limits;
use weighbridge_parse_read::{ReadAt, Span, Stop, Window};

/// A reader over an input that holds messages.
pub struct Reader<R> {
    window: Window<R>,
    steps: u64,
}

impl<R: ReadAt> Reader<R> {
    /// A reader over `input`.
    pub fn new(input: R) -> Self {
        Reader::with_window(input, limits::WINDOW)
    }

    /// A reader that holds `bytes` of the input at once: few, where it is to seek more than to read.
    pub fn with_window(input: R, bytes: usize) -> Self {
        Reader { window: Window::new(input, bytes), steps: 0 }
    }

    /// The input.
    pub fn input(&self) -> &R {
        self.window.input()
    }

    /// The whole input, as one message.
    pub fn whole(&self) -> Message {
        Message::new(Span::new(0, self.window.size()))
    }

    /// The next field of `message`; `None` at its end, and after an error.
    pub fn next(&mut self, message: &mut Message) -> Result<Option<Field>, Error> {
        if let Some(broken) = message.broken.take() {
            return Err(broken.into());
        }
        if message.at >= message.span.end {
            return Ok(None);
        }
        let end = message.span.end;
        match self.field(message.at, end) {
            Ok((field, broken)) => {
                message.at = field.end;
                message.broken = broken;
                Ok(Some(field))
            }
            Err(error) => {
                message.at = end;
                Err(error)
            }
        }
    }

    /// Counts a step, and says so from time to time.
    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps >= limits::POLL {
            self.window.input().poll(self.steps)?;
            self.steps = 0;
        }
        Ok(())
    }

    /// The field at `at`, and what is wrong with its value.
    fn field(&mut self, at: u64, end: u64) -> Result<(Field, Option<Broken>), Error> {
        let (number, wire, start) = self.tag(at, end)?;
        let mut broken = None;
        let (value, next) = match wire {
            0 => {
                let (number, next) = self.varint(start, end)?;
                (Value::Varint(number), next)
            }
            1 => (Value::Fixed64(u64::from_le_bytes(self.fixed(start, end)?)), start + 8),
            2 => {
                let (length, start) = self.varint(start, end)?;
                let found = end - start;
                if length > found {
                    broken = Some(Broken { at, fault: Fault::ValueTruncated { expected: length, found } });
                }
                let end = start + length.min(found);
                (Value::Bytes(Span::new(start, end)), end)
            }
            3 => {
                let (last, next) = self.group(number, start, end)?;
                (Value::Group(Span::new(start, last)), next)
            }
            4 => return Err(Broken { at, fault: Fault::GroupEnd { expected: 0, found: number } }.into()),
            5 => (Value::Fixed32(u32::from_le_bytes(self.fixed(start, end)?)), start + 4),
            wire => return Err(Broken { at, fault: Fault::WireType(wire) }.into()),
        };
        Ok((Field { number, at, end: next, value }, broken))
    }

    /// ```text
    /// tag := (field << 3) | wire_type        as a varint of 32 bits
    /// ```
    /// Number, wire type, and where the value begins.
    fn tag(&mut self, at: u64, end: u64) -> Result<(u32, u8, u64), Error> {
        self.step()?;
        let (tag, next) = self.varint(at, end)?;
        let fits = u32::try_from(tag).ok().filter(|_| next - at <= limits::TAG as u64);
        let tag = fits.ok_or(Broken { at, fault: Fault::TagTooLong })?;
        if tag >> 3 == 0 {
            return Err(Broken { at, fault: Fault::FieldZero }.into());
        }
        Ok((tag >> 3, (tag & 7) as u8, next))
    }

    /// The varint at `at`, and where it ends. Bits beyond 64 fall away, as they do everywhere.
    fn varint(&mut self, at: u64, end: u64) -> Result<(u64, u64), Error> {
        let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(limits::VARINT);
        let bytes = self.window.at(at, room)?;
        let mut number = 0u64;
        for (place, byte) in bytes.iter().take(room).enumerate() {
            number |= u64::from(byte & 0x7f).checked_shl(7 * place as u32).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok((number, at + place as u64 + 1));
            }
        }
        let fault = if room == limits::VARINT { Fault::VarintTooLong } else { Fault::VarintTruncated };
        Err(Broken { at, fault }.into())
    }

    /// The varint at `at`, which then is behind it: for numbers outside of messages.
    pub fn varint_at(&mut self, at: &mut u64, end: u64) -> Result<u64, Error> {
        self.step()?;
        let (number, next) = self.varint((*at).min(end), end)?;
        *at = next;
        Ok(number)
    }

    fn fixed<const N: usize>(&mut self, at: u64, end: u64) -> Result<[u8; N], Error> {
        let found = end - at;
        let short = Broken { at, fault: Fault::ValueTruncated { expected: N as u64, found } };
        if found < N as u64 {
            return Err(short.into());
        }
        Ok(self.window.array(at)?.ok_or(short)?)
    }

    /// The group that began before `at`: where its last field ends, and where the group does.
    fn group(&mut self, number: u32, at: u64, end: u64) -> Result<(u64, u64), Error> {
        let mut open = vec![number];
        let mut at = at;
        while let Some(&innermost) = open.last() {
            if at >= end {
                return Err(Broken { at, fault: Fault::GroupTruncated(innermost) }.into());
            }
            let (number, wire, start) = self.tag(at, end)?;
            match wire {
                3 if open.len() >= limits::GROUPS => return Err(Broken { at, fault: Fault::Depth }.into()),
                3 => open.push(number),
                4 if number != innermost => return Err(Broken { at, fault: Fault::GroupEnd { expected: innermost, found: number } }.into()),
                4 => {
                    open.pop();
                    if open.is_empty() {
                        return Ok((at, start));
                    }
                }
                _ => {
                    let (field, broken) = self.field(at, end)?;
                    if let Some(broken) = broken {
                        return Err(broken.into());
                    }
                    at = field.end;
                    continue;
                }
            }
            at = start;
        }
        Ok((at, at))
    }

    /// At most `max` bytes from the beginning of `span`: see [`Window::bytes`].
    pub fn bytes(&mut self, span: Span, max: usize) -> Result<Vec<u8>, Stop> {
        self.window.bytes(span, max)
    }

    /// At most `max` bytes of `span` as text: see [`Window::text`].
    pub fn text(&mut self, span: Span, max: usize) -> Result<String, Stop> {
        self.window.text(span, max)
    }

    /// The varints of a repeated field, packed or not: calls `each` for every one until it answers false.
    pub fn varints(&mut self, field: &Field, mut each: impl FnMut(u64) -> bool) -> Result<(), Error> {
        let span = match field.value {
            Value::Varint(number) => {
                each(number);
                return Ok(());
            }
            Value::Bytes(span) => span,
            _ => return Ok(()),
        };
        let mut at = span.start;
        while at < span.end {
            self.step()?;
            let (number, next) = self.varint(at, span.end)?;
            at = next;
            if !each(number) {
                break;
            }
        }
        Ok(())
    }
}
