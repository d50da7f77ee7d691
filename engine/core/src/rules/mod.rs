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
mod around;
mod artifact;
mod builtin;
mod callable;
mod catalogue;
mod compact;
mod condition;
mod error;
mod evaluate;
mod evidence;
mod examples;
mod explain;
mod field_types;
mod finding;
mod hash;
mod hearing;
mod index;
mod join;
mod judge;
pub mod learn;
mod library;
pub mod lint;
mod marks;
mod name_map;
mod names;
mod node;
mod overrides;
mod pack;
mod pattern;
mod reach;
pub mod read;
mod read_condition;
mod read_join;
mod render;
mod schema;
pub mod suggest;
mod tags;
mod taxonomy;
mod text;
mod validate;
mod written;

#[cfg(test)]
pub(crate) mod tests;

pub use allow::Calls;
pub use around::Around;
pub use artifact::Parts;
pub use error::{Code, Gravity, PackError, Problem, RulesError};
pub use evidence::escape;
pub use examples::Example;
pub use join::Scope;
pub use judge::{Judged, RuleSet, distinct};
pub use library::{Entry, Library};
pub use names::Names;
pub use pack::{AllowEntry, Disabled, Mode, Override, Pack, Profile, Reading, Rule, Unknown};
pub(crate) use pattern::glob;
pub use reach::Reach;
pub use schema::schema;
pub use taxonomy::{Reference, Taxonomy, Threat};
