//! The JSON Schema of pack files, for editors: made of the same tables that packs are read by, and published as `rules/schema.json`.

use super::taxonomy::Taxonomy;
use crate::report::Severity;
use schemars::{Schema, json_schema};
use std::collections::BTreeMap;
use weighbridge_abi::vocabulary;

/// What an id looks like.
const ID: &str = "^[a-z][a-z0-9_-]{0,63}$";

/// The schema of a pack or profile.
pub fn schema(taxonomy: &Taxonomy) -> Schema {
    let reference = |name: &str| json_schema!({ "$ref": format!("#/$defs/{name}") });
    let text = |says: &str| json_schema!({ "type": "string", "minLength": 1, "description": says });
    let texts = |says: &str| json_schema!({ "type": "array", "items": { "type": "string" }, "description": says });
    let tables = |name: &str| json_schema!({ "type": "array", "items": { "$ref": format!("#/$defs/{name}") } });
    let number = json_schema!({ "type": "number" });
    let index = json_schema!({ "type": "integer", "minimum": 0 });
    let flag = |says: &str| json_schema!({ "type": "boolean", "description": says });
    let words = |words: &[&str], says: &str| json_schema!({ "enum": words, "description": says });
    let severities: Vec<&str> = Severity::ALL.iter().rev().map(|severity| severity.name()).collect();
    let severity = words(&severities, "how bad it is");
    let confidence = words(&["high", "medium", "low"], "how sure it is; high if not given");
    let threats: Vec<&str> = taxonomy.threats.keys().map(String::as_str).collect();
    let threat = words(&threats, "a threat type of taxonomy.toml");
    let id = json_schema!({ "type": "string", "pattern": ID });

    let kinds: Vec<&str> = vocabulary::KINDS.iter().map(|kind| kind.name).collect();
    let vendor = json_schema!({ "type": "string", "pattern": "\\." });
    let kind = json_schema!({ "anyOf": [{ "enum": kinds }, vendor], "description": "a kind of the vocabulary, or a vendor's" });
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    for (kind, (field, holds)) in vocabulary::KINDS.iter().flat_map(|kind| kind.fields.iter().map(move |field| (kind.name, field))) {
        let says = fields.entry(field).or_default();
        says.push_str(&format!("{}{kind}: {holds}", if says.is_empty() { "" } else { "; " }));
    }
    let field_tests: BTreeMap<&str, Schema> =
        fields.iter().map(|(field, says)| (*field, json_schema!({ "$ref": "#/$defs/test", "description": says }))).collect();
    let field_values: BTreeMap<&str, Schema> =
        fields.iter().map(|(field, says)| (*field, json_schema!({ "$ref": "#/$defs/value", "description": says }))).collect();

    let mut condition: BTreeMap<&str, Schema> = field_tests;
    condition.insert("kind", json_schema!({ "anyOf": [kind, { "type": "array", "items": kind }, { "type": "string", "pattern": "^@" }] }));
    condition.insert("globals", reference("globals"));
    condition.insert("all", tables("condition"));
    condition.insert("any", tables("condition"));
    condition.insert("not", reference("condition"));
    condition.insert("parent", reference("condition"));
    condition.insert("within", reference("condition"));
    condition.insert("count", reference("test"));
    let mut fact: BTreeMap<&str, Schema> = field_values.clone();
    fact.insert("kind", kind.clone());
    let mut file: BTreeMap<&str, Schema> = field_values;
    file.insert("kind", json_schema!({ "const": "file" }));
    let overrides = tables("override");
    let header = |mut own: BTreeMap<&'static str, Schema>, required: &[&str]| {
        own.insert("id", id.clone());
        own.insert("version", text("of the pack"));
        own.insert("title", text("one line"));
        own.insert(
            "engine",
            json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+){0,2}$", "description": "the oldest weighbridge that it works with" }),
        );
        own.insert("overrides", overrides.clone());
        json_schema!({ "type": "object", "properties": own, "required": required, "additionalProperties": false })
    };
    let pack = header(
        BTreeMap::from([
            ("mode", words(&["blocklist", "allowlist"], "blocklist: what is listed is found; allowlist: what is not listed is found")),
            ("vocabulary", json_schema!({ "type": "integer", "minimum": 1, "maximum": weighbridge_abi::VOCABULARY })),
            ("names", words(&["resolved", "exact"], "resolved (if not given): names are read for what they may mean; exact: as they are written")),
            ("layers", flag("an allowlist: whether classes and callables that configurations name have to be listed as well; false if not given")),
            ("extends", tables("extends")),
            ("catalogue", text("a built-in catalogue of names")),
        ]),
        &["id", "version", "title", "mode", "vocabulary"],
    );
    let profile = header(BTreeMap::from([("packs", texts("ids or paths of packs and profiles"))]), &["id", "version", "title", "packs"]);
    let object = |properties: BTreeMap<&str, Schema>, required: &[&str]| json_schema!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    let unknown = object(
        BTreeMap::from([
            ("id", id.clone()),
            ("title", text("one line")),
            ("severity", severity.clone()),
            ("confidence", confidence.clone()),
            ("threat", threat.clone()),
            ("why", text("why it matters")),
            ("remedy", text("what to do")),
            ("references", texts("links")),
        ]),
        &["id", "title", "threat", "why", "remedy"],
    );
    let rule = object(
        BTreeMap::from([
            ("id", id.clone()),
            ("title", text("one line, without a full stop")),
            ("severity", severity.clone()),
            ("confidence", confidence.clone()),
            ("threat", threat),
            ("effect", words(&["load", "use", "other"], "when it strikes; load if not given")),
            ("scope", words(&["fact", "file", "artifact"], "which facts it looks at; fact if not given")),
            ("match", reference("condition")),
            ("with", reference("joins")),
            ("without", reference("joins")),
            ("same", reference("same")),
            ("unless_allowed", flag("says nothing of what an allow entry admits")),
            ("why", text("why it matters")),
            ("how", text("how it is exploited, where more is to be said than of its threat type")),
            ("remedy", text("what to do")),
            ("references", texts("links")),
            ("examples", tables("example")),
        ]),
        &["id", "title", "severity", "threat", "match", "why", "remedy"],
    );
    let members = json_schema!({ "anyOf": [
        { "const": "*" },
        { "type": "array", "items": { "type": "string" } },
        { "type": "object", "properties": { "regex": { "type": "string" } }, "required": ["regex"], "additionalProperties": false }
    ] });
    let allow = object(
        BTreeMap::from([
            ("module", text("as it is imported; `library.**` is it and every module below")),
            ("names", reference("members")),
            ("call", json_schema!({ "enum": [true, false, "new"], "description": "which calls are admitted; none if not given" })),
            ("when", reference("condition")),
            ("library", text("the library that it belongs to")),
            ("reason", text("why it is admitted")),
            ("seen_in", texts("files in which it was seen when it was learned")),
        ]),
        &["module", "names", "reason"],
    );
    let change = object(
        BTreeMap::from([
            ("rule", text("its id, or pack/id")),
            ("severity", severity),
            ("confidence", confidence),
            ("disable", flag("takes the rule out")),
            ("narrow", reference("condition")),
            ("reason", text("why it is changed")),
        ]),
        &["rule", "reason"],
    );
    let example = object(
        BTreeMap::from([
            ("fact", reference("fact")),
            ("parent", reference("fact")),
            ("others", tables("fact")),
            ("file", json_schema!({ "type": "object", "properties": file, "additionalProperties": false })),
            ("matches", flag("false where the rule must not match")),
        ]),
        &["fact"],
    );
    let component = json_schema!({
        "type": ["string", "array"],
        "items": { "type": "string" },
        "description": "a part of the dotted text is it, or one of these",
    });
    let test = object(
        BTreeMap::from([
            ("glob", text("matches all of the text")),
            ("regex", text("matches somewhere in the text")),
            ("prefix", text("the text begins so")),
            ("suffix", text("the text ends so")),
            ("contains", text("the text contains it")),
            ("component", component),
            ("min", number.clone()),
            ("max", number.clone()),
            ("any_item", reference("test")),
            ("every_item", reference("test")),
            ("item", index),
            ("is", reference("test")),
            ("present", flag("the field is there")),
            ("globals", reference("globals")),
            ("not", reference("test")),
        ]),
        &[],
    );
    let common = |head: &str, head_schema: Schema, own: BTreeMap<&str, Schema>| {
        let mut properties = own;
        properties.insert(head, head_schema);
        properties.insert("unknown", reference("unknown"));
        object(properties, &[head])
    };
    let lists = json_schema!({ "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } });
    let pack = common("pack", pack, BTreeMap::from([("lists", lists), ("rule", tables("rule")), ("allow", tables("allow"))]));
    let profile = common("profile", profile, BTreeMap::new());
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule pack or profile of Weighbridge",
        "anyOf": [pack, profile],
        "$defs": {
            "unknown": unknown,
            "rule": rule,
            "allow": allow,
            "override": change,
            "extends": object(BTreeMap::from([("pack", text("an id, or a path relative to this file"))]), &["pack"]),
            "example": example,
            "fact": { "type": "object", "properties": fact, "required": ["kind"], "patternProperties": { "\\.": { "$ref": "#/$defs/value" } }, "additionalProperties": false },
            "value": { "anyOf": [{ "type": "string" }, number, { "type": "array", "items": { "type": ["string", "number"] } }] },
            "condition": { "type": "object", "properties": condition, "patternProperties": { "\\.": { "$ref": "#/$defs/test" } }, "additionalProperties": false },
            "joins": { "type": "object", "additionalProperties": { "$ref": "#/$defs/condition" } },
            "same": { "type": "array", "items": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] } },
            "members": members,
            "globals": { "anyOf": [
                { "type": "object", "additionalProperties": { "$ref": "#/$defs/members" } },
                { "type": "array", "items": { "type": "string" } }
            ] },
            "test": { "anyOf": [{ "type": "string" }, number, { "type": "array", "items": { "type": "string" } }, test] }
        }
    })
}
