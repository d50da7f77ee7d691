//! The walk over a file: one pass over its tokens, with the keys on the way to each.

use crate::{limits, names, values};
use std::collections::HashSet;
use weighbridge_parse_json::{Code, Encoding, Kind, Limits, Reader, Token, Trail};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

struct Walk<'i, 'h> {
    input: &'i Input<'h>,
    reader: Reader<&'i Input<'h>>,
    trail: Trail,
    facts: u64,
    shards: HashSet<String>,
    /// `_class_name` stands at the top: an index of a pipeline.
    pipeline: bool,
    /// Texts of the array that is being read.
    items: Vec<String>,
    /// A key that loaders know was met: then the file is a configuration, and has to be whole.
    known: bool,
}

pub(crate) fn walk(input: &Input<'_>, encoding: &mut Encoding) -> Result<(), Failure> {
    let limits = Limits { text: limits::TEXT, lines: true, ..Limits::default() };
    let reader = Reader::with(input, 0, u64::MAX, limits);
    *encoding = reader.encoding();
    let mut walk = Walk { input, reader, trail: Trail::new(), facts: 0, shards: HashSet::new(), pipeline: false, items: Vec::new(), known: false };
    loop {
        let token = walk.reader.next()?;
        walk.trail.follow(&token, walk.reader.text());
        match token.kind {
            Kind::End => break,
            Kind::Key => {
                walk.known |= names::is_known(walk.reader.text());
                walk.pipeline |= token.depth == 1 && walk.reader.text() == "_class_name";
            }
            Kind::BeginArray => walk.items.clear(),
            Kind::EndArray => walk.array(&token)?,
            Kind::String => walk.string(&token)?,
            Kind::Bool(true) if walk.trail.key() == Some("trust_remote_code") => walk.metadata("trust_remote_code", "true", &token)?,
            _ => {}
        }
    }
    input.region(Region::Structure, 0, input.size())?;
    walk.issues()
}

impl Walk<'_, '_> {
    /// Whether one more fact may be said.
    fn one_more(&mut self) -> bool {
        self.facts += 1;
        self.facts <= limits::FACTS
    }

    fn metadata(&mut self, key: &str, value: &str, token: &Token) -> Result<(), Stop> {
        if self.one_more() {
            let shown = &value[..value.floor_char_boundary(limits::SHOWN.min(value.len()))];
            self.input.emit(&Fact::new("metadata").text("key", key).text("value", shown).at(token.at, token.length))?;
        }
        Ok(())
    }

    fn layer(&mut self, framework: &str, text: &str, token: &Token) -> Result<(), Stop> {
        let Some((module, class)) = names::dotted(text) else { return Ok(()) };
        if self.one_more() {
            let path = self.trail.path();
            let fact = Fact::new("layer").text("framework", framework).text("module", module).text("class", class).text("registered_name", &path);
            self.input.emit(&fact.at(token.at, token.length))?;
            if let Some((repo, _)) = text.split_once("--").filter(|_| framework == "transformers") {
                self.input.emit(&Fact::new("reference").text("role", "repo-id").text("target", repo).at(token.at, token.length))?;
            }
        }
        Ok(())
    }

    fn string(&mut self, token: &Token) -> Result<(), Stop> {
        let text = self.reader.text().to_owned();
        let key = self.trail.key().map(str::to_owned);
        if key.is_none() && self.items.len() < 64 {
            self.items.push(text[..text.floor_char_boundary(512.min(text.len()))].to_owned());
        }
        let key = key.unwrap_or_default();
        let owner = self.trail.above(usize::from(!key.is_empty())).unwrap_or("").to_owned();
        let mapped = key.is_empty() && self.trail.above(1) == Some("auto_map");
        if owner == "auto_map" || key == "auto_map" || mapped {
            self.layer("transformers", &text, token)?;
        } else if owner == "weight_map" {
            return self.shard(&text, token);
        } else if let Some(framework) = names::callable(&key) {
            // `target` and `impl` are ordinary words too: a dotted name says what is meant.
            if text.contains('.') || !matches!(key.as_str(), "target" | "impl") {
                self.layer(framework, &text, token)?;
            }
        } else if key == "type" && text.contains('.') && token.depth == 2 {
            self.layer("sentence-transformers", &text, token)?;
        } else if matches!(key.as_str(), "_attn_implementation_internal" | "_attn_implementation" | "attn_implementation") && text.contains('/') {
            self.metadata(&key, &text, token)?;
        }
        self.text(&key, &text, token)
    }

    /// Templates, code and what else a text can be.
    fn text(&mut self, key: &str, text: &str, token: &Token) -> Result<(), Stop> {
        let template = key.contains("chat_template") || self.trail.above(1) == Some("chat_template");
        if template && !text.is_empty() || values::is_template(text) || self.reader.is_cut() {
            self.child(if template { "chat_template" } else { "value" }, "jinja", token)?;
        } else if values::is_code(text) || text.starts_with('$') && text.contains('(') {
            self.child("value", "python-source", token)?;
        }
        if values::is_loud(text) && self.one_more() {
            let shown = &text[..text.floor_char_boundary(limits::SHOWN.min(text.len()))];
            self.input.emit(&Fact::new("text").text("role", "configuration").text("value", shown).at(token.at, token.length))?;
        }
        Ok(())
    }

    fn child(&mut self, name: &str, format: &str, token: &Token) -> Result<(), Stop> {
        if !self.one_more() {
            return Ok(());
        }
        let index = self.facts;
        let child = if self.reader.verbatim() {
            let mark = u64::from(self.reader.text().starts_with('$'));
            Child::range(name.as_bytes(), index, token.at + 1 + mark, token.length.saturating_sub(2 + mark))
        } else {
            Child::token(name.as_bytes(), index, token.at, "string").at(token.at, token.length)
        };
        self.input.child(&Child { format_hint: format, encoding: "string", ..child })
    }

    fn shard(&mut self, target: &str, token: &Token) -> Result<(), Stop> {
        if self.shards.len() < limits::SHARDS && self.shards.insert(target.to_owned()) {
            self.input.emit(&Fact::new("reference").text("role", "shard").text("target", target).at(token.at, token.length))?;
        }
        Ok(())
    }

    /// `["diffusers", "UNet2DConditionModel"]` in a pipeline's index; `"id": ["langchain", "llms", "OpenAI"]` of a serialised object.
    fn array(&mut self, token: &Token) -> Result<(), Stop> {
        let items = std::mem::take(&mut self.items);
        if self.pipeline && token.depth == 1 && items.len() == 2 {
            self.layer("diffusers", &items.join("."), token)?;
        } else if self.trail.key() == Some("id") && items.len() > 1 && self.known {
            self.layer("langchain", &items.join("."), token)?;
        }
        Ok(())
    }

    fn issues(&mut self) -> Result<(), Failure> {
        let mut sound = true;
        for issue in self.reader.issues().list() {
            let code = match issue.code {
                Code::DuplicateKey => "duplicate-name",
                Code::Depth => "limit-depth",
                code if !code.is_fault() => continue,
                Code::Truncated | Code::Empty => "truncated",
                _ => "invalid",
            };
            sound &= !issue.code.is_fault();
            if !self.known {
                continue;
            }
            let fact = Fact::anomaly(code).text("detail", issue.code.as_str()).text("expected", issue.expected);
            let fact = if issue.code == Code::DuplicateKey { fact.text("target", &issue.found) } else { fact.text_if("found", &issue.found) };
            self.input.emit(&fact.at(issue.at, 0))?;
        }
        if sound || !self.known { Ok(()) } else { Err(Failure::Malformed) }
    }
}
