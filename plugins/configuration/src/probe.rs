//! Whether a file is anything to a loader: by its keys, its tags, or by texts that are more than words.

use crate::{limits, lines, names, pbtxt, tags, values, yaml};
use weighbridge_parse_json::{self as json, Kind, Limits, Reader};
use weighbridge_parse_yaml::{Events, Kind as Event};
use weighbridge_sdk::{Input, Probe, ReadAt, Stop, read_up_to};

/// The formats, as the descriptor lists them.
pub(crate) const YAML: u32 = 1;
pub(crate) const REQUIREMENTS: u32 = 2;
pub(crate) const SECTIONS: u32 = 3;
pub(crate) const PBTXT: u32 = 4;

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    if input.carved() {
        return Ok(Probe::NO);
    }
    if !json::probe(input, 0)? {
        return text(input);
    }
    // A notebook's code is its own reader's to judge: nothing loads it.
    if input.name().to_ascii_lowercase().ends_with(".ipynb") {
        return Ok(Probe::NO);
    }
    let mut reader = Reader::with(input, 0, limits::PROBE, Limits { text: limits::SHOWN, faults: 16, lines: true, ..Limits::default() });
    // A list of modules has no key of its own: each names its type.
    let (mut module, mut names_module) = (false, false);
    // Layers of Keras keep code as base64, and have a reader of their own.
    let (mut encoded, mut class, mut config) = (false, false, false);
    loop {
        let token = reader.next()?;
        let found = match token.kind {
            Kind::Key => {
                module = token.depth == 2 && reader.text() == "type";
                names_module = names::names_module(reader.text());
                class |= reader.text() == "class_name";
                config |= reader.text() == "config";
                if matches!(reader.text(), "cell_type" | "nbformat") {
                    return Ok(Probe::NO);
                }
                names::is_known(reader.text())
            }
            Kind::String => {
                let listed = std::mem::take(&mut module) && reader.text().contains('.');
                let system = std::mem::take(&mut names_module) && names::is_reached(reader.text());
                encoded |= values::is_encoded(reader.text());
                listed || system || values::is_notable(reader.text())
            }
            Kind::End => break,
            _ => false,
        };
        if found {
            return Ok(Probe::likely(0));
        }
    }
    if encoded && !(class && config) {
        return Ok(Probe::likely(0));
    }
    // What says something may come later; read on, unless someone knows the file better.
    Ok(if input.size() > limits::PROBE { Probe::possible(0) } else { Probe::NO })
}

fn text(input: &Input<'_>) -> Result<Probe, Stop> {
    let name = input.name();
    if yaml::is_named(name) {
        return yaml(input);
    }
    let head = read_up_to(input, 0, limits::SNIFF)?;
    if head.contains(&0) || head.is_empty() {
        return Ok(Probe::NO);
    }
    let text = String::from_utf8_lossy(&head);
    Ok(if lines::is_requirements(name) {
        Probe::likely(0).of(REQUIREMENTS)
    } else if lines::is_packaging(name) || lines::is_sections(name) && lines::says(&text) {
        Probe::likely(0).of(SECTIONS)
    } else if pbtxt::is_model(name, &text) {
        Probe::likely(0).of(PBTXT)
    } else if tags::shows_in(&text) && is_tagged(&head)? {
        Probe::likely(0).of(YAML)
    } else {
        Probe::NO
    })
}

/// Whether text without a name is YAML that makes an object: one of its tags does.
fn is_tagged(head: &[u8]) -> Result<bool, Stop> {
    let mut events = Events::new(head)?;
    loop {
        let event = events.next()?;
        // Text of another kind mentions such a tag behind what YAML does not have.
        if event.kind == Event::End || !events.faults().is_empty() {
            return Ok(false);
        }
        if event.tag.as_deref().and_then(tags::made).is_some() {
            return Ok(true);
        }
    }
}

/// Whether a file that is YAML by its name says anything to a loader.
fn yaml(input: &Input<'_>) -> Result<Probe, Stop> {
    let mut events = Events::new(input)?;
    let name = input.name().to_ascii_lowercase();
    let mut says = input.size() > 0 && (name == "mlmodel" || name.ends_with(".dvc"));
    let mut names_module = false;
    while !says {
        let event = events.next()?;
        says = match &event.kind {
            Event::End => break,
            Event::Scalar(text, _) => {
                let system = std::mem::replace(&mut names_module, names::names_module(text)) && names::is_reached(text);
                system || names::is_known(text) || names::in_yaml(text) || values::is_notable(text) || values::is_encoded(text)
            }
            // What is nested in itself many times over is not left alone.
            Event::Alias(_) => true,
            _ => false,
        } || event.tag.as_deref().and_then(tags::made).is_some();
    }
    Ok(if says || events.is_cut() { Probe::likely(0).of(YAML) } else { Probe::NO })
}
