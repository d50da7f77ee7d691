//! What a message looks like, for telling formats apart that have no magic.

use crate::error::{Broken, Error};
use crate::field::{Field, Message, Wire};
use crate::limits;
use crate::reader::Reader;
use weighbridge_parse_read::{ReadAt, Span, Stop};

/// The field numbers of a message: of which wire type, how often, and where the first of each is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    seen: Vec<Seen>,
    /// Fields that were read.
    pub fields: u64,
    /// Whether the message was read to its end.
    pub whole: bool,
    /// Where it broke.
    pub broken: Option<Broken>,
}

/// All fields of one number and wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Of the schema.
    pub number: u32,
    /// Of the wire.
    pub wire: Wire,
    /// How many.
    pub count: u64,
    /// The first.
    pub first: Field,
}

impl Survey {
    /// What was seen, in order of appearance.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// The first field of that number, if it is of that wire type.
    pub fn first(&self, number: u32, wire: Wire) -> Option<&Field> {
        self.seen.iter().find(|seen| seen.number == number && seen.wire == wire).map(|seen| &seen.first)
    }

    /// Where the bytes of the first field of that number lie.
    pub fn bytes(&self, number: u32) -> Option<Span> {
        self.first(number, Wire::Bytes).and_then(Field::bytes)
    }

    /// How many fields there are of that number and wire type.
    pub fn count(&self, number: u32, wire: Wire) -> u64 {
        self.seen.iter().find(|seen| seen.number == number && seen.wire == wire).map_or(0, |seen| seen.count)
    }

    /// Whether there are fields, and each is one of `schema`: number and wire type.
    pub fn fits(&self, schema: &[(u32, Wire)]) -> bool {
        !self.seen.is_empty() && self.seen.iter().all(|seen| schema.contains(&(seen.number, seen.wire)))
    }
}

/// Looks at up to `limit` fields of `message`. More different numbers than a schema has end it, as if the message were broken there.
pub fn survey<R: ReadAt>(reader: &mut Reader<R>, mut message: Message, limit: u64) -> Result<Survey, Stop> {
    let mut survey = Survey::default();
    while survey.fields < limit {
        let field = match reader.next(&mut message) {
            Ok(Some(field)) => field,
            Ok(None) => {
                survey.whole = true;
                break;
            }
            Err(Error::Stop(stop)) => return Err(stop),
            Err(Error::Broken(broken)) => {
                survey.broken = Some(broken);
                break;
            }
        };
        survey.fields += 1;
        let wire = field.value.wire();
        let known = survey.seen.iter().position(|seen| seen.number == field.number && seen.wire == wire);
        match known {
            Some(known) => survey.seen[known].count += 1,
            None if survey.seen.len() >= limits::SURVEYED => break,
            None => survey.seen.push(Seen { number: field.number, wire, count: 1, first: field }),
        }
    }
    Ok(survey)
}
