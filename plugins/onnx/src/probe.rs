//! Whether bytes are a model: protocol buffers have no magic, but a graph of named operators does not come about by chance.

use crate::limits;
use crate::tensor;
use weighbridge_parse_proto::{Error, Message, Reader, Span, Value, Wire, survey};
use weighbridge_sdk::{Input, Probe, Stop};

/// What an input is if it is no model, as an index into the formats.
pub(crate) const TENSOR: u32 = 1;
pub(crate) const ORT: u32 = 2;

/// Fields of `GraphProto`.
const GRAPH: &[(u32, Wire)] = &[
    (1, Wire::Bytes),
    (2, Wire::Bytes),
    (5, Wire::Bytes),
    (10, Wire::Bytes),
    (11, Wire::Bytes),
    (12, Wire::Bytes),
    (13, Wire::Bytes),
    (14, Wire::Bytes),
    (15, Wire::Bytes),
    (16, Wire::Bytes),
];

/// Fields of `NodeProto`.
const NODE: &[(u32, Wire)] = &[
    (1, Wire::Bytes),
    (2, Wire::Bytes),
    (3, Wire::Bytes),
    (4, Wire::Bytes),
    (5, Wire::Bytes),
    (6, Wire::Bytes),
    (7, Wire::Bytes),
    (8, Wire::Bytes),
    (9, Wire::Bytes),
    (10, Wire::Bytes),
];

/// Fields of `TensorProto`.
const TENSOR_FIELDS: &[(u32, Wire)] = &[
    (1, Wire::Varint),
    (1, Wire::Bytes),
    (2, Wire::Varint),
    (4, Wire::Bytes),
    (5, Wire::Bytes),
    (6, Wire::Bytes),
    (7, Wire::Bytes),
    (8, Wire::Bytes),
    (9, Wire::Bytes),
    (10, Wire::Bytes),
    (11, Wire::Bytes),
    (12, Wire::Bytes),
];

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    if input.array::<4>(4)? == Some(*b"ORTM") {
        return Ok(Probe::certain(0).of(ORT));
    }
    if input.carved() {
        return Ok(Probe::NO);
    }
    let mut reader = Reader::with_window(input, limits::PROBE_WINDOW);
    let whole = reader.whole();
    let (found, broken) = model(&mut reader, whole)?;
    let extension = input.name().rsplit_once('.').map_or("", |(_, extension)| extension);
    let named = extension.eq_ignore_ascii_case("onnx");
    Ok(match found {
        Graph::Plain if !broken => Probe::certain(0),
        Graph::Plain | Graph::Odd => Probe::likely(0),
        Graph::None if is_tensor(&mut reader, whole)? => Probe::likely(0).of(TENSOR),
        Graph::None if named => Probe::possible(0),
        Graph::None => Probe::NO,
    })
}

/// What has been found of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Graph {
    None,
    /// There are nodes, among fields that a graph does not have.
    Odd,
    Plain,
}

/// Looks for a graph among the fields of a model; the first may be there to deceive, and what follows may be broken.
fn model(reader: &mut Reader<&Input<'_>>, mut message: Message) -> Result<(Graph, bool), Stop> {
    let mut best = Graph::None;
    let mut tries = 0;
    for _ in 0..limits::PROBE_FIELDS {
        let field = match reader.next(&mut message) {
            Ok(Some(field)) => field,
            Ok(None) => return Ok((best, false)),
            Err(Error::Stop(stop)) => return Err(stop),
            Err(Error::Broken(_)) => return Ok((best, true)),
        };
        match (field.number, field.value) {
            // ir_version, model_version
            (1 | 5, Value::Varint(_)) => {}
            (1 | 5, _) => return Ok((best, true)),
            (7, Value::Bytes(span)) if tries < limits::PROBE_TRIES && best < Graph::Plain => {
                tries += 1;
                best = best.max(graph(reader, Message::new(span))?);
            }
            _ => {}
        }
    }
    Ok((best, false))
}

fn graph(reader: &mut Reader<&Input<'_>>, message: Message) -> Result<Graph, Stop> {
    let fields = survey(reader, message, limits::PROBE_INNER)?;
    let plain = fields.fits(GRAPH) && (fields.whole || fields.broken.is_none());
    let mut message = message;
    let mut tries = 0;
    while let Ok(Some(field)) = reader.next(&mut message) {
        if let (1, Value::Bytes(span)) = (field.number, field.value) {
            if is_node(reader, span)? {
                return Ok(if plain { Graph::Plain } else { Graph::Odd });
            }
            tries += 1;
            if tries >= limits::PROBE_TRIES {
                break;
            }
        }
    }
    // A graph without nodes gives its inputs back.
    Ok(if plain && fields.bytes(12).is_some() && fields.bytes(2).is_some() { Graph::Odd } else { Graph::None })
}

/// A node with outputs and the name of an operator.
fn is_node(reader: &mut Reader<&Input<'_>>, span: Span) -> Result<bool, Stop> {
    let fields = survey(reader, Message::new(span), limits::PROBE_INNER)?;
    let Some(op) = fields.bytes(4).filter(|_| fields.fits(NODE)) else { return Ok(false) };
    let op = reader.bytes(op, limits::NAME)?;
    Ok(!op.is_empty() && op.iter().all(|byte| byte.is_ascii_graphic()))
}

/// A tensor by itself: elements of exactly the size that type and dimensions ask for.
fn is_tensor(reader: &mut Reader<&Input<'_>>, message: Message) -> Result<bool, Stop> {
    let fields = survey(reader, message, limits::PROBE_INNER)?;
    if !fields.whole || !fields.fits(TENSOR_FIELDS) {
        return Ok(false);
    }
    let mut found = tensor::Tensor::default();
    let mut held = None;
    let mut strings = 0;
    let mut numbers = 0i64;
    let mut message = message;
    while let Ok(Some(field)) = reader.next(&mut message) {
        match (field.number, field.value) {
            (1, _) => match reader.varints(&field, |dim| {
                tensor::push_dim(&mut found, dim as i64);
                true
            }) {
                Err(Error::Stop(stop)) => return Err(stop),
                Err(Error::Broken(_)) => return Ok(false),
                Ok(()) => {}
            },
            (2, Value::Varint(data_type)) => found.data_type = data_type,
            (4 | 9 | 10, Value::Bytes(span)) => held = Some(span.len()),
            // int32_data (small integers and floats too, of 4 bits two in one), int64_data, uint64_data
            (5 | 7 | 11, _) => match reader.varints(&field, |_| {
                numbers += 1;
                true
            }) {
                Err(Error::Stop(stop)) => return Err(stop),
                Err(Error::Broken(_)) => return Ok(false),
                Ok(()) => {}
            },
            (6, Value::Bytes(_)) => strings += 1,
            _ => {}
        }
    }
    let elements = found.dims.iter().try_fold(1i64, |product, dim| product.checked_mul(*dim));
    Ok(match held {
        Some(held) => found.bytes() == Some(held) && held > 0,
        None if numbers > 0 => elements.is_some_and(|elements| numbers == elements || numbers == (elements + 1) / 2) && found.bytes().is_some(),
        None => found.data_type == tensor::STRING && strings > 0 && elements == Some(strings),
    })
}
