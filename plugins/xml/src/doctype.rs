//! Document types: what is declared, and where it leads. No model needs one.

use crate::limits;
use weighbridge_parse_strings::could_be_code;
use weighbridge_parse_xml::{Doctype, ExternalId};
use weighbridge_sdk::{Fact, Input, Stop};

/// External entities that are named one by one.
const NAMED: usize = 64;

pub(crate) fn report(input: &Input<'_>, doctype: &Doctype) -> Result<(), Stop> {
    let length = doctype.end - doctype.at;
    let detail = format!("{} entities, {} other declarations", doctype.entities.len(), doctype.others);
    input.emit(&Fact::anomaly("xml-doctype").text("detail", &detail).text("found", &doctype.name).at(doctype.at, length))?;
    if let Some(external) = &doctype.external {
        let fact = Fact::anomaly("xml-external-subset").text("detail", "declarations are kept elsewhere").text("target", target(external));
        input.emit(&fact.at(doctype.at, length))?;
    }
    for entity in doctype.entities.iter().filter(|entity| entity.external.is_some()).take(NAMED) {
        let Some(external) = &entity.external else { continue };
        let detail = if entity.parameter { "of declarations" } else { "of the document" };
        let fact = Fact::anomaly("xml-external-entity").text("detail", detail).text("found", &entity.name).text("target", target(external));
        input.emit(&fact.at(entity.at, 0))?;
    }
    // What an entity stands for is put wherever the document refers to it.
    for entity in doctype.entities.iter().take(NAMED) {
        if let Some(value) = entity.value.as_deref().filter(|value| could_be_code(value)) {
            let shown = &value[..value.floor_char_boundary(limits::MARKUP.min(value.len()))];
            input.emit(&Fact::new("text").text("role", "string").text_cut("value", shown, value.len() as u64).at(entity.at, 0))?;
        }
    }
    Ok(())
}

fn target(external: &ExternalId) -> &str {
    match &external.public {
        Some(public) if external.system.is_empty() => public,
        _ => &external.system,
    }
}

/// What the entities come to, by themselves and as often as the document refers to them.
pub(crate) fn expansion(input: &Input<'_>, doctype: &Doctype, references: u64) -> Result<(), Stop> {
    let largest = doctype.expansion();
    let total = largest.saturating_mul(references.max(1));
    if total > limits::EXPANSION {
        let found = if largest == u64::MAX { "without end".to_owned() } else { format!("{total} bytes") };
        let expected = format!("at most {} bytes", limits::EXPANSION);
        let fact = Fact::anomaly("xml-entity-expansion").text("expected", &expected).text("found", &found);
        input.emit(&fact.at(doctype.at, doctype.end - doctype.at))?;
    }
    Ok(())
}
