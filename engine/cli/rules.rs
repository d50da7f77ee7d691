//! The rules as the command line asks for them.

use crate::Failure;
use crate::args::RuleArgs;
use anyhow::anyhow;
use weighbridge_core::rules::{Library, RuleSet, RulesError};

/// The profile that judges where none is named.
const DEFAULT: &str = "default";

/// Loads the packs that were asked for, or the default profile. Nothing is scanned where one of them is wrong.
pub fn load(args: &RuleArgs) -> Result<RuleSet, Failure> {
    let selectors = selectors(args);
    Library::builtin().and_then(|library| library.rule_set(&selectors)).map_err(|error| {
        Failure::Usage(match error {
            // It shows the lines that are wrong.
            RulesError::Pack(error) => anyhow!("a rule pack is wrong, and nothing was judged by it\n{error}"),
            // Its message names its causes.
            error => anyhow!("{error}"),
        })
    })
}

/// What was asked for.
pub fn selectors(args: &RuleArgs) -> Vec<String> {
    if args.packs.is_empty() { vec![DEFAULT.into()] } else { args.packs.clone() }
}
