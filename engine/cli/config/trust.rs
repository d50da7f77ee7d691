//! What a configuration that is not trusted may say: more packs, a lower threshold, thorough.
//!
//! Everything else is ignored and reported, in either direction: a raised limit costs more than was agreed to, and a lowered one leaves unread
//! what would have been found.

use super::layer::Layer;
use super::settings::{Kind, SETTINGS};
use super::value::Value;

/// Takes from `layer` what tightens; the names of what it says beyond that.
pub fn tighten(current: &mut Layer, layer: Layer) -> Vec<String> {
    let mut ignored = Vec::new();
    for setting in SETTINGS {
        let Some(held) = layer.values.get(setting.name) else { continue };
        let now = current.values.get(setting.name).map_or_else(|| setting.default(), |held| held.value.clone());
        if held.value == now {
            continue;
        }
        match tighter(setting.name, setting.kind, &now, &held.value) {
            Some(value) => {
                if held.value != value && !matches!(value, Value::Packs(ref all) if asked(&held.value).all(|pack| all.contains(pack))) {
                    ignored.push(setting.name.to_owned());
                }
                if value != now {
                    current.set(setting, value, held.origin.clone());
                }
            }
            None => ignored.push(setting.name.to_owned()),
        }
    }
    if !layer.suppressions.is_empty() {
        ignored.push("suppress".into());
    }
    if layer.plugins.is_some() {
        ignored.push("plugins".into());
    }
    ignored
}

fn asked(value: &Value) -> impl Iterator<Item = &String> {
    match value {
        Value::Packs(packs) => packs.iter(),
        _ => [].iter(),
    }
}

/// What remains of a proposed value; none where nothing of it tightens.
fn tighter(name: &str, kind: Kind, now: &Value, proposed: &Value) -> Option<Value> {
    match (name, now, proposed) {
        ("enabled", _, Value::Flag(true)) => Some(proposed.clone()),
        ("mode", _, Value::Word(mode)) if mode == "thorough" => Some(proposed.clone()),
        ("severity_threshold", Value::Word(now), Value::Word(lower)) => {
            let Kind::Choice(words) = kind else { return None };
            let rank = |word: &str| words().iter().position(|known| known == word);
            (rank(lower) < rank(now)).then(|| proposed.clone())
        }
        ("rules", Value::Packs(now), Value::Packs(more)) => {
            // Packs by path are not read: the message about a mistake would show lines of whatever file it is.
            let by_id = |pack: &&String| !pack.contains(['/', '\\', '.']);
            let new: Vec<&String> = more.iter().filter(by_id).filter(|pack| !now.contains(pack)).collect();
            Some(Value::Packs(now.iter().chain(new).cloned().collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::layer::Origin;
    use std::path::Path;

    fn layer(text: &str) -> Layer {
        Layer::of_file("f", text, Path::new("/repo"), |_| Origin::Default).unwrap()
    }

    fn after(current: &str, hostile: &str) -> (Layer, Vec<String>) {
        let mut current = layer(current);
        let ignored = tighten(&mut current, layer(hostile));
        (current, ignored)
    }

    #[test]
    fn what_tightens_is_taken() {
        let (now, ignored) = after("", "mode = \"thorough\"\nseverity_threshold = \"low\"\nrules = [\"strict\"]\nenabled = true");
        assert!(ignored.is_empty(), "{ignored:?}");
        assert_eq!(now.values["mode"].value, Value::Word("thorough".into()));
        assert_eq!(now.values["severity_threshold"].value, Value::Word("low".into()));
        assert_eq!(now.values["rules"].value, Value::Packs(vec!["default".into(), "strict".into()]));
    }

    #[test]
    fn what_loosens_is_not() {
        let hostile = "enabled = false\nmode = \"quick\"\nseverity_threshold = \"never\"\nseverity = \"critical\"\nmax_file_size = 1\ntimeout = \"1ms\"\nisolate = \"off\"\nfile_timeout = \"1ms\"\nworker_memory = 1\njobs = 1\noutputs = [\"json=/tmp/x\"]\nformat = \"json\"\nprogress = \"never\"\nbaseline = \"b.json\"\nrules = [\"./mine.toml\"]\n[[suppress]]\nrule = \"x\"\nreason = \"y\"\nowner = \"z\"\nexpires = 2999-01-01\n[limits]\ndepth = 1\nchild_bytes = 1\ndecoded_bytes = 1\nsteps = 1\nquick_sweep = 0\n[plugins]\nbuiltin = false";
        let (now, mut ignored) = after("mode = \"thorough\"", hostile);
        assert_eq!(now.values, layer("mode = \"thorough\"").values);
        assert!(now.plugins.is_none() && now.suppressions.is_empty());
        let mut all: Vec<String> = SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
        all.extend(["plugins".to_owned(), "suppress".to_owned()]);
        all.sort();
        ignored.sort();
        assert_eq!(ignored, all);
    }

    #[test]
    fn the_same_again_is_nothing_to_speak_of() {
        let (_, ignored) = after("timeout = 60", "timeout = \"1m\"\nmode = \"quick\"\nrules = [\"default\"]");
        assert!(ignored.is_empty(), "{ignored:?}");
    }
}
