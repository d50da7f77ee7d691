//! Built-in packs in the form that the build script gives them: read several times as fast as TOML, into the same values.

use super::node::{Entries, Node, Value};
use super::tags::{CALLABLES, FALSE, INTEGER, LIST, REAL, TABLE, TEXT, TRUE};
use super::text::Text;
use crate::limits::CONDITION_DEPTH;
use toml::Spanned;

/// The table that a pack is; none where the bytes are not in that form.
pub fn read(bytes: &'static [u8], texts: &'static str) -> Option<Entries<'static>> {
    let mut reader = Reader { rest: bytes, texts };
    match reader.value(CONDITION_DEPTH * 4)?.into_inner() {
        Value::Table(entries) if reader.rest.is_empty() && reader.texts.is_empty() => Some(entries),
        _ => None,
    }
}

struct Reader {
    rest: &'static [u8],
    texts: &'static str,
}

impl Reader {
    fn value(&mut self, depth: usize) -> Option<Node<'static>> {
        let depth = depth.checked_sub(1)?;
        let [tag] = self.bytes()?;
        let value = match tag {
            TEXT => Value::String(Text::Builtin(self.text()?)),
            INTEGER => Value::Integer(Some(i64::from_le_bytes(self.bytes()?).into())),
            REAL => Value::Float(f64::from_le_bytes(self.bytes()?)),
            FALSE => Value::Boolean(false),
            TRUE => Value::Boolean(true),
            LIST => Value::Array({
                let count = self.count()?;
                let mut items = Vec::with_capacity(count);
                for _ in 0..count {
                    items.push(self.value(depth)?);
                }
                items
            }),
            TABLE => Value::Table({
                let count = self.count()?;
                let mut entries = Vec::with_capacity(count);
                for _ in 0..count {
                    entries.push((unplaced(Text::Builtin(self.text()?)), self.value(depth)?));
                }
                entries
            }),
            CALLABLES => Value::Callables({
                let count = self.count()?;
                let mut modules = Vec::with_capacity(count);
                for _ in 0..count {
                    modules.push((self.text()?, self.text()?));
                }
                modules
            }),
            _ => return None,
        };
        Some(unplaced(value))
    }

    fn text(&mut self) -> Option<&'static str> {
        let (text, rest) = self.texts.split_at_checked(self.number()?)?;
        self.texts = rest;
        Some(text)
    }

    /// A count of values, each of which takes a byte at least: never more than there are.
    fn count(&mut self) -> Option<usize> {
        self.number().filter(|count| *count <= self.rest.len())
    }

    fn number(&mut self) -> Option<usize> {
        let mut count = 0usize;
        for shift in (0..usize::BITS).step_by(7) {
            let [byte] = self.bytes()?;
            count |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(count);
            }
        }
        None
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }
}

fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_pack_are_none() {
        for (bytes, texts) in [
            (&b""[..], ""),
            (&[TEXT, 1], "a"),
            (&[TABLE, 1], "k"),
            (&[TABLE, 0, 0], ""),
            (&[TABLE, 1, 1, 9], "k"),
            (&[TABLE, 1, 1, CALLABLES, 2, 1, 1], "kos"),
            (&[TABLE, 1, 1, TRUE], ""),
            (&[TABLE, 1, 1, TRUE], "ä"),
            (&[TABLE, 1, 1, TRUE], "kk"),
            (&[TABLE, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], ""),
        ] {
            assert!(read(bytes, texts).is_none(), "{bytes:?}");
        }
        assert!(read([LIST, 1].repeat(1_000).leak(), "").is_none(), "nested without end");
        assert_eq!(read(&[TABLE, 1, 1, TRUE], "k").map(|entries| entries.len()), Some(1));
    }
}
