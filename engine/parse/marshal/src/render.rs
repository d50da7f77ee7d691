//! Constants as Python would write them, bounded.

use crate::limits;
use crate::node::{Cut, Id, Node, Object, Span};
use weighbridge_parse_read::{ReadAt, Stop};

impl<R: ReadAt + ?Sized> Object<'_, R> {
    /// A value as Python writes it, at most `limits::CONSTANT` characters.
    pub fn render(&self, id: Id) -> Result<String, Stop> {
        enum Next {
            Value(Id),
            Text(&'static str),
        }
        let mut out = String::new();
        let mut left = limits::RENDERED;
        let mut next = vec![Next::Value(id)];
        while let Some(step) = next.pop() {
            if out.len() >= limits::CONSTANT {
                cut(&mut out);
                break;
            }
            let id = match step {
                Next::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Next::Value(id) => id,
            };
            if left == 0 {
                out.push('…');
                break;
            }
            left -= 1;
            let (open, items, close): (&str, &[Id], &str) = match self.node(id) {
                Node::Tuple(items) if items.len() == 1 => ("(", items, ",)"),
                Node::Tuple(items) => ("(", items, ")"),
                Node::List(items) => ("[", items, "]"),
                Node::Set(items) => ("{", items, "}"),
                Node::FrozenSet(items) => ("frozenset({", items, "})"),
                Node::Slice(items) => ("slice(", items, ")"),
                Node::Dict(items) => ("{", items, "}"),
                Node::FrozenDict(items) => ("frozendict({", items, "})"),
                _ => {
                    self.scalar(id, &mut out)?;
                    continue;
                }
            };
            let pairs = matches!(self.node(id), Node::Dict(_) | Node::FrozenDict(_));
            out.push_str(open);
            next.push(Next::Text(close));
            let shown = items.len().min(left + 1);
            for (at, item) in items[..shown].iter().enumerate().rev() {
                next.push(Next::Value(*item));
                if at > 0 {
                    next.push(Next::Text(if pairs && at % 2 == 1 { ": " } else { ", " }));
                }
            }
        }
        Ok(out)
    }

    fn scalar(&self, id: Id, out: &mut String) -> Result<(), Stop> {
        match *self.node(id) {
            Node::None => out.push_str("None"),
            Node::True => out.push_str("True"),
            Node::False => out.push_str("False"),
            Node::Ellipsis => out.push_str("Ellipsis"),
            Node::StopIteration => out.push_str("StopIteration"),
            Node::Int(n) => out.push_str(&n.to_string()),
            Node::Long { digits, negative } => out.push_str(&self.long(digits, negative)?),
            Node::Float(x) => out.push_str(&format!("{x:?}")),
            Node::Complex(re, im) => out.push_str(&format!("({re:?}{}{im:?}j)", if im.is_sign_negative() { "" } else { "+" })),
            Node::FloatText(span) => out.push_str(&String::from_utf8_lossy(&self.bytes(span, limits::CONSTANT)?)),
            Node::ComplexText(re, im) => {
                let (re, im) = (self.bytes(re, limits::CONSTANT)?, self.bytes(im, limits::CONSTANT)?);
                out.push_str(&format!("({}+{}j)", String::from_utf8_lossy(&re), String::from_utf8_lossy(&im)));
            }
            Node::Bytes(span) => {
                let bytes = self.bytes(span, limits::CONSTANT)?;
                out.push_str("b'");
                out.push_str(&bytes.escape_ascii().to_string());
                out.push('\'');
                if bytes.len() < span.len as usize {
                    out.push('…');
                }
            }
            Node::Text { .. } => {
                let Cut { text, cut, .. } = self.text(id, limits::CONSTANT)?.unwrap_or_default();
                out.push('\'');
                out.extend(text.chars().flat_map(|c| if c == '"' { vec![c] } else { c.escape_debug().collect() }));
                out.push('\'');
                if cut {
                    out.push('…');
                }
            }
            Node::Code(ref code) => {
                let name = self.name(code, crate::Part::Name)?;
                out.push_str(&format!("<code {}>", name.escape_debug()));
            }
            _ => out.push_str("<null>"),
        }
        Ok(())
    }

    fn long(&self, digits: Span, negative: bool) -> Result<String, Stop> {
        let sign = if negative { "-" } else { "" };
        // Eight digits of 15 bits fill 120 bits.
        if digits.len > 16 {
            return Ok(format!("<{}number of some {} bits>", if negative { "negative " } else { "" }, u64::from(digits.len) / 2 * 15));
        }
        let bytes = self.bytes(digits, 16)?;
        let value = bytes.chunks_exact(2).rev().fold(0u128, |value, pair| value << 15 | u128::from(u16::from_le_bytes([pair[0], pair[1]]) & 0x7fff));
        Ok(format!("{sign}{value}"))
    }
}

fn cut(out: &mut String) {
    out.truncate(out.floor_char_boundary(limits::CONSTANT));
    out.push('…');
}
