//! Operators of TensorFlow in TFLite models: what the delegate runs is not what the operator is called, but what its options hold.
//!
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/delegates/flex/kernel.cc> (`InitializeNodeDef`): the options are a FlexBuffer
//! (<https://flatbuffers.dev/internals/#flexbuffers>), a vector of two strings: a name, and a serialised `NodeDef`.

use crate::limits;
use weighbridge_parse_proto::{Message, Reader, Span, Value};

/// An operator as its options describe it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub op: String,
    /// Attributes that are text: `name=value`.
    pub args: Vec<String>,
}

/// The `NodeDef` in options; none where they hold none.
pub(super) fn node(options: &[u8]) -> Option<Node> {
    let definition = second(options)?;
    let mut reader = Reader::new(definition);
    let mut message = reader.whole();
    let mut node = Node::default();
    // NodeDef { _name = 1, op = 2, _input = 3, _device = 4, attr = 5: { key = 1, value = 2: AttrValue { s = 2 } } }
    while let Ok(Some(field)) = reader.next(&mut message) {
        match (field.number, field.value) {
            (2, Value::Bytes(span)) => node.op = reader.text(span, limits::NAME).ok()?,
            (5, Value::Bytes(span)) if node.args.len() < limits::ARGUMENTS => node.args.extend(attribute(&mut reader, &message, span)),
            _ => {}
        }
    }
    (!node.op.is_empty()).then_some(node)
}

fn attribute(reader: &mut Reader<&[u8]>, message: &Message, span: Span) -> Option<String> {
    let mut entry = message.nested(span).ok()?;
    let (mut key, mut text) = (String::new(), None);
    while let Ok(Some(field)) = reader.next(&mut entry) {
        match (field.number, field.value) {
            (1, Value::Bytes(span)) => key = reader.text(span, limits::NAME).ok()?,
            (2, Value::Bytes(span)) => {
                let mut value = entry.nested(span).ok()?;
                while let Ok(Some(field)) = reader.next(&mut value) {
                    if let (2, Value::Bytes(span)) = (field.number, field.value) {
                        text = reader.text(span, limits::ARGUMENT).ok();
                    }
                }
            }
            _ => {}
        }
    }
    text.filter(|text| !text.is_empty()).map(|text| format!("{key}={text}"))
}

/// A number of 1, 2, 4 or 8 bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let part = bytes.get(at..at.checked_add(width)?)?;
    let mut whole = [0; 8];
    whole.get_mut(..width)?.copy_from_slice(part);
    usize::try_from(u64::from_le_bytes(whole)).ok()
}

/// ```text
/// flexbuffer := … root packed_type:u8 root_width:u8             packed_type := type << 2 | log2(width of its elements)
/// vector     := length element… type:u8…                        at `root` bytes before the root; elements are distances backward
/// string     := length bytes 0
/// ```
/// The second element of the vector.
fn second(bytes: &[u8]) -> Option<&[u8]> {
    let [.., packed, width] = bytes else { return None };
    let (width, kind, inner) = (usize::from(*width), packed >> 2, 1 << (packed & 3));
    // A vector, or one of strings (types 10, 14 and 15).
    if !matches!(width, 1 | 2 | 4 | 8) || !matches!(kind, 10 | 14 | 15) {
        return None;
    }
    let root = bytes.len().checked_sub(2 + width)?;
    let start = root.checked_sub(number(bytes, root, width)?)?;
    if number(bytes, start.checked_sub(inner)?, inner)? < 2 {
        return None;
    }
    let slot = start + inner;
    let text = slot.checked_sub(number(bytes, slot, inner)?)?;
    // The length's width is that of the string's own packed type, or the vector's.
    let own = bytes.get(start + 2 * inner + 1).map_or(inner, |packed| 1 << (packed & 3));
    let lengths = if kind == 10 { [own, inner] } else { [inner, own] };
    lengths.into_iter().find_map(|width| {
        let length = number(bytes, text.checked_sub(width)?, width)?;
        bytes.get(text..text.checked_add(length)?).filter(|text| text.len() > 3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_run_is_read_from_the_options() {
        // NodeDef { name: "n", op: "ReadFile", attr: { "a": { s: "x" } } }
        let definition = b"\x0a\x01n\x12\x08ReadFile\x2a\x08\x0a\x01a\x12\x03\x12\x01x";
        let mut options = b"\x08Identity\0".to_vec();
        let first = 1;
        options.push(definition.len() as u8);
        let second = options.len();
        options.extend(definition);
        options.extend([0, 2]);
        let start = options.len();
        options.extend([(start - first) as u8, (start + 1 - second) as u8, 5 << 2, 5 << 2]);
        options.push((options.len() - start) as u8);
        options.extend([10 << 2, 1]);
        assert_eq!(node(&options), Some(Node { op: "ReadFile".into(), args: vec!["a=x".into()] }));
        for cut in 0..options.len() {
            assert!(node(&options[..cut]).is_none_or(|node| !node.op.is_empty()), "{cut}");
        }
        assert_eq!(node(&[0xff; 64]), None);
    }
}
