//! The rules as the command line asks for them.

use crate::Failure;
use crate::args::RuleArgs;
use weighbridge_core::rules::{Library, RuleSet};

/// The profile that judges where none is named.
const DEFAULT: &str = "default";

/// Loads the packs that were asked for, or the default profile. Nothing is scanned where one of them is wrong.
pub fn load(args: &RuleArgs) -> Result<RuleSet, Failure> {
    let selectors = selectors(args);
    Library::builtin().and_then(|library| library.rule_set(&selectors)).map_err(|error| Failure::Usage(error.into()))
}

/// What was asked for.
pub fn selectors(args: &RuleArgs) -> Vec<String> {
    if args.packs.is_empty() { vec![DEFAULT.into()] } else { args.packs.clone() }
}
