//! Puts the files of `rules/` into the program: each as it is written, and each pack in a compact form (`src/rules/tags.rs`) that is read at every
//! start. A new pack is a new file there and nothing else.

#[path = "src/rules/tags.rs"]
mod tags;

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};
use tags::{CALLABLES, FALSE, INTEGER, LIST, REAL, TABLE, TEXT, TRUE};
use toml::de::{DeTable, DeValue};

/// Files that hold no pack, and what they are called in the program.
const COMMON: [(&str, &str); 2] = [("taxonomy", "TAXONOMY"), ("aliases", "ALIASES")];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../rules").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/rules/tags.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    // By id, so that one is found by halving.
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    let (mut packs, mut common, mut catalogues) = (String::new(), String::new(), String::new());
    for path in files {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a file of rules/ has no name")?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => {
                let text = fs::read_to_string(&path)?;
                let table = DeTable::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?.into_inner();
                let mut form = Compact::default();
                form.table(&table, Level::Pack).map_err(|error| format!("{}: {error}", path.display()))?;
                let (compact, texts) = (out.join(format!("{stem}.compact")), out.join(format!("{stem}.texts")));
                fs::write(&compact, form.bytes)?;
                fs::write(&texts, form.texts)?;
                let sha256 = Sha256::digest(&text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
                let builtin = format!(
                    "Builtin {{ id: {stem:?}, text: include_str!({path:?}), compact: include_bytes!({compact:?}), texts: include_str!({texts:?}), sha256: {sha256:?} }}"
                );
                match COMMON.iter().find(|(name, _)| *name == stem) {
                    Some((_, name)) => writeln!(common, "/// `{stem}.toml`.\npub const {name}: Builtin = {builtin};")?,
                    None => writeln!(packs, "    {builtin},")?,
                }
            }
            Some("tsv") => writeln!(catalogues, "    ({stem:?}, include_str!({path:?})),")?,
            _ => {}
        }
    }
    let packs = format!("/// Packs and profiles, by id.\npub const PACKS: &[Builtin] = &[\n{packs}];\n");
    let catalogues = format!("/// Catalogues, by the name of their file.\npub const CATALOGUES: &[(&str, &str)] = &[\n{catalogues}];\n");
    fs::write(out.join("builtin.rs"), packs + &catalogues + &common)?;
    Ok(())
}

/// Where in a pack a table stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Pack,
    Rule,
    Inner,
}

#[derive(Default)]
struct Compact {
    bytes: Vec<u8>,
    texts: String,
}

impl Compact {
    fn value(&mut self, value: &DeValue<'_>, level: Level) -> Result<(), String> {
        match value {
            DeValue::String(text) => {
                self.bytes.push(TEXT);
                self.text(text);
            }
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).map_err(|error| format!("{number}: {error}"))?;
                self.bytes.push(INTEGER);
                self.bytes.extend(number.to_le_bytes());
            }
            DeValue::Float(number) => {
                let number: f64 = number.as_str().parse().map_err(|error| format!("{number}: {error}"))?;
                self.bytes.push(REAL);
                self.bytes.extend(number.to_le_bytes());
            }
            DeValue::Boolean(value) => self.bytes.push(if *value { TRUE } else { FALSE }),
            DeValue::Array(items) => {
                self.bytes.push(LIST);
                self.count(items.len());
                for item in items.iter() {
                    self.value(item.get_ref(), level)?;
                }
            }
            DeValue::Table(table) => self.table(table, level)?,
            DeValue::Datetime(day) => return Err(format!("a pack has no use for the date {day}")),
        }
        Ok(())
    }

    fn table(&mut self, table: &DeTable<'_>, level: Level) -> Result<(), String> {
        // Examples are half of a pack, and judge nothing.
        let entries: Vec<_> = table.iter().filter(|(key, _)| level != Level::Rule || key.get_ref() != "examples").collect();
        self.bytes.push(TABLE);
        self.count(entries.len());
        for (key, value) in entries {
            self.text(key.get_ref());
            if let (true, DeValue::Table(modules)) = (level == Level::Inner && key.get_ref() == "globals", value.get_ref())
                && let Some(callables) = callables(modules)
            {
                self.bytes.push(CALLABLES);
                self.count(callables.len());
                for (module, names) in callables {
                    self.text(module);
                    self.text(&names);
                }
                continue;
            }
            let below = if level == Level::Pack && key.get_ref() == "rule" { Level::Rule } else { Level::Inner };
            self.value(value.get_ref(), below)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.texts.push_str(text);
    }

    fn count(&mut self, mut count: usize) {
        while count >= 0x80 {
            self.bytes.push(count as u8 | 0x80);
            count >>= 7;
        }
        self.bytes.push(count as u8);
    }
}

/// What `globals` lists, where that is modules and names alone: no expression and no list of the pack's.
fn callables<'t>(modules: &'t DeTable<'_>) -> Option<Vec<(&'t str, String)>> {
    let plain = |text: &str| !text.is_empty() && !text.contains([' ', '@', '*']);
    let names = |value: &DeValue<'_>| match value {
        DeValue::String(text) if text == "*" => Some(text.to_string()),
        DeValue::Array(names) if !names.is_empty() => {
            let names: Option<Vec<&str>> = names.iter().map(|name| name.get_ref().as_str().filter(|name| plain(name))).collect();
            names.map(|names| names.join(" "))
        }
        _ => None,
    };
    let entry = |(module, value): (&'t toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
        Some((module.get_ref().as_ref(), names(value.get_ref())?)).filter(|(module, _)| plain(module))
    };
    modules.iter().map(entry).collect()
}
