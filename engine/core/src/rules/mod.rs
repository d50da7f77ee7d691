//! Rule packs: from what they say in TOML to findings.
//!
//! ```text
//! text -> written (as it stands, with spans) -> Pack (validated) ─┐
//!                                  taxonomy, aliases, vocabulary ─┤
//!                                                                 └-> RuleSet -> judge(facts) -> findings
//! ```
//! Only validation makes a [`Pack`], and only whole packs make a [`RuleSet`]: nothing judges with half of one.
//! How a pack is written stands in `rules/README.md`.

mod allow;
mod builtin;
mod catalogue;
mod condition;
mod error;
mod evaluate;
mod evidence;
mod examples;
mod index;
mod judge;
mod library;
mod name_map;
mod names;
mod pack;
mod pattern;
pub mod read;
mod read_condition;
pub mod suggest;
mod taxonomy;
mod validate;
mod written;

#[cfg(test)]
mod tests;

pub use allow::Calls;
pub use error::{Code, PackError, Problem, RulesError};
pub use evidence::escape;
pub use examples::Example;
pub use judge::RuleSet;
pub use library::{Entry, Library};
pub use names::Names;
pub use pack::{AllowEntry, Mode, Pack, Profile, Rule, Unknown};
pub use taxonomy::{Reference, Taxonomy, Threat};
