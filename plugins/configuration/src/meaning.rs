//! What a value under its keys means to a loader, whatever the file is written in.

use crate::limits;
use crate::names;
use crate::requirement;
use crate::say::{Content, Place, Say};
use crate::trail::Way;
use crate::values;
use std::collections::HashSet;
use weighbridge_sdk::Stop;

/// A text, with where it stands.
pub(crate) struct Value<'a> {
    pub text: &'a str,
    pub way: &'a dyn Way,
    /// How many objects and lists are around it.
    pub depth: u64,
    pub place: Place,
    /// The text as a child would read it: where it lies, or itself.
    pub content: Content<'a>,
    /// Of the same, when a child reads what follows the first byte.
    pub behind_mark: Content<'a>,
    /// Longer than what was kept of it.
    pub cut: bool,
}

/// What was learned of the file on the way.
#[derive(Default)]
pub(crate) struct Meaning {
    shards: HashSet<String>,
    /// `_class_name` stands at the top: an index of a pipeline.
    pub pipeline: bool,
    /// The file is MLflow's description of a model.
    pub mlmodel: bool,
    /// Texts of the list that is being read.
    pub items: Vec<String>,
    /// The last module that stood under a key of its own, and the last name: each with the way to its object.
    module: Option<(String, String)>,
    member: Option<(String, String)>,
    /// A key that loaders know was met: then the file is a configuration, and has to be whole.
    pub known: bool,
}

impl Meaning {
    pub fn key(&mut self, key: &str, depth: u64) {
        self.known |= names::is_known(key);
        self.pipeline |= depth == 1 && key == "_class_name";
    }

    pub fn truth(&mut self, say: &mut Say<'_, '_>, key: Option<&str>, place: Place) -> Result<(), Stop> {
        match key {
            Some("trust_remote_code") => say.metadata("trust_remote_code", "true", place),
            _ => Ok(()),
        }
    }

    pub fn string(&mut self, say: &mut Say<'_, '_>, value: Value<'_>) -> Result<(), Stop> {
        let (text, place) = (value.text, value.place);
        if value.way.key().is_none() && self.items.len() < limits::ITEMS {
            self.items.push(text[..text.floor_char_boundary(512.min(text.len()))].to_owned());
        }
        let key = value.way.key().unwrap_or_default();
        let owner = value.way.above(usize::from(!key.is_empty())).unwrap_or("");
        let mapped = key.is_empty() && value.way.above(1) == Some("auto_map");
        if owner == "auto_map" || key == "auto_map" || mapped {
            self.callable(say, "transformers", &value)?;
        } else if owner == "weight_map" {
            return self.shard(say, &value);
        } else if let Some(framework) = names::callable(key) {
            if text.contains('.') || !names::is_word(key) {
                self.callable(say, framework, &value)?;
            }
        } else if key == "_type" && names::runs_answers(text) {
            say.layer("langchain", "langchain", text, &value.way.path(), place)?;
        } else if names::makes_trouble(text) {
            say.text(text, place)?;
        } else if values::leads_out_of_an_archive(text) {
            say.reference("path", text.trim_start_matches("nemo:"), "nemo", key, place)?;
        } else if key.is_empty() && value.way.above(0) == Some("imports") && value.way.above(1) == Some("custom_imports") {
            say.layer("mmengine", text, "", &value.way.path(), place)?;
        } else if key == "type" && text.contains('.') && value.depth == 2 && value.way.path().starts_with('[') {
            self.callable(say, "sentence-transformers", &value)?;
        } else if key == "name" && text.contains('.') && matches!(owner, "pipeline" | "policies" | "importers") {
            self.callable(say, "rasa", &value)?;
        } else if let Some(key) = [key, owner].into_iter().find(|key| names::is_implementation(key)).filter(|_| text.contains('/')) {
            say.metadata(key, text, place)?;
        } else if key == "custom_generate" && text.contains('/') {
            say.metadata(key, text, place)?;
            say.reference("repo-id", text, "", "", place)?;
        } else if key == "path" && (value.depth == 2 && value.way.path().starts_with('[') || matches!(owner, "outs" | "deps")) {
            say.reference(if text.contains("://") { "url" } else { "path" }, text, "parts", key, place)?;
        } else if self.mlmodel && names::MLFLOW_PATHS.contains(&key) {
            say.reference(if text.contains("://") { "url" } else { "path" }, text, "mlflow", key, place)?;
        } else if names::is_requirements(value.way.above(0), value.way.above(1), key) {
            requirement::one(say, text, place)?;
        } else if owner == "channels" || key == "channels" {
            requirement::channel(say, text, place)?;
        }
        self.pair(say, &value, key)?;
        self.text(say, value, key)
    }

    /// A module and what is taken of it, under two keys of one object; or both in one text.
    fn pair(&mut self, say: &mut Say<'_, '_>, value: &Value<'_>, key: &str) -> Result<(), Stop> {
        let (text, place) = (value.text, value.place);
        if let Some((module, name)) = names::in_system(text).filter(|_| names::callable(key).is_none()) {
            return say.layer("name", module, name, &value.way.path(), place);
        }
        let here = |path: String| path.rsplit_once('.').map_or(String::new(), |(object, _)| object.to_owned());
        if names::names_module(key) && names::is_system(text.split('.').next().unwrap_or("")) {
            let name = self.member.take().filter(|(path, _)| *path == here(value.way.path())).map(|(_, name)| name);
            let Some(name) = name.filter(|name| names::is_reached(text) || names::executes(name)) else {
                if value.depth == 1 && names::is_reached(text) {
                    // What the whole file is about.
                    say.layer("name", text, "", &value.way.path(), place)?;
                }
                // A module by itself is imported, and no more.
                self.module = Some((here(value.way.path()), text.to_owned()));
                return Ok(());
            };
            return say.layer("name", text, &name, &value.way.path(), place);
        }
        if names::names_member(key) && text.len() < 128 {
            let path = here(value.way.path());
            if let Some((_, module)) =
                self.module.take_if(|(object, _)| *object == path).filter(|(_, module)| names::is_reached(module) || names::executes(text))
            {
                return say.layer("name", &module, text, &value.way.path(), place);
            }
            self.member = Some((path, text.to_owned()));
        }
        Ok(())
    }

    /// The dotted name of what is made or called.
    fn callable(&mut self, say: &mut Say<'_, '_>, framework: &str, value: &Value<'_>) -> Result<(), Stop> {
        let (text, place) = (value.text, value.place);
        let path = value.way.path();
        if framework == "mlflow" {
            // A module, of MLflow's own or of the model's.
            let own = text == "mlflow" || text.starts_with("mlflow.");
            return if own { say.metadata("loader_module", text, place) } else { say.layer(framework, text, "", &path, place) };
        }
        if let Some((module, class)) = names::dotted(text) {
            say.layer(framework, module, class, &path, place)?;
        } else if text.contains("${") {
            // What is called is put together while loading.
            say.metadata("computed-callable", text, place)?;
        }
        if let Some((repo, _)) = text.split_once("--").filter(|_| framework == "transformers") {
            say.reference("repo-id", repo, "", "", place)?;
        }
        Ok(())
    }

    /// Templates, code and what else a text can be.
    fn text(&mut self, say: &mut Say<'_, '_>, value: Value<'_>, key: &str) -> Result<(), Stop> {
        let (text, place) = (value.text, value.place);
        let template = key.contains("chat_template") || value.way.above(1) == Some("chat_template");
        let loud = values::is_loud(text);
        if let Some(code) = values::evaluated(text) {
            say.child("value", "python-source", "string", Content::Held(code), place)?;
        } else if template && !text.is_empty() || values::is_template(text) || value.cut {
            say.child(if template { "chat_template" } else { "value" }, "jinja", "string", value.content, place)?;
        } else if values::is_code(text) || text.starts_with('$') && text.contains('(') {
            let content = if text.starts_with('$') { value.behind_mark } else { value.content };
            say.child("value", "python-source", "string", content, place)?;
        }
        if loud || values::is_encoded(text) {
            say.text(text, place)?;
        }
        if values::is_library(text) {
            say.reference("library", text, "configuration", key, place)?;
        }
        Ok(())
    }

    fn shard(&mut self, say: &mut Say<'_, '_>, value: &Value<'_>) -> Result<(), Stop> {
        if self.shards.len() < limits::SHARDS && self.shards.insert(value.text.to_owned()) {
            if value.text.contains("://") {
                return say.reference("url", value.text, "shard", "", value.place);
            }
            say.reference("shard", value.text, "", "", value.place)?;
        }
        Ok(())
    }

    /// `["diffusers", "UNet2DConditionModel"]` in a pipeline's index; `"id": ["langchain", "llms", "OpenAI"]` of a serialised object.
    pub fn list(&mut self, say: &mut Say<'_, '_>, way: &dyn Way, depth: u64, place: Place) -> Result<(), Stop> {
        let items = std::mem::take(&mut self.items);
        let framework = if self.pipeline && depth == 1 && items.len() == 2 {
            "diffusers"
        } else if way.key() == Some("id") && items.len() > 1 && self.known {
            "langchain"
        } else {
            return Ok(());
        };
        match names::dotted(&items.join(".")) {
            Some((module, class)) => say.layer(framework, module, class, &way.path(), place),
            None => Ok(()),
        }
    }
}
