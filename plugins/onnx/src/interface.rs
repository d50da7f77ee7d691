//! What goes into a graph and comes out of it, for those who inspect a file.

use weighbridge_parse_proto::{Message, Reader, Value};
use weighbridge_sdk::{Input, Span, Stop};

/// Bytes of a name that are shown.
const NAME: usize = 256;
/// Dimensions that are shown.
const DIMENSIONS: usize = 16;

/// `TensorProto.DataType`.
const TYPES: [&str; 17] = [
    "?",
    "float",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "double",
    "uint32",
    "uint64",
    "complex64",
    "complex128",
    "bfloat16",
];

/// ```text
/// ValueInfoProto { name = 1, type = 2: TypeProto { tensor_type = 1, _sequence_type = 4, _map_type = 5, _sparse_tensor_type = 8, _optional_type = 9 } }
/// Tensor { elem_type = 1, shape = 2: TensorShapeProto { dim = 1: Dimension { dim_value = 1, dim_param = 2 } } }
/// ```
/// What is broken in it is said by the walk, or matters to nobody.
pub(crate) fn list(
    reader: &mut Reader<&Input<'_>>,
    input: &Input<'_>,
    graph: &str,
    is_input: bool,
    message: &Message,
    span: Span,
) -> Result<(), Stop> {
    let Some(mut value) = message.nested(span).ok().filter(|_| input.wants_tables()) else { return Ok(()) };
    let (mut name, mut kind) = (String::new(), String::new());
    while let Ok(Some(field)) = reader.next(&mut value) {
        match (field.number, field.value) {
            (1, Value::Bytes(span)) => name = reader.text(span, NAME)?,
            (2, Value::Bytes(span)) => kind = type_of(reader, &value, span)?,
            _ => {}
        }
    }
    let role = if is_input { "input" } else { "output" };
    input.row("interface", span.start, span.len(), 0, &[graph, role, &name, &kind])
}

fn type_of(reader: &mut Reader<&Input<'_>>, message: &Message, span: Span) -> Result<String, Stop> {
    let Ok(mut kind) = message.nested(span) else { return Ok(String::new()) };
    while let Ok(Some(field)) = reader.next(&mut kind) {
        let Value::Bytes(span) = field.value else { continue };
        match field.number {
            1 | 8 => return tensor(reader, &kind, span),
            4 => return Ok("sequence".into()),
            5 => return Ok("map".into()),
            9 => return Ok("optional".into()),
            _ => {}
        }
    }
    Ok(String::new())
}

fn tensor(reader: &mut Reader<&Input<'_>>, message: &Message, span: Span) -> Result<String, Stop> {
    let Ok(mut tensor) = message.nested(span) else { return Ok(String::new()) };
    let (mut element, mut dims) = (String::new(), None);
    while let Ok(Some(field)) = reader.next(&mut tensor) {
        match (field.number, field.value) {
            (1, Value::Varint(number)) => {
                let known = usize::try_from(number).ok().and_then(|number| TYPES.get(number));
                element = known.map_or_else(|| format!("type {number}"), |name| (*name).to_owned());
            }
            (2, Value::Bytes(span)) => dims = Some(shape(reader, &tensor, span)?),
            _ => {}
        }
    }
    Ok(match dims {
        Some(dims) => format!("{element}[{}]", dims.join(", ")),
        None => element,
    })
}

fn shape(reader: &mut Reader<&Input<'_>>, message: &Message, span: Span) -> Result<Vec<String>, Stop> {
    let mut dims = Vec::new();
    let Ok(mut shape) = message.nested(span) else { return Ok(dims) };
    while let Ok(Some(field)) = reader.next(&mut shape) {
        let (1, Value::Bytes(span)) = (field.number, field.value) else { continue };
        if dims.len() == DIMENSIONS {
            dims.push("…".into());
            break;
        }
        let Ok(mut dim) = shape.nested(span) else { break };
        let mut text = "?".to_owned();
        while let Ok(Some(field)) = reader.next(&mut dim) {
            match (field.number, field.value) {
                (1, Value::Varint(number)) => text = (number as i64).to_string(),
                (2, Value::Bytes(span)) => text = reader.text(span, NAME)?,
                _ => {}
            }
        }
        dims.push(text);
    }
    Ok(dims)
}
