//! The rules as the command line asks for them.

use crate::Failure;
use crate::config::find;
use crate::text::escape_lines;
use anyhow::anyhow;
use std::sync::Arc;
use weighbridge_core::rules::{Library, RuleSet, RulesError, Taxonomy};

/// Loads the packs that were asked for. Nothing is scanned where one of them is wrong.
pub fn load(selectors: &[String]) -> Result<RuleSet, Failure> {
    library().and_then(|library| library.rule_set(selectors)).map_err(failure)
}

/// A failure to load packs, with the lines that are wrong.
pub fn failure(error: RulesError) -> Failure {
    Failure::Usage(match error {
        RulesError::Pack(error) => anyhow!("a rule pack is wrong, and nothing was judged by it\n{}", escape_lines(&error.to_string())),
        // Its message names its causes.
        error => anyhow!("{}", escape_lines(&error.to_string())),
    })
}

/// The built-in packs, and those in the folder `rules` beside the user's own configuration.
pub fn library() -> Result<Library, RulesError> {
    let library = Library::builtin()?;
    Ok(match find::user_folder() {
        Some(folder) => library.with_folder(folder.join("rules")),
        None => library,
    })
}

/// Threat types, and what public lists call them.
pub fn taxonomy() -> Result<Arc<Taxonomy>, Failure> {
    Library::builtin().map(|library| Arc::new(library.taxonomy().clone())).map_err(|error| Failure::Usage(anyhow!("{error}")))
}
