//! Which of the formats bytes are: protocol buffers have no magic, but nodes of a graph and paths of layers do not come about by chance.

use crate::{format, limits};
use weighbridge_parse_proto::{Error, Message, Reader, Survey, Value, Wire, survey};
use weighbridge_sdk::{Input, Probe, ReadAt, Span, Stop, read_up_to};

/// Fields of `NodeDef`.
const NODE: &[(u32, Wire)] =
    &[(1, Wire::Bytes), (2, Wire::Bytes), (3, Wire::Bytes), (4, Wire::Bytes), (5, Wire::Bytes), (6, Wire::Bytes), (7, Wire::Bytes)];

/// Fields of an entry of a map.
const ENTRY: &[(u32, Wire)] = &[(1, Wire::Bytes), (2, Wire::Bytes)];

/// Fields of `GraphDef`.
const GRAPH: &[(u32, Wire)] = &[(1, Wire::Bytes), (2, Wire::Bytes), (3, Wire::Varint), (4, Wire::Bytes), (5, Wire::Bytes)];

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    if input.array(4)? == Some(*b"TFL3") {
        return Ok(Probe::certain(0).of(format::LITE));
    }
    if input.size() >= 48 && input.array(input.size() - 8)? == Some(crate::table::MAGIC) {
        return Ok(Probe::certain(0).of(format::INDEX));
    }
    if input.carved() {
        return Ok(Probe::NO);
    }
    let name = input.name();
    let head = read_up_to(input, 0, limits::PROBE_TEXT)?;
    if crate::events::is_events(&head) {
        return Ok(Probe::certain(0).of(format::EVENTS));
    }
    if crate::data::is_data(name) {
        return Ok(Probe::likely(0).of(format::DATA));
    }
    if crate::state::is_state(&head, name) {
        return Ok(Probe::certain(0).of(format::STATE));
    }
    if crate::text::is_text(&head) {
        return Ok(Probe::likely(0).of(format::TEXT));
    }
    if crate::tfjs::is_tfjs(input)? {
        return Ok(Probe::likely(0).of(format::TFJS));
    }
    if crate::tflite::json::is_lite_json(input)? {
        return Ok(Probe::likely(0).of(format::LITE_JSON));
    }
    let mut reader = Reader::with_window(input, limits::PROBE_WINDOW);
    let whole = reader.whole();
    let fields = survey(&mut reader, whole, limits::PROBE_FIELDS)?;
    let found = binary(&mut reader, whole, &fields)?;
    let sound = fields.broken.is_none();
    if let Some(found) = found {
        let probe = if sound { Probe::certain(0) } else { Probe::likely(0) };
        return Ok(probe.of(found));
    }
    // What a loader goes by: the file's name alone.
    Ok(match name {
        "saved_model.pb" => Probe::possible(0).of(format::SAVED_MODEL),
        "keras_metadata.pb" => Probe::possible(0).of(format::KERAS),
        "fingerprint.pb" => Probe::possible(0).of(format::FINGERPRINT),
        "tfhub_module.pb" => Probe::likely(0).of(format::HUB),
        _ if name.len() > 3 && name.as_bytes()[name.len() - 3..].eq_ignore_ascii_case(b".pb") && crate::message::is_message(&mut reader, whole)? => {
            Probe::possible(0).of(format::MESSAGE)
        }
        _ => Probe::NO,
    })
}

fn binary(reader: &mut Reader<&Input<'_>>, whole: Message, fields: &Survey) -> Result<Option<u32>, Stop> {
    let first = |number| fields.seen().iter().any(|seen| seen.number == number && seen.wire == Wire::Bytes);
    // SavedModel { saved_model_schema_version = 1, meta_graphs = 2 }
    if fields.count(1, Wire::Bytes) == 0 && first(2) && any(reader, whole, 2, is_meta_graph)? {
        return Ok(Some(format::SAVED_MODEL));
    }
    if first(1) && any(reader, whole, 1, is_keras_node)? {
        return Ok(Some(format::KERAS));
    }
    if is_graph_message(reader, whole, fields)? {
        return Ok(Some(format::GRAPH));
    }
    if is_meta_graph(reader, whole.span())? {
        return Ok(Some(format::META_GRAPH));
    }
    // FingerprintDef { saved_model_checksum = 1, …, checkpoint_hash = 5, version = 6, uuid = 7 }: four hashes or five, of 64 bits.
    let hashes =
        (1..=5).filter(|number| fields.first(*number, Wire::Varint).and_then(|field| field.varint()).is_some_and(|hash| hash >> 40 != 0)).count();
    let known = fields.seen().iter().all(|seen| matches!((seen.number, seen.wire), (1..=5, Wire::Varint) | (6 | 7, Wire::Bytes)));
    Ok((hashes >= 4 && known && fields.whole).then_some(format::FINGERPRINT))
}

/// Whether one of the first messages of that number is what is asked for.
fn any<'i, 'h>(
    reader: &mut Reader<&'i Input<'h>>,
    mut message: Message,
    number: u32,
    mut is: impl FnMut(&mut Reader<&'i Input<'h>>, Span) -> Result<bool, Stop>,
) -> Result<bool, Stop> {
    let mut tries = 0;
    for _ in 0..limits::PROBE_FIELDS * 4 {
        match reader.next(&mut message) {
            Ok(Some(field)) if field.number == number => {
                let Value::Bytes(span) = field.value else { return Ok(false) };
                if is(reader, span)? {
                    return Ok(true);
                }
                tries += 1;
                if tries >= limits::PROBE_TRIES {
                    return Ok(false);
                }
            }
            Ok(Some(_)) => {}
            Err(Error::Stop(stop)) => return Err(stop),
            Ok(None) | Err(Error::Broken(_)) => return Ok(false),
        }
    }
    Ok(false)
}

/// MetaGraphDef { meta_info_def = 1, graph_def = 2, … }: a graph, and what goes with it.
fn is_meta_graph(reader: &mut Reader<&Input<'_>>, span: Span) -> Result<bool, Stop> {
    let message = Message::new(span);
    let fields = survey(reader, message, limits::PROBE_FIELDS)?;
    let known = fields.seen().iter().all(|seen| seen.wire == Wire::Bytes);
    if !known {
        return Ok(false);
    }
    if any(reader, message, 2, is_graph)? {
        return Ok(true);
    }
    // MetaInfoDef { meta_graph_version = 1, stripped_op_list = 2, any_info = 3, tags = 4, tensorflow_version = 5, tensorflow_git_version = 6, … }
    let Some(info) = fields.bytes(1) else { return Ok(false) };
    let info = survey(reader, Message::new(info), limits::PROBE_FIELDS)?;
    let Some(version) = info.bytes(5) else { return Ok(false) };
    let version = reader.bytes(version, limits::NAME)?;
    Ok(version.first().is_some_and(u8::is_ascii_digit) && version.contains(&b'.') && version.is_ascii())
}

/// Whether bytes are a graph: nodes with the name of an operator each.
pub(crate) fn is_graph(reader: &mut Reader<&Input<'_>>, span: Span) -> Result<bool, Stop> {
    // A tag of one of its fields: the cheapest thing that tells text and numbers apart from it.
    if !reader.bytes(span, 1)?.first().is_some_and(|tag| matches!(tag, 0x0a | 0x12 | 0x18 | 0x22 | 0x2a)) {
        return Ok(false);
    }
    let message = Message::new(span);
    let fields = survey(reader, message, limits::PROBE_FIELDS)?;
    is_graph_message(reader, message, &fields)
}

fn is_graph_message(reader: &mut Reader<&Input<'_>>, message: Message, fields: &Survey) -> Result<bool, Stop> {
    let plain = fields.fits(GRAPH);
    // Fields of a later version, or put in to deceive, are passed over where a node leaves no doubt.
    let nodes = fields.count(1, Wire::Bytes) > 0;
    if !plain && !nodes {
        return Ok(false);
    }
    if nodes && has_nodes(reader, message)? {
        return Ok(true);
    }
    // FunctionDefLibrary { function = 1: FunctionDef { signature = 1, node_def = 3 } }: a graph that is nothing but functions.
    let library =
        |reader: &mut Reader<&Input<'_>>, span| any(reader, Message::new(span), 1, |reader, span| any(reader, Message::new(span), 3, is_node));
    Ok(plain && any(reader, message, 2, library)?)
}

/// Whether there are nodes among the first messages, and none that no reader of TensorFlow's takes: the whole would not be read then.
fn has_nodes(reader: &mut Reader<&Input<'_>>, message: Message) -> Result<bool, Stop> {
    let mut found = false;
    let foreign = any(reader, message, 1, |reader, span| {
        found = found || is_node(reader, span)?;
        is_foreign(reader, span)
    })?;
    Ok(found && !foreign)
}

/// Attributes are entries of a map. Where they are something else, it is another graph: MediaPipe's have texts there.
fn is_foreign(reader: &mut Reader<&Input<'_>>, span: Span) -> Result<bool, Stop> {
    let fields = survey(reader, Message::new(span), limits::PROBE_FIELDS)?;
    // What breaks off may break off in an attribute.
    let Some(attribute) = fields.bytes(5).filter(|attribute| fields.broken.is_none() && !attribute.is_empty()) else { return Ok(false) };
    let entry = survey(reader, Message::new(attribute), limits::PROBE_FIELDS)?;
    Ok(entry.broken.is_some() || !entry.fits(ENTRY))
}

/// `NodeDef`: a name that a node may have, and an operator's.
fn is_node(reader: &mut Reader<&Input<'_>>, span: Span) -> Result<bool, Stop> {
    let fields = survey(reader, Message::new(span), limits::PROBE_FIELDS)?;
    let (Some(name), Some(op)) = (fields.bytes(1), fields.bytes(2)) else { return Ok(false) };
    if !fields.fits(NODE) {
        return Ok(false);
    }
    let (name, op) = (reader.bytes(name, limits::NAME)?, reader.bytes(op, limits::NAME)?);
    let word = |bytes: &[u8], more: &[u8]| !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || more.contains(byte));
    let begins = op.iter().find(|byte| **byte != b'_').is_some_and(u8::is_ascii_alphabetic);
    Ok(op.len() > 1 && begins && word(&op, b"_>.") && word(&name, b"_>./\\-"))
}

/// `SavedMetadata.nodes`: SavedObject { node_id = 2, node_path = 3, identifier = 4, metadata = 5, version = 6 }.
fn is_keras_node(reader: &mut Reader<&Input<'_>>, span: Span) -> Result<bool, Stop> {
    let fields = survey(reader, Message::new(span), limits::PROBE_FIELDS)?;
    let Some(identifier) = fields.bytes(4) else { return Ok(false) };
    Ok(reader.bytes(identifier, limits::NAME)?.starts_with(b"_tf_keras_"))
}
