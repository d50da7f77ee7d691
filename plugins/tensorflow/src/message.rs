//! Messages of protocol buffers that are no graph: the parts of a decision forest beside its SavedModel, configurations, tables of texts.
//!
//! <https://protobuf.dev/programming-guides/encoding/>. The schema is not known, so nothing is said of what the fields mean; a loader of graphs finds none in them.
//! What is text is told, at any depth.

use crate::limits;
use weighbridge_parse_proto::{Error, Message, Reader, Value};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Span, Stop};

/// Whether a file is one message from its first byte to its last, as far as its fields are looked at.
pub(crate) fn is_message(reader: &mut Reader<&Input<'_>>, mut message: Message) -> Result<bool, Stop> {
    for seen in 0..limits::MESSAGE_FIELDS {
        match reader.next(&mut message) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(seen > 0),
            Err(Error::Stop(stop)) => return Err(stop),
            Err(Error::Broken(_)) => return Ok(false),
        }
    }
    Ok(true)
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::new(input);
    let mut texts = 0;
    let mut open = vec![reader.whole()];
    while let Some(message) = open.last_mut() {
        let field = match reader.next(message) {
            Ok(Some(field)) => field,
            Err(Error::Stop(stop)) => return Err(stop.into()),
            // Bytes within are a message or something else; those of the file were looked at by the probe, as far as it goes.
            Err(Error::Broken(broken)) if open.len() == 1 => {
                input.region(Region::Structure, 0, input.size())?;
                let at = broken.at.min(input.size());
                let (expected, found) = (broken.fault.expected(), broken.fault.found());
                let fact = Fact::anomaly(broken.fault.code()).text("expected", &expected).text("found", &found);
                input.emit(&fact.at(at, input.size() - at))?;
                return Err(Failure::Malformed);
            }
            Ok(None) | Err(Error::Broken(_)) => {
                open.pop();
                continue;
            }
        };
        let Value::Bytes(span) = field.value else { continue };
        if text(input, &mut reader, span, &mut texts)? {
            continue;
        }
        if open.len() < limits::MESSAGE_DEPTH && !span.is_empty() {
            open.push(Message::new(span));
        }
    }
    input.region(Region::Structure, 0, input.size())?;
    if texts > limits::MESSAGE_TEXTS {
        let (expected, found) = (limits::MESSAGE_TEXTS.to_string(), texts.to_string());
        input.emit(&Fact::anomaly("limit-facts").text("expected", &expected).text("found", &found).at(0, input.size()))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}

/// Tells a text; `false` for what is none.
fn text(input: &Input<'_>, reader: &mut Reader<&Input<'_>>, span: Span, texts: &mut usize) -> Result<bool, Stop> {
    if span.len() < limits::MESSAGE_SHORTEST {
        return Ok(false);
    }
    let bytes = reader.bytes(span, limits::MESSAGE_TEXT)?;
    let valid = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // The cut may have split a character.
        Err(error) if error.error_len().is_none() && (bytes.len() as u64) < span.len() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Ok(false),
    };
    if valid.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Ok(false);
    }
    *texts += 1;
    if *texts <= limits::MESSAGE_TEXTS {
        input.emit(&Fact::new("text").text("role", "unread").text_cut("value", valid, span.len()).at(span.start, span.len()))?;
    }
    Ok(true)
}
