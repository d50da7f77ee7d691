//! The arguments of `weighbridge rules`.

use crate::args::{Level, PluginArgs, RuleArgs};
use crate::report::Format;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules of the packs that judge.
    List(ListArgs),
    /// Explain a rule, a threat type, a pack or a lint: what, why, how it is exploited, what to do.
    Explain(ExplainArgs),
    /// Check packs: what is wrong is underlined, what could be better is said.
    Check(CheckArgs),
    /// Try a pack on its own examples, and on models.
    Test(TestArgs),
    /// Compare two packs: their rules, and what they say of models.
    Diff(DiffArgs),
    /// Write an allowlist of what trusted models load. What is dangerous is left for a person to decide.
    Learn(LearnArgs),
    /// Show which rules stand for which entries of a public list.
    Coverage(CoverageArgs),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Only rules of this pack; one that does not judge is loaded. May be repeated.
    #[arg(long, value_name = "PACK")]
    pub pack: Vec<String>,
    /// Only rules on what this format (`weighbridge formats`) may hold.
    #[arg(long = "for", value_name = "FORMAT")]
    pub of: Option<String>,
    /// Only rules of this threat type.
    #[arg(long, value_name = "THREAT")]
    pub threat: Option<String>,
    /// Only rules from this severity on.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub severity: Option<Level>,
    #[command(flatten)]
    pub plugins: PluginArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule (`id`, or `pack/id`), a threat type, a pack or a lint.
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Packs, by id or file.
    #[arg(value_name = "PACK", required = true)]
    pub packs: Vec<String>,
    /// Fail on what could be better, too.
    #[arg(long)]
    pub deny_warnings: bool,
    #[command(flatten)]
    pub plugins: PluginArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// The pack, by id or file.
    #[arg(value_name = "PACK")]
    pub pack: String,
    /// Files and folders to judge by it.
    #[arg(value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    #[command(flatten)]
    pub plugins: PluginArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The one pack, by id or file.
    #[arg(value_name = "A")]
    pub before: String,
    /// The other.
    #[arg(value_name = "B")]
    pub after: String,
    /// Files and folders to judge by both.
    #[arg(value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    #[command(flatten)]
    pub plugins: PluginArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct LearnArgs {
    /// Files and folders that are trusted.
    #[arg(value_name = "MODEL", required = true)]
    pub models: Vec<PathBuf>,
    /// Where to write the pack; - is standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Replace a file that is there already, with what people wrote into it.
    #[arg(long)]
    pub force: bool,
    /// The pack's id [default: the file's name].
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    #[command(flatten)]
    pub plugins: PluginArgs,
}

#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// The list.
    #[arg(long, value_enum)]
    pub by: By,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// A public list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Common Weakness Enumeration.
    Cwe,
    /// OWASP's top tens for machine learning and for LLM applications.
    Owasp,
    /// MITRE ATLAS.
    Atlas,
}
