//! The JSON schema of `weighbridge.toml`, for editors: made of the same table that reads it.

use super::settings::{Kind, SETTINGS, Setting};
use super::suppress::FINGERPRINT;
use serde_json::{Map, Value, json};

/// What a size is written as: a number, and K, M, G or T.
const SIZE: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*([kKmMgGtT][iI]?)?[bB]?\s*$";
/// What a time is written as: a number, and ms, s, m or h.
const TIME: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*([mM][sS]|[sS]|[sS][eE][cC]|[mM]|[mM][iI][nN]|[hH])?\s*$";

/// The schema: what `engine/cli/weighbridge.schema.json` holds.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for setting in SETTINGS {
        let (table, key) = setting.key();
        let inside = match table {
            "" => Some(&mut properties),
            table => {
                let of = properties.entry(table).or_insert_with(|| object("How far the scan of one file goes.", &[], Map::new()));
                of["properties"].as_object_mut()
            }
        };
        inside.into_iter().for_each(|inside| drop(inside.insert(key.to_owned(), of(setting))));
    }
    properties.insert("plugins".into(), plugins());
    properties.insert("suppress".into(), json!({ "description": "Findings that somebody has looked at.", "type": "array", "items": suppress() }));
    let mut schema = object("Settings of Weighbridge: weighbridge.toml.", &[], properties);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("weighbridge.toml");
    schema
}

fn object(about: &str, required: &[&str], properties: Map<String, Value>) -> Value {
    let mut object = json!({ "description": about, "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// A setting: what can stand there, what it is for.
fn of(setting: &Setting) -> Value {
    let texts = || json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
    let number = |min: u64, max: u64| match max {
        // Beyond what a number of JSON holds exactly.
        u64::MAX => json!({ "type": "integer", "minimum": min }),
        max => json!({ "type": "integer", "minimum": min, "maximum": max }),
    };
    let mut value = match setting.kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Choice(words) => json!({ "enum": words() }),
        Kind::Size => json!({ "anyOf": [number(0, u64::MAX), { "const": "none" }, { "type": "string", "pattern": SIZE }] }),
        Kind::Time => json!({ "anyOf": [number(1, u64::MAX), { "const": "none" }, { "type": "string", "pattern": TIME }] }),
        Kind::Number { min, max, auto: false } => number(min, max),
        Kind::Number { min, max, auto: true } => {
            json!({ "anyOf": [number(min, max), { "const": "auto" }, { "type": "string", "pattern": "^[0-9]+$" }] })
        }
        Kind::Packs | Kind::Outputs => texts(),
        Kind::File => json!({ "type": "string", "minLength": 1 }),
    };
    value["description"] = json!(setting.about);
    value["default"] = json_of(setting.default);
    value
}

/// A default, which is written as TOML: of what the table holds, the same in JSON.
fn json_of(default: &str) -> Value {
    serde_json::from_str(default).unwrap_or(Value::Null)
}

fn text(about: &str) -> Value {
    json!({ "description": about, "type": "string", "minLength": 1 })
}

fn properties<const N: usize>(of: [(&str, Value); N]) -> Map<String, Value> {
    of.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn plugins() -> Value {
    let texts = |about: &str| json!({ "description": about, "type": "array", "items": { "type": "string", "minLength": 1 } });
    let pin = json!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" });
    let known = properties([
        ("builtin", json!({ "description": "Whether those that are built in are used.", "type": "boolean", "default": true })),
        ("folders", texts("Folders, every library of which is used.")),
        ("files", texts("Libraries.")),
        ("pins", json!({ "description": "By id, the SHA-256 of the library that may be opened.", "type": "object", "additionalProperties": pin })),
    ]);
    object("Which plugins read files. Obeyed in the user's own file, and in one that is named with --config.", &[], known)
}

fn suppress() -> Value {
    // A day is a date of TOML; schemas know it as text.
    let day = json!({ "description": "The last day on which it holds.", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
    let known = properties([
        ("fingerprint", json!({ "description": "Of the finding.", "type": "string", "pattern": format!("^{FINGERPRINT}[0-9a-f]{{32}}$") })),
        ("rule", text("The rule's id, or pack/rule.")),
        ("path", text("A glob over paths, relative to this file's folder.")),
        ("sha256", json!({ "description": "Of the file; size has to stand beside it.", "type": "string", "pattern": "^[0-9a-fA-F]{64}$" })),
        ("size", json!({ "description": "Of the file, in bytes.", "type": "integer", "minimum": 0 })),
        ("reason", text("Why it does not count.")),
        ("owner", text("Who answers for it.")),
        ("expires", day),
    ]);
    let mut suppress = object("All that is named has to hold.", &["reason", "owner", "expires"], known);
    suppress["anyOf"] = ["fingerprint", "rule", "path", "sha256"].map(|key| json!({ "required": [key] })).into_iter().collect();
    suppress
}
