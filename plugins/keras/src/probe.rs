//! Whether JSON is a Keras configuration: told by an object that has a class and what configures it.

use crate::limits;
use weighbridge_parse_json::{self as json, Kind, Limits, Reader};
use weighbridge_sdk::{Input, Probe, ReadAt, Stop, read_up_to};

/// The name of a configuration in an archive.
const NAME: &str = "config.json";

const CLASS: u8 = 1;
const CONFIG: u8 = 2;
const MODULE: u8 = 4;
const VERSION: u8 = 8;
const DATED: u8 = 16;

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    if input.carved() {
        return Ok(Probe::NO);
    }
    let named = input.name().eq_ignore_ascii_case(NAME);
    if !json::probe(input, 0)? {
        // What a loader would take for a configuration and cannot read.
        let head = read_up_to(input, 0, 64)?;
        let object = head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        return Ok(if named && object { Probe::possible(0) } else { Probe::NO });
    }
    let limit = if named { limits::PROBE_NAMED } else { limits::PROBE };
    Ok(if shows(input, limit)? { Probe::likely(0) } else { Probe::NO })
}

fn shows<R: ReadAt + ?Sized>(input: &R, limit: u64) -> Result<bool, Stop> {
    let mut reader = Reader::with(input, 0, limit, Limits { text: 64, keys: 0, ..Limits::default() });
    let mut levels: Vec<u8> = Vec::new();
    let mut key = 0;
    loop {
        let token = reader.next()?;
        match token.kind {
            Kind::End => return Ok(false),
            Kind::Key => {
                key = match reader.text() {
                    "class_name" => CLASS,
                    "config" => CONFIG,
                    "module" => MODULE,
                    "keras_version" => VERSION,
                    "date_saved" | "backend" | "model_config" => DATED,
                    _ => 0,
                };
                continue;
            }
            Kind::BeginObject | Kind::BeginArray => {
                mark(&mut levels, key & CONFIG);
                if levels.len() < limits::PROBE_LEVELS {
                    levels.push(0);
                }
            }
            Kind::EndObject | Kind::EndArray => levels.truncate(usize::try_from(token.depth).unwrap_or(usize::MAX)),
            Kind::String => mark(&mut levels, key),
            _ => mark(&mut levels, key & (CONFIG | MODULE)),
        }
        key = 0;
        let here = levels.iter().rev().take(2).any(|seen| {
            let has = |flags: u8| seen & flags == flags;
            has(CLASS | CONFIG) || has(CLASS | MODULE) || has(VERSION | DATED)
        });
        if here {
            return Ok(true);
        }
    }
}

fn mark(levels: &mut [u8], flag: u8) {
    if let Some(last) = levels.last_mut() {
        *last |= flag;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_show_it_and_words_do_not() -> Result<(), Stop> {
        for (text, is) in [
            (r#"{"class_name": "Sequential", "config": {"layers": []}}"#, true),
            (r#"{"config": [], "class_name": "Sequential"}"#, true),
            (r#"{"module": null, "class_name": "Dense"}"#, true),
            (r#"{"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": {}}}"#, true),
            (r#"{"keras_version": "3.0.0", "date_saved": "2024-01-01@00:00:00"}"#, true),
            (r#"{"class\u005fname": "Lambda", "config": null}"#, true),
            (r#"{"class_name": "TextNode", "text": "config"}"#, false),
            (r#"{"_class_name": "UNet", "config": {}}"#, false),
            (r#"[{"class_name": "a"}, {"config": 1}]"#, false),
            (r#"{"model_type": "bert", "architectures": ["BertModel"]}"#, false),
        ] {
            assert_eq!(shows(text.as_bytes(), limits::PROBE)?, is, "{text}");
        }
        Ok(())
    }
}
