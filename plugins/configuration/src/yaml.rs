//! The walk over a file in YAML: its events, with the keys on the way to each, and what its tags make.
//!
//! <https://yaml.org/spec/1.1/>. Scalars of anchors are remembered, so that a key whose value is an alias says what it says. Nothing is composed: how much
//! aliases would make is counted.

use crate::keras::Keras;
use crate::limits;
use crate::meaning::{Meaning, Value};
use crate::names;
use crate::say::{Content, Place, Say};
use crate::tags;
use crate::trail::{Trail, Way};
use std::collections::HashMap;
use weighbridge_parse_yaml::{Event, Events, Kind, Style};
use weighbridge_sdk::{Fact, Failure, ReadAt, Region, Stop};

/// Whether a file is YAML by its name.
pub(crate) fn is_named(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".yaml", ".yml", ".dvc"].iter().any(|end| name.ends_with(end)) || matches!(name.as_str(), "mlmodel" | "mlproject")
}

/// What an anchor stands for.
#[derive(Default, Clone)]
struct Anchor {
    /// The text of a scalar.
    text: Option<String>,
    /// Values in it, with those of its aliases.
    values: u64,
}

/// A list or a mapping that is being read.
struct Open {
    anchor: Option<String>,
    /// Values so far.
    values: u64,
    /// It is itself a key.
    is_key: bool,
}

#[derive(Default)]
struct Walk {
    trail: Trail,
    meaning: Meaning,
    anchors: HashMap<String, Anchor>,
    open: Vec<Open>,
    /// Values of the document with those of all aliases.
    values: u64,
    events: u64,
}

pub(crate) fn scan(say: &mut Say<'_, '_>) -> Result<(), Failure> {
    let input = say.input;
    let size = input.size();
    let mut events = Events::new(input)?;
    let mut walk = Walk::default();
    walk.meaning.mlmodel = input.name().eq_ignore_ascii_case("mlmodel");
    walk.meaning.known = walk.meaning.mlmodel;
    let mut keras = Keras::default();
    loop {
        let event = events.next()?;
        walk.events += 1;
        if event.kind == Kind::End {
            break;
        }
        keras.event(&event);
        walk.event(say, event)?;
    }
    if let Some(json) = keras.finish() {
        say.child("config.json", "keras-config", "yaml", Content::Held(&json), Place { at: 0, length: size })?;
    }
    input.region(Region::Structure, 0, size)?;
    if walk.values > limits::EXPANDED && walk.values / 1_000 > walk.events {
        let found = format!("{:.1e} values out of {} in the file", walk.values as f64, walk.events);
        input.emit(&Fact::anomaly("ratio").text("detail", "expansion").text("found", &found).at(0, size))?;
    }
    // A text that nothing is known of may be YAML by its name alone: a template of one, for instance.
    let mut broken = false;
    for fault in events.faults().iter().filter(|_| walk.meaning.known).take(limits::FAULTS) {
        broken = true;
        input.emit(&Fact::anomaly("invalid").text("expected", fault.expected).at(fault.at, 0))?;
    }
    if events.is_cut() {
        let (expected, found) = (weighbridge_parse_yaml::limits::INPUT.to_string(), size.to_string());
        input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(size, 0))?;
        return Err(Failure::Unsupported);
    }
    if broken { Err(Failure::Malformed) } else { Ok(()) }
}

impl Walk {
    fn event(&mut self, say: &mut Say<'_, '_>, event: Event) -> Result<(), Stop> {
        let place = Place { at: event.at, length: event.length };
        if let Some(made) = event.tag.as_deref().and_then(tags::made) {
            self.meaning.known = true;
            let (module, class) = match names::dotted(made.name).unwrap_or((made.name, "")) {
                _ if made.form.ends_with("module") => (made.name, ""),
                // A name alone is one of the builtins.
                (name, "") if matches!(made.framework, "pyyaml" | "hyperpyyaml") => ("builtins", name),
                named => named,
            };
            say.layer(made.framework, module, class, made.form, place)?;
        }
        let is_key = self.trail.wants_key();
        let depth = self.trail.depth() as u64;
        match event.kind {
            Kind::DocumentStart => {
                self.anchors.clear();
                self.open.clear();
            }
            Kind::DocumentEnd => {
                self.trail = Trail::default();
                self.values = self.values.saturating_add(self.open.first().map_or(0, |open| open.values));
                self.open.clear();
            }
            Kind::MappingStart | Kind::SequenceStart => {
                let mapping = event.kind == Kind::MappingStart;
                if is_key {
                    self.trail.name("");
                }
                if !mapping {
                    self.meaning.items.clear();
                }
                self.trail.enter(mapping);
                self.open.push(Open { anchor: event.anchor, values: 1, is_key });
            }
            Kind::MappingEnd | Kind::SequenceEnd => {
                self.trail.leave();
                let depth = self.trail.depth() as u64;
                if event.kind == Kind::SequenceEnd {
                    self.meaning.list(say, &self.trail, depth, place)?;
                }
                let Some(open) = self.open.pop() else { return Ok(()) };
                if !open.is_key {
                    self.trail.passed();
                }
                self.anchor(open.anchor, None, open.values);
                self.count(open.values);
            }
            Kind::Alias(name) => {
                let anchor = self.anchors.get(&name).cloned().unwrap_or_default();
                self.count(anchor.values.max(1));
                match anchor.text {
                    Some(text) if is_key => self.key(&text, depth),
                    Some(text) => self.scalar(say, &text, Style::Plain, depth, place)?,
                    None if is_key => self.trail.name(""),
                    None => self.trail.passed(),
                }
            }
            Kind::Scalar(text, style) => {
                self.anchor(event.anchor, Some(&text), 1);
                self.count(1);
                if is_key { self.key(&text, depth) } else { self.scalar(say, &text, style, depth, place)? }
            }
            Kind::End => {}
        }
        Ok(())
    }

    fn count(&mut self, values: u64) {
        match self.open.last_mut() {
            Some(open) => open.values = open.values.saturating_add(values),
            None => self.values = self.values.saturating_add(values),
        }
    }

    fn anchor(&mut self, name: Option<String>, text: Option<&str>, values: u64) {
        let Some(name) = name else { return };
        if self.anchors.len() < limits::ANCHORS || self.anchors.contains_key(&name) {
            let text = text.map(|text| text[..text.floor_char_boundary(limits::SHOWN.min(text.len()))].to_owned());
            self.anchors.insert(name, Anchor { text, values });
        }
    }

    fn key(&mut self, text: &str, depth: u64) {
        self.trail.name(text);
        self.meaning.key(text, depth);
    }

    fn scalar(&mut self, say: &mut Say<'_, '_>, text: &str, style: Style, depth: u64, place: Place) -> Result<(), Stop> {
        let truth = ["true", "yes", "on"].iter().any(|word| text.eq_ignore_ascii_case(word));
        if truth && style == Style::Plain {
            self.meaning.truth(say, self.trail.key(), place)?;
        } else {
            let behind = text.get(1..).unwrap_or("");
            let (content, behind_mark) = (Content::Held(text), Content::Held(behind));
            self.meaning.string(say, Value { text, way: &self.trail, depth, place, content, behind_mark, cut: false })?;
        }
        self.trail.passed();
        Ok(())
    }
}
