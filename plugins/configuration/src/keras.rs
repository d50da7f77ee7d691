//! A Keras model in YAML, as `model.to_yaml()` wrote it and `model_from_yaml()` read it with a loader that makes objects, up to TensorFlow 2.5.
//!
//! <https://www.tensorflow.org/versions/r2.5/api_docs/python/tf/keras/models/model_from_yaml>; <https://nvd.nist.gov/vuln/detail/CVE-2021-37678>. It says what the
//! JSON of the same model says: it is handed on as that.

use crate::limits;
use std::collections::HashMap;
use weighbridge_parse_yaml::{Event, Kind, Style};

/// Writes a document as JSON while its events pass, as long as it may be a model.
#[derive(Default)]
pub(crate) struct Keras {
    json: String,
    open: Vec<Level>,
    /// What anchors stand for: where it begins and ends in what was written.
    anchors: HashMap<String, (usize, usize)>,
    /// Keys at the top that say that it is a model.
    class: bool,
    config: bool,
    writer: bool,
    over: bool,
}

struct Level {
    mapping: bool,
    /// A value is to come.
    value: bool,
    any: bool,
    anchor: Option<String>,
    from: usize,
}

impl Keras {
    pub fn event(&mut self, event: &Event) {
        if self.over {
            return;
        }
        let top = self.open.len() == 1 && self.open.first().is_some_and(|level| level.mapping && !level.value);
        match &event.kind {
            Kind::MappingStart | Kind::SequenceStart => {
                // No JSON has such a key.
                self.over |= self.open.last().is_some_and(|level| level.mapping && !level.value) || self.open.len() >= limits::LEVELS;
                self.before();
                let mapping = event.kind == Kind::MappingStart;
                let from = self.json.len();
                self.json.push(if mapping { '{' } else { '[' });
                self.open.push(Level { mapping, value: false, any: false, anchor: event.anchor.clone(), from });
            }
            Kind::MappingEnd | Kind::SequenceEnd => {
                let Some(level) = self.open.pop() else { return };
                self.json.push(if level.mapping { '}' } else { ']' });
                self.remember(level.anchor, level.from);
                self.behind();
            }
            Kind::Scalar(text, style) => {
                if top {
                    self.class |= text == "class_name";
                    self.config |= text == "config";
                    self.writer |= matches!(text.as_str(), "keras_version" | "backend");
                }
                self.before();
                let from = self.json.len();
                let key = self.open.last().is_some_and(|level| level.mapping && !level.value);
                if !key && *style == Style::Plain && event.tag.is_none() {
                    self.plain(text)
                } else {
                    self.quoted(text)
                }
                self.remember(event.anchor.clone(), from);
                self.behind();
            }
            Kind::Alias(name) => {
                self.before();
                match self.anchors.get(name).copied() {
                    Some((from, to)) if self.json.len() + (to - from) <= limits::HELD => {
                        let part = self.json[from..to].to_owned();
                        self.json.push_str(&part);
                    }
                    Some(_) => self.over = true,
                    None => self.json.push_str("null"),
                }
                self.behind();
            }
            Kind::DocumentEnd | Kind::End => self.over = self.json.is_empty() || !self.open.is_empty() || self.over,
            Kind::DocumentStart => self.over |= !self.json.is_empty(),
        }
        self.over |= self.json.len() > limits::HELD;
    }

    /// The model, if it was one.
    pub fn finish(self) -> Option<String> {
        (self.class && self.config && self.writer && self.open.is_empty() && self.json.ends_with('}')).then_some(self.json)
    }

    fn remember(&mut self, anchor: Option<String>, from: usize) {
        if let Some(anchor) = anchor
            && self.anchors.len() < limits::ANCHORS
        {
            self.anchors.insert(anchor, (from, self.json.len()));
        }
    }

    fn before(&mut self) {
        if let Some(level) = self.open.last_mut()
            && !level.value
            && std::mem::replace(&mut level.any, true)
        {
            self.json.push(',');
        }
    }

    fn behind(&mut self) {
        if let Some(level) = self.open.last_mut().filter(|level| level.mapping) {
            level.value = !level.value;
            if level.value {
                self.json.push(':');
            }
        }
    }

    fn plain(&mut self, text: &str) {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => self.json.push_str("null"),
            "true" | "True" | "TRUE" | "yes" | "on" => self.json.push_str("true"),
            "false" | "False" | "FALSE" | "no" | "off" => self.json.push_str("false"),
            _ if text.len() < 32 && text.parse::<f64>().is_ok_and(f64::is_finite) && text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                self.json.push_str(text);
            }
            _ => self.quoted(text),
        }
    }

    fn quoted(&mut self, text: &str) {
        self.json.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.json.extend(['\\', c]),
                c if (c as u32) < 0x20 => self.json.push_str(&format!("\\u{:04x}", c as u32)),
                c => self.json.push(c),
            }
        }
        self.json.push('"');
    }
}
