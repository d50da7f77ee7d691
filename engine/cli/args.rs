//! The command line as it is written. What an option means when it is not given is decided where it is used, not here.

pub use crate::commands::rules::args::RulesCommand;
use crate::report::{Format, OutputSpec, ReportFormat};
use crate::terminal::Color;
use crate::units;
use clap::builder::TypedValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use weighbridge_core::report::Severity;
use weighbridge_core::scan;
use weighbridge_core::suppress::Date;

const EXIT_CODES: &str = "\
Exit codes:
  0  clean
  1  findings at or above --fail-on
  2  something could not be read, or not fully
  3  nothing of a known format
  4  wrong arguments

A path alone means `weighbridge scan PATH`.";

// One line for each paragraph: they are wrapped to the terminal.
const INSPECT: &str = "\
Nothing of the file is run. What is shown, part by part: what was found, imports and calls, pickles as Python beside their opcodes, layers, operators by count, \
headers and tensors as tables, templates and source text. Rows that hold what was found are marked with !.

Examples:
  weighbridge inspect model.pt
  One part, as reports call it; globs are welcome:
    weighbridge inspect --member 'archive/data.pkl' model.pt
  What lies at a byte:
    weighbridge inspect --at 0x1f4 model.pt
  Everything, for programs (weighbridge.inspect/1):
    weighbridge inspect --all --format json model.gguf";

/// Weighs machine-learning model files before they are let in: says what would execute, without running it.
#[derive(Debug, Parser)]
#[command(name = "weighbridge", version, arg_required_else_help = true, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "In every command")]
pub struct Global {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Print nothing but what was asked for by --format or --output; the exit code tells the rest.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// List clean and skipped files too, and every finding.
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Read this configuration, and trust it, in place of those that are found upward from the current folder, which may only tighten.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no configuration file, not the user's own either.
    #[arg(long, global = true)]
    pub no_config: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan model files and folders.
    Scan(ScanArgs),
    /// Look into one file: what it contains, imports and calls, its code, and its headers as tables.
    #[command(after_help = INSPECT)]
    Inspect(InspectArgs),
    /// Format plugins.
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Rule packs.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// The formats that are read.
    Formats(TableArgs),
    /// What this machine offers to confine those who read files, and what is installed.
    Doctor(DoctorArgs),
    /// Print the settings in force, and where each comes from.
    Config(ConfigArgs),
    /// Write a weighbridge.toml with every setting in it, as comments.
    Init(InitArgs),
    /// Print what makes a shell complete commands and options.
    Completions(CompletionsArgs),
    /// Print the manual page, or write the pages of all commands to a folder.
    Man(ManArgs),
    /// JSON schemas of what Weighbridge writes and reads.
    Schema(SchemaArgs),
}

/// Names of the commands: anything else in first place is a path.
pub const COMMANDS: [&str; 12] =
    ["scan", "inspect", "plugins", "rules", "formats", "doctor", "config", "init", "completions", "man", "schema", "help"];

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files and folders; - is standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Also scan the paths that stand in FILE, one on each line; - is standard input.
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub list: Option<PathBuf>,
    /// Of the git repository here, scan only what differs from this revision, and what git does not know yet; below PATH, if one is given.
    /// That nothing of it is a model is then no error.
    #[arg(long, value_name = "REVISION", conflicts_with = "list", help_heading = "Input")]
    pub git_diff: Option<OsString>,
    /// Say what would be read, as which format, and how much, and scan nothing.
    #[arg(long, conflicts_with = "output", help_heading = "Input")]
    pub dry_run: bool,
    /// Exit with 0, not 3, where nothing is of a known format.
    #[arg(long, help_heading = "Input")]
    pub allow_empty: bool,
    /// How much to read: quick reads all that can execute, thorough reads every byte [default: quick].
    #[arg(long, value_enum, help_heading = "Input")]
    pub mode: Option<Mode>,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// How to report on standard output [default: console].
    #[arg(long, value_enum, help_heading = "Reports")]
    pub format: Option<ReportFormat>,
    /// Write a report to a file too; its format is what stands before the =, or follows from the file's name. May be repeated.
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_parser = clap::builder::OsStringValueParser::new().try_map(OutputSpec::parse), help_heading = "Reports")]
    pub output: Vec<OutputSpec>,
    /// The template of reports of the format `template`: Jinja, given files, summary and run of weighbridge.report/1.
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub template: Option<PathBuf>,
    /// Exit with 1 from this severity on [default: medium].
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Verdict")]
    pub fail_on: Option<Threshold>,
    /// Report findings from this severity on; verdicts, the summary and the exit code count all of them.
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Reports")]
    pub severity: Option<Level>,
    /// Say for each finding which fact it rests on and who changed its rule, and for clean files which allow entries admitted what.
    #[arg(long, help_heading = "Reports")]
    pub explain: bool,
    /// Count only what is new: a finding that this report (json) has already is marked, and does not count.
    #[arg(long, value_name = "REPORT", help_heading = "Verdict")]
    pub baseline: Option<PathBuf>,
    /// When to show on standard error how far the scan is [default: auto].
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Reports")]
    pub progress: Option<Progress>,
    /// Hold suppressions against this day, YYYY-MM-DD [default: today, in UTC].
    #[arg(long, value_name = "DAY", help_heading = "Verdict")]
    pub today: Option<Date>,
    /// Do not read files larger than this, and call them incomplete: 500K, 20M, 4G [default: none].
    #[arg(long, value_name = "SIZE", value_parser = units::parse_size, help_heading = "Limits")]
    pub max_file_size: Option<u64>,
    /// Stop after this time and report what was found so far: 30s, 5m [default: none].
    #[arg(long, value_name = "TIME", value_parser = units::parse_duration, help_heading = "Limits")]
    pub timeout: Option<Duration>,
    /// Files scanned at a time [default: one for each processor].
    #[arg(long, short, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Limits")]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub isolation: IsolationArgs,
    #[command(flatten)]
    pub plugins: PluginArgs,
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The file; - is standard input.
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// Show this part alone, and what lies in it: a path as reports give it, `archive/data.pkl`, or `a.zip!b.pkl` for a part of a part. Globs are
    /// welcome. May be repeated.
    #[arg(long, value_name = "PATH")]
    pub member: Vec<String>,
    /// Show what lies at a byte: of the file, or of the one part that --member names. In decimal, or in hexadecimal after 0x.
    #[arg(long, value_name = "OFFSET", value_parser = units::parse_offset)]
    pub at: Option<u64>,
    /// Rows shown of each table and each piece of code; the rest is counted.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, conflicts_with = "all")]
    pub rows: u64,
    /// Show every row, part and fact.
    #[arg(long)]
    pub all: bool,
    /// Show opcodes beside the Python that they amount to on a narrow terminal too.
    #[arg(long)]
    pub disassembly: bool,
    /// How much to read [default: quick].
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// How to report [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub isolation: IsolationArgs,
    #[command(flatten)]
    pub plugins: PluginArgs,
}

/// Which rules judge.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Rule packs by id or file, separated by commas; each judges for itself. May be repeated [default: default].
    #[arg(long = "rules", value_name = "PACK", value_delimiter = ',')]
    pub packs: Vec<String>,
}

/// How those who read files are kept from doing anything else.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Confinement")]
pub struct IsolationArgs {
    /// Whether files are read in confined processes: auto uses the strongest confinement that there is here, require gives each file
    /// a process of its own and fails where a layer is missing, off reads in this process [default: auto].
    #[arg(long, value_enum, value_name = "HOW")]
    pub isolate: Option<Isolate>,
    /// Time for one file, after which it is given up and is an error: 30s, 5m [default: 10m, and a second more for each 4 MiB].
    #[arg(long, value_name = "TIME", value_parser = units::parse_duration)]
    pub file_timeout: Option<Duration>,
    /// Memory of each confined process, as address space [default: 2G].
    #[arg(long, value_name = "SIZE", value_parser = units::parse_size)]
    pub worker_memory: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Isolate {
    #[default]
    Auto,
    Require,
    Off,
}

/// Which plugins read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plugins")]
pub struct PluginArgs {
    /// Leave out the plugins that are built in.
    #[arg(long)]
    pub no_builtin: bool,
    /// Use every plugin library of a folder, beside those of the plugin folders. May be repeated.
    #[arg(long, value_name = "DIR")]
    pub plugin_dir: Vec<PathBuf>,
    /// Use a plugin library. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub plugin: Vec<PathBuf>,
    /// Use plugin libraries with this content, as if `weighbridge plugins pin` had pinned them. May be repeated.
    #[arg(long, value_name = "SHA256", value_parser = crate::pins::sha256)]
    pub pin: Vec<String>,
    /// Use plugin libraries that nobody pinned.
    #[arg(long)]
    pub allow_unpinned: bool,
}

#[derive(Debug, Subcommand)]
pub enum PluginsCommand {
    /// Check that a plugin keeps the contract of weighbridge.h: each promise in a process of its own.
    Check(PluginsCheckArgs),
    /// List the plugins, and what each reads.
    List(PluginsListArgs),
    /// Make a folder with a plugin that works, to be changed into one for another format.
    New(PluginsNewArgs),
    /// Accept plugin libraries: their content is noted in your configuration file, and used from then on.
    Pin(PluginsPinArgs),
    /// Take the pin of a plugin away.
    Unpin(PluginsUnpinArgs),
}

#[derive(Debug, Args)]
pub struct PluginsCheckArgs {
    /// The plugin's library, or the id of a built-in plugin. Its code runs, pinned or not.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Files that it reads, which variants are made from too [default: what is made up from its magics].
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
    /// Run these checks alone. May be repeated.
    #[arg(long, value_name = "CHECK")]
    pub only: Vec<String>,
    /// Keep the input with which a check failed, as DIR/<check>.bin.
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// What inputs are made up from: another number gives others.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Seconds that one check may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub timeout: u64,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct PluginsNewArgs {
    /// The plugin's id, which is also the folder's name: lower-case letters, digits and _.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language that it is written in.
    #[arg(long, value_enum)]
    pub lang: Language,
    /// Where the folder is made [default: the current folder].
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// From weighbridge.h alone.
    C,
    /// With the SDK.
    Rust,
}

#[derive(Debug, Args)]
pub struct PluginsPinArgs {
    /// The libraries.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct PluginsUnpinArgs {
    /// Ids of the plugins.
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
}

#[derive(Debug, Args)]
pub struct PluginsListArgs {
    #[command(flatten)]
    pub plugins: PluginArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct TableArgs {
    #[command(flatten)]
    pub plugins: PluginArgs,
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub table: TableArgs,
    #[command(flatten)]
    pub isolation: IsolationArgs,
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// How to print [default: console].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Write the user's own file, not one for the current folder.
    #[arg(long, conflicts_with = "path")]
    pub user: bool,
    /// The file to write [default: weighbridge.toml].
    #[arg(value_name = "FILE")]
    pub path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command here: weighbridge.1, weighbridge-scan.1, …
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what.
    #[arg(value_enum)]
    pub of: SchemaOf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchemaOf {
    /// weighbridge.report/1
    Report,
    /// Rule packs, for editors.
    Rules,
    /// weighbridge.toml, for editors.
    Config,
    /// weighbridge.inspect/1
    Inspect,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Mode {
    /// All that can execute or redirect a loader.
    Quick,
    /// Every byte.
    Thorough,
}

impl From<Mode> for scan::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Quick => scan::Mode::Quick,
            Mode::Thorough => scan::Mode::Thorough,
        }
    }
}

/// When progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// On a terminal, unless --quiet.
    Auto,
    /// Always: on a terminal as bars, elsewhere as lines.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Level {
    Low,
    Medium,
    High,
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Severity::Low,
            Level::Medium => Severity::Medium,
            Level::High => Severity::High,
            Level::Critical => Severity::Critical,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Threshold {
    Low,
    Medium,
    High,
    Critical,
    /// Findings never fail the run.
    Never,
}

impl Threshold {
    /// The severity, or none.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Threshold::Low => Some(Severity::Low),
            Threshold::Medium => Some(Severity::Medium),
            Threshold::High => Some(Severity::High),
            Threshold::Critical => Some(Severity::Critical),
            Threshold::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_is_known_by_name() {
        let command = Cli::command();
        let mut names: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_owned()).chain(["help".into()]).collect();
        names.sort();
        let mut known = COMMANDS.to_vec();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
