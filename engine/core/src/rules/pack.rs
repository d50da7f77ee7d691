//! Packs and profiles once validated: whole, looked up, and merged with what they extend.

use super::allow::AllowList;
use super::condition::Condition;
use super::examples::Example;
use super::join::{Join, Scope};
use super::marks::Marks;
use super::taxonomy::Threat;
use super::text::Str;
use crate::report::{Confidence, Severity, TimeOfEffect};
use std::sync::Arc;

pub use super::allow::AllowEntry;

/// How a pack judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is listed is a finding.
    Blocklist,
    /// What is not listed is a finding.
    Allowlist,
}

impl Mode {
    /// Its name in a pack.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Blocklist => "blocklist",
            Mode::Allowlist => "allowlist",
        }
    }
}

/// How a pack reads names of callables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// For what they may mean: through aliases, attributes and what packages export elsewhere.
    #[default]
    Resolved,
    /// As they are written, for packs that judge as a tool does.
    Exact,
}

impl Reading {
    /// Its name in a pack.
    pub fn name(self) -> &'static str {
        match self {
            Reading::Resolved => "resolved",
            Reading::Exact => "exact",
        }
    }
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique in its pack.
    pub id: String,
    /// The pack that judges by it.
    pub pack: String,
    /// The pack that it is written in, where another extends that.
    pub source: String,
    /// One line.
    pub title: Str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Of the taxonomy.
    pub threat: Arc<Threat>,
    /// Which facts it looks at.
    pub scope: Scope,
    /// When it strikes.
    pub effect: TimeOfEffect,
    /// Why it matters.
    pub why: Str,
    /// How it is exploited, where more is to be said than of its threat type; may be empty.
    pub how: Str,
    /// What to do.
    pub remedy: Str,
    /// Links.
    pub references: Vec<Str>,
    /// Whether it says nothing of what an allow entry of its profile admits (and nothing at all without one).
    pub unless_allowed: bool,
    /// Facts that it matches, and facts that it must not.
    pub examples: Vec<Example>,
    /// Overrides that were applied, in order.
    pub overrides: Vec<Override>,
    pub(super) condition: Condition,
    pub(super) joins: Vec<Join>,
}

/// A change that a pack or profile made to a rule of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The pack or profile that changed it.
    pub pack: String,
    /// What was changed: "severity high -> low", "narrowed".
    pub change: String,
    /// Why.
    pub reason: String,
}

/// A rule that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// Its id.
    pub rule: String,
    /// The pack that it stood in.
    pub pack: String,
    /// Who took it out, and why.
    pub by: Override,
}

/// What is said of what no allow entry admits.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// Stands in findings as the rule's id.
    pub id: String,
    /// The pack or profile that judges by it.
    pub pack: String,
    /// One line.
    pub title: Str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Of the taxonomy.
    pub threat: Arc<Threat>,
    /// Why it matters.
    pub why: Str,
    /// What to do.
    pub remedy: Str,
    /// Links.
    pub references: Vec<Str>,
    /// Overrides that were applied, in order.
    pub overrides: Vec<Override>,
}

/// A pack.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One line.
    pub title: String,
    /// How it judges.
    pub mode: Mode,
    /// How it reads names.
    pub names: Reading,
    /// Whether classes that configurations name have to be listed, as callables of pickles have.
    pub layers: bool,
    /// Its rules, after those of the packs that it extends.
    pub rules: Vec<Arc<Rule>>,
    /// Rules of the packs that it extends, or that a profile took out of it.
    pub disabled: Vec<Disabled>,
    /// What it says of what it does not list, if it is an allowlist.
    pub unknown: Option<Arc<Unknown>>,
    /// SHA-256 of its text, and of the texts that it extends, in hexadecimal.
    pub sha256: String,
    pub(super) allow: Arc<AllowList>,
    pub(super) marks: Arc<Marks>,
}

impl Pack {
    /// Its allow entries, after those of the packs that it extends.
    pub fn allow(&self) -> &[Arc<AllowEntry>] {
        self.allow.entries()
    }
}

/// A profile: packs that judge together.
#[derive(Debug)]
pub struct Profile {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One line.
    pub title: String,
    /// Its packs, with the profile's overrides applied.
    pub packs: Vec<Arc<Pack>>,
    /// What it says of what no pack lists.
    pub unknown: Option<Arc<Unknown>>,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}
