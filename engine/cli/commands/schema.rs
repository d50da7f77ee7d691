//! `weighbridge schema`: the JSON schemas that are published with the source.

use crate::args::{SchemaArgs, SchemaOf};
use crate::commands::inspect;
use crate::{Done, config, exit};
use std::io::Write;
use weighbridge_core::report;
use weighbridge_core::rules::{Library, schema};

/// Prints a schema.
pub fn run(args: SchemaArgs) -> Done {
    let text = match args.of {
        SchemaOf::Report => text(&report::schema()).map_err(anyhow::Error::from)?,
        SchemaOf::Inspect => text(&inspect::schema()).map_err(anyhow::Error::from)?,
        SchemaOf::Rules => {
            let library = Library::builtin().map_err(crate::rules::failure)?;
            text(&schema(library.taxonomy())).map_err(anyhow::Error::from)?
        }
        SchemaOf::Config => text(&config::schema()).map_err(anyhow::Error::from)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(exit::CLEAN)
}

fn text(schema: &impl serde::Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(schema)? + "\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_published_schemas_are_these() {
        for (id, path, now) in [
            ("report", "engine/core/report.schema.json", text(&report::schema()).unwrap()),
            ("inspect", "engine/cli/inspect.schema.json", text(&inspect::schema()).unwrap()),
            ("config", "engine/cli/weighbridge.schema.json", text(&config::schema()).unwrap()),
        ] {
            let published = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();
            assert!(published == now, "run: cargo run -- schema {id} > {path}");
        }
    }
}
