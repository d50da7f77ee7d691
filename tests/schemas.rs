//! JSON schemas that are published for editors: they say what the program says.

use crate::config::Scratch;
use crate::support::{root, run, stdout};

/// Whether a value is as a schema says: of JSON Schema what the schemas here use, and a panic at anything else.
pub fn fits(schema: &serde_json::Value, value: &serde_json::Value, root: &serde_json::Value) -> bool {
    let empty = serde_json::Map::new();
    let object = value.as_object().unwrap_or(&empty);
    schema.as_object().unwrap().iter().all(|(keyword, says)| match keyword.as_str() {
        "$ref" => fits(root.pointer(says.as_str().unwrap().trim_start_matches('#')).unwrap(), value, root),
        "type" => {
            let is = |name: &str| match name {
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "boolean" => value.is_boolean(),
                "array" => value.is_array(),
                "object" => value.is_object(),
                "null" => value.is_null(),
                other => panic!("{other}"),
            };
            says.as_str().map_or_else(|| says.as_array().unwrap().iter().any(|name| is(name.as_str().unwrap())), is)
        }
        "const" => value == says,
        "enum" => says.as_array().unwrap().contains(value),
        "anyOf" | "oneOf" => says.as_array().unwrap().iter().any(|schema| fits(schema, value, root)),
        "pattern" => value.as_str().is_none_or(|text| regex::Regex::new(says.as_str().unwrap()).unwrap().is_match(text)),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= says.as_u64().unwrap()),
        "minimum" => value.as_f64().is_none_or(|number| number >= says.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().unwrap()),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(says, item, root))),
        "required" => !value.is_object() || says.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap())),
        "properties" => says.as_object().unwrap().iter().all(|(key, schema)| object.get(key).is_none_or(|value| fits(schema, value, root))),
        "patternProperties" => says.as_object().unwrap().iter().all(|(pattern, schema)| {
            let pattern = regex::Regex::new(pattern).unwrap();
            object.iter().all(|(key, value)| !pattern.is_match(key) || fits(schema, value, root))
        }),
        "additionalProperties" => {
            let patterns = schema.get("patternProperties").and_then(|patterns| patterns.as_object()).unwrap_or(&empty);
            let patterns: Vec<_> = patterns.keys().map(|pattern| regex::Regex::new(pattern).unwrap()).collect();
            let named =
                |key: &str| schema.get("properties").is_some_and(|known| known.get(key).is_some()) || patterns.iter().any(|p| p.is_match(key));
            object.iter().filter(|(key, _)| !named(key)).all(|(_, value)| says.as_bool().unwrap_or_else(|| fits(says, value, root)))
        }
        "$schema" | "$defs" | "format" | "title" | "description" | "default" => true,
        other => panic!("the schema uses `{other}`, which this test does not know"),
    })
}

/// TOML as JSON; a date is text.
pub fn json_of(text: &str) -> serde_json::Value {
    value_of(&toml::de::DeValue::Table(toml::de::DeTable::parse(text).unwrap().into_inner()))
}

fn value_of(value: &toml::de::DeValue<'_>) -> serde_json::Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).unwrap().into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().unwrap().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| value_of(item.get_ref())).collect(),
        DeValue::Table(table) => {
            serde_json::Value::Object(table.iter().map(|(key, value)| (key.get_ref().to_string(), value_of(value.get_ref()))).collect())
        }
    }
}

#[test]
fn the_schema_of_settings_is_current() {
    let schema = stdout(&run(&["schema", "config"]));
    let published = std::fs::read_to_string(root("engine/cli/weighbridge.schema.json")).unwrap_or_default();
    assert!(schema == published, "write it anew with `cargo run -- schema config > engine/cli/weighbridge.schema.json`");
}

#[test]
fn the_schema_of_settings_accepts_what_the_program_accepts() {
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(root("engine/cli/weighbridge.schema.json")).unwrap()).unwrap();
    let scratch = Scratch::new();
    let suppress = "reason = \"r\"\nowner = \"o\"\n";
    for (text, good) in [
        (String::new(), true),
        ("mode = \"thorough\"\nmax_file_size = \"20G\"\ntimeout = 30\njobs = \"auto\"\nrules = [\"default\"]".into(), true),
        ("severity = \"none\"\ntimeout = \"1.5 h\"\n[limits]\ndepth = 3\nchild_bytes = \"1 MiB\"".into(), true),
        (format!("[[suppress]]\nrule = \"x\"\nexpires = 2030-12-31\n{suppress}"), true),
        ("mode = \"fast\"".into(), false),
        ("modes = \"quick\"".into(), false),
        ("enabled = \"yes\"".into(), false),
        ("jobs = 0".into(), false),
        ("max_file_size = \"20X\"".into(), false),
        ("timeout = -1".into(), false),
        ("rules = \"default\"".into(), false),
        ("[limits]\ndepth = 1000".into(), false),
        ("[limits]\nheight = 1".into(), false),
        ("[plugins]\nbuiltin = 1".into(), false),
        ("[plugins.pins]\nx = \"00\"".into(), false),
        (format!("[[suppress]]\nexpires = 2030-12-31\n{suppress}"), false),
        (format!("[[suppress]]\nrule = \"x\"\n{suppress}"), false),
        (format!("[[suppress]]\nfingerprint = \"abc\"\nexpires = 2030-12-31\n{suppress}"), false),
    ] {
        scratch.file("work/weighbridge.toml", &text);
        let code = scratch.run("work", &["config", "--config", "weighbridge.toml"]).status.code();
        assert_eq!((code, fits(&schema, &json_of(&text), &schema)), (Some(if good { 0 } else { 4 }), good), "{text}");
    }
    // What `init` writes holds once it is no comment any more.
    let output = scratch.run("work", &["init", "new.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let text = std::fs::read_to_string(scratch.path("work/new.toml")).unwrap();
    let alive = |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', ':'])).unwrap_or(line).to_owned() + "\n";
    let value = json_of(&text.lines().map(alive).collect::<String>());
    assert!(fits(&schema, &value, &schema) && value.as_object().unwrap().len() > 15, "{value:#}");
}
