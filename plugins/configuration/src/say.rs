//! What is said of a file: facts and children, bounded.

use crate::limits;
use weighbridge_sdk::{Child, Fact, Input, ReadAt, Stop};

/// Where something stands.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub at: u64,
    pub length: u64,
}

/// The bytes of a child.
pub(crate) enum Content<'a> {
    /// As they stand in the input.
    Range(u64, u64),
    /// The JSON string that begins here.
    Json(u64),
    /// Decoded already.
    Held(&'a str),
}

/// Tokens from here on are of what is held.
pub(crate) const HELD: u64 = 1 << 63;

pub(crate) struct Say<'i, 'h> {
    pub input: &'i Input<'h>,
    facts: u64,
    /// Decoded texts that are children.
    pub held: Vec<Vec<u8>>,
    bytes: usize,
    /// A text was left out.
    pub left_out: bool,
}

impl<'i, 'h> Say<'i, 'h> {
    pub fn new(input: &'i Input<'h>) -> Self {
        Say { input, facts: 0, held: Vec::new(), bytes: 0, left_out: false }
    }

    /// Whether one more fact may be said.
    fn one_more(&mut self) -> bool {
        self.facts += 1;
        self.left_out |= self.facts > limits::FACTS;
        self.facts <= limits::FACTS
    }

    /// A place in text that was decoded may lie a little behind where it stands; never behind the input.
    fn within(&self, place: Place) -> Place {
        let at = place.at.min(self.input.size());
        Place { at, length: place.length.min(self.input.size() - at) }
    }

    pub fn fact(&mut self, fact: Fact<'_>, place: Place) -> Result<u64, Stop> {
        let place = self.within(place);
        if self.one_more() { self.input.emit(&fact.at(place.at, place.length)) } else { Ok(0) }
    }

    pub fn metadata(&mut self, key: &str, value: &str, place: Place) -> Result<(), Stop> {
        self.fact(Fact::new("metadata").text("key", key).text_cut("value", shown(value), value.len() as u64), place)?;
        Ok(())
    }

    pub fn text(&mut self, value: &str, place: Place) -> Result<(), Stop> {
        self.fact(Fact::new("text").text("role", "configuration").text_cut("value", shown(value), value.len() as u64), place)?;
        Ok(())
    }

    pub fn layer(&mut self, framework: &str, module: &str, class: &str, path: &str, place: Place) -> Result<(), Stop> {
        let fact = Fact::new("layer").text("framework", framework).text("module", module).text("class", class).text("registered_name", path);
        self.fact(fact, place)?;
        Ok(())
    }

    pub fn reference(&mut self, role: &str, target: &str, mechanism: &str, object: &str, place: Place) -> Result<(), Stop> {
        let fact = Fact::new("reference").text("role", role).text("target", shown(target)).text_if("mechanism", mechanism).text_if("object", object);
        self.fact(fact, place)?;
        Ok(())
    }

    pub fn child(&mut self, name: &str, format: &str, encoding: &str, content: Content<'_>, place: Place) -> Result<(), Stop> {
        if !self.one_more() {
            return Ok(());
        }
        let (index, place) = (self.facts, self.within(place));
        let child = match content {
            Content::Range(at, length) => Child::range(name.as_bytes(), index, at, length),
            Content::Json(at) => Child::token(name.as_bytes(), index, at, encoding).at(place.at, place.length),
            Content::Held(text) => {
                self.bytes += text.len();
                if self.bytes > limits::HELD {
                    self.left_out = true;
                    return Ok(());
                }
                self.held.push(text.as_bytes().to_vec());
                Child::token(name.as_bytes(), index, HELD + self.held.len() as u64 - 1, encoding).at(place.at, place.length)
            }
        };
        self.input.child(&Child { format_hint: format, encoding, ..child })
    }
}

/// As much of a text as goes into a fact.
pub(crate) fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::SHOWN.min(text.len()))]
}
