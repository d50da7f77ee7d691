//! The report: `weighbridge.report/1`. It only grows.
//!
//! `files` and `summary` are the same bytes for the same files, packs, plugins, mode and limits, wherever and however they
//! were scanned; what varies stands in `run`.

use schemars::JsonSchema;
use serde::Serialize;

/// The schema's name and version.
pub const SCHEMA: &str = "weighbridge.report/1";

/// The JSON schema of a report: what `engine/core/report.schema.json` holds.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>()
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Suspicious: somebody has to look.
    Medium,
    /// Dangerous.
    High,
    /// Executes, or hands over control.
    Critical,
}

impl TimeOfEffect {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            TimeOfEffect::Load => "load",
            TimeOfEffect::Use => "use",
            TimeOfEffect::Other => "other",
        }
    }
}

impl Verdict {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Malicious => "malicious",
            Verdict::Suspicious => "suspicious",
            Verdict::Error => "error",
            Verdict::Incomplete => "incomplete",
            Verdict::Skipped => "skipped",
            Verdict::Clean => "clean",
        }
    }
}

impl Confidence {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

impl Severity {
    /// All, from the least to the worst.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// How sure a rule is that what it found is what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Likely.
    Medium,
    /// Certain, or nearly.
    High,
}

/// When a finding takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeOfEffect {
    /// When the model is loaded.
    Load,
    /// When it is used.
    Use,
    /// At another time, or never by itself.
    Other,
}

/// What is said of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A finding at high or above.
    Malicious,
    /// A finding at medium.
    Suspicious,
    /// It could not be scanned.
    Error,
    /// Nothing was found, but not all was read.
    Incomplete,
    /// Of no format that models come in.
    Skipped,
    /// Nothing was found, and all was read.
    Clean,
}

/// The whole report.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = SCHEMA)]
pub struct Report {
    /// Name and version of this schema.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// One for each file on disk, in walk order.
    pub files: Vec<FileReport>,
    /// Numbers over `files`.
    pub summary: Summary,
    /// What varies between runs. It comes last, because a report is written while files are scanned.
    pub run: Run,
}

/// What varies: tool, mode, limits, packs, plugins, times.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Run {
    /// "weighbridge".
    pub tool: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What was scanned, as it was given; - is standard input. Where it is one folder alone, paths of files are relative to it.
    pub roots: Vec<String>,
    /// quick or thorough.
    pub mode: String,
    /// Severity at which the exit code is 1; none where findings never fail the run.
    pub fail_on: Option<Severity>,
    /// Findings below this severity are left out of `files`; `summary` counts them. None where all are given.
    pub shown_from: Option<Severity>,
    /// Rule packs that judged.
    pub packs: Vec<PackInfo>,
    /// Plugins that read.
    pub plugins: Vec<PluginInfo>,
    /// Plugins that were asked for and not used. Files of their formats went unread, so that the exit code is not 0.
    pub plugins_refused: Vec<RefusedPlugin>,
    /// Limits that differ from their defaults, by name.
    pub limits: std::collections::BTreeMap<String, u64>,
    /// "off" or the names of the layers in force.
    pub isolation: String,
    /// Each layer that confines the processes in which files are read; none where they were read in this one.
    pub isolation_layers: Vec<IsolationLayer>,
    /// RFC 3339, UTC.
    pub started: String,
    /// In seconds.
    pub seconds: f64,
    /// "complete", "cancelled", "timeout", or "disabled" where the configuration switches scanning off.
    pub ended: String,
    /// Files that were met and not begun, because the run was ended.
    pub not_scanned: u64,
    /// Whether a run that was ended left folders that were not even looked into: `not_scanned` is then a lower bound.
    pub not_walked: bool,
    /// The day that suppressions were held against, YYYY-MM-DD.
    pub today: String,
    /// What a person should know of the run: settings that are not obeyed, suppressions that have expired or match nothing.
    pub notices: Vec<Notice>,
    /// Exit code of the process.
    pub exit_code: u8,
}

/// Something that a person should know of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Notice {
    /// `setting-ignored`, `unknown-variable`, `suppression-expired`, `suppression-unused`, `baseline`.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// A pack that judged.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PackInfo {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// blocklist, allowlist or profile.
    pub mode: String,
    /// Of its text.
    pub sha256: String,
}

/// A layer of what confines a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
pub struct IsolationLayer {
    /// `process`, `no-new-privs`, `limits`, `landlock`, `seccomp`.
    pub name: String,
    /// Whether it holds.
    pub in_force: bool,
    /// What it withholds, or why it does not hold.
    pub note: String,
}

/// A plugin that read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
pub struct PluginInfo {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// major.minor.
    pub abi: String,
    /// "built-in", or the path of the library.
    pub origin: String,
    /// Of the library; none for a built-in.
    pub sha256: Option<String>,
    /// Whether the user has pinned the library; none for a built-in.
    pub pinned: Option<bool>,
    /// Where failures of it are to be reported; none where it does not say.
    pub contact: Option<String>,
    /// Ids of its formats.
    pub formats: Vec<String>,
}

/// A plugin that was not used.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RefusedPlugin {
    /// Path of the library.
    pub path: String,
    /// Why, and what to do: one sentence.
    pub message: String,
}

/// One file on disk.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileReport {
    /// As given, or relative to the root that was given, with / between parts.
    pub path: String,
    /// The path's bytes in hexadecimal, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// In bytes; none where it could not be asked.
    pub size: Option<u64>,
    /// None where it was not computed (quick mode).
    pub sha256: Option<String>,
    /// Ids of the formats that it was read as, outermost first, nested ones after `!`.
    pub formats: Vec<String>,
    /// What is said of it.
    pub verdict: Verdict,
    /// Whether all of it was read.
    pub complete: bool,
    /// What was not read, and why.
    pub unread: Vec<Unread>,
    /// Names that it imports or calls when it is loaded, and what the rules say of each; the dangerous ones first, at most 256.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// What failed.
    pub errors: Vec<FileError>,
    /// Why it was skipped, where it was: `unknown-format`, `symlink`, `special-file`, `empty`.
    pub skipped: Option<FileError>,
    /// The artifact that it belongs to (a directory that is one model), or none.
    pub artifact: Option<String>,
    /// The decompiled code around what was found, where a report asked for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Excerpt>,
    /// What allowlists admitted, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admitted: Vec<Admitted>,
}

/// What the rules say of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A finding at high or above.
    Dangerous,
    /// A lesser finding.
    Unknown,
    /// No finding.
    Allowed,
}

impl Standing {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Dangerous => "dangerous",
            Standing::Unknown => "unknown",
            Standing::Allowed => "allowed",
        }
    }
}

/// A name that loading resolves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Import {
    /// Its module.
    pub module: String,
    /// Its name in the module.
    pub name: String,
    /// Whether loading calls it.
    pub called: bool,
    /// What the rules say of it.
    pub standing: Standing,
}

/// Lines of decompiled code that stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Excerpt {
    /// From the file inwards; empty in the file itself.
    pub container: Vec<ContainerStep>,
    /// In order.
    pub lines: Vec<CodeLine>,
}

/// A line of decompiled code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeLine {
    /// Of the operation that it stands for.
    pub offset: u64,
    /// Indentation.
    pub depth: u64,
    /// The code, bounded.
    pub text: String,
    /// Whether a finding is about it.
    pub found: bool,
}

/// A part that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unread {
    /// A code.
    pub reason: String,
    /// One sentence.
    pub message: String,
    /// Where.
    pub place: FindingPlace,
}

/// A failure of one file, or why it was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileError {
    /// `io`, `plugin`, `worker`, …
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// A step of the way from the file to what is nested in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContainerStep {
    /// As the container calls it.
    pub name: String,
    /// The name's bytes in hexadecimal, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_bytes: Option<String>,
    /// Position in the container.
    pub index: u64,
    /// The format of the container that it lies in.
    pub format: String,
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingPlace {
    /// From the file inwards; empty in the file itself.
    pub container: Vec<ContainerStep>,
    /// Which bytes `offset` counts.
    #[schemars(with = "String", extend("enum" = ["file", "decoded"]))]
    pub space: crate::fact::Space,
    /// First byte.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// First byte in the file on disk; none in decoded bytes.
    pub file_offset: Option<u64>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the rule, or of the pack's treatment of what it does not list.
    pub rule_id: String,
    /// The pack that judged.
    pub pack: String,
    /// One line.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Of the taxonomy.
    pub threat_type: String,
    /// "CWE-502".
    pub cwe_id: String,
    /// Its name.
    pub cwe_name: String,
    /// "ML06"; empty where none fits.
    pub owasp_ml_id: String,
    /// Its name.
    pub owasp_ml_name: String,
    /// "AML.T0011.000"; empty where none fits.
    pub atlas_id: String,
    /// When it strikes.
    pub time_of_effect: TimeOfEffect,
    /// Module of what was found; empty where there is none.
    pub module_name: String,
    /// Name of what was found (function, operator, layer); empty where there is none.
    pub operator_name: String,
    /// Where.
    pub place: FindingPlace,
    /// How often.
    pub count: u64,
    /// Bounded, escaped: what was seen.
    pub evidence: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Links.
    pub references: Vec<String>,
    /// `wb1:` and a hash of rule, path and meaning; never of offsets.
    pub fingerprint: String,
    /// Why it came, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Box<Explanation>>,
    /// Why it does not count, where it does not: it is in the report all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Box<Suppressed>>,
}

/// What a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The pack that the rule is written in; the finding's `pack` is the one that judged.
    pub source: String,
    /// `fact`, `file` or `artifact`: which facts the rule looks at.
    pub scope: String,
    /// The rule's condition, overrides applied.
    pub condition: String,
    /// The facts that it matched, some of them where there are many.
    pub facts: Vec<MatchedFact>,
    /// What else there is that the rule asks for.
    pub beside: Vec<String>,
    /// Overrides that were applied to the rule, in order.
    pub overrides: Vec<OverrideInfo>,
}

/// A fact that a rule matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatchedFact {
    /// Its kind.
    pub kind: String,
    /// The plugin that saw it.
    pub plugin: String,
    /// Its fields, bounded and escaped.
    pub fields: std::collections::BTreeMap<String, String>,
    /// Where it is first.
    pub place: FindingPlace,
    /// How often it occurs.
    pub count: u64,
}

/// A change that a pack made to a rule of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverrideInfo {
    /// The pack or profile.
    pub pack: String,
    /// What was changed.
    pub change: String,
    /// Why.
    pub reason: String,
}

/// What an allowlist admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Admitted {
    /// `global` or `call`.
    pub kind: String,
    /// Module of what was admitted.
    pub module_name: String,
    /// Name of what was admitted.
    pub operator_name: String,
    /// How often.
    pub count: u64,
    /// The pack that admitted it.
    pub pack: String,
    /// Its entry.
    pub entry: String,
    /// Which calls the entry admits: `none`, `new`, `any`.
    pub calls: String,
    /// Whether it does so under a condition, which holds.
    pub conditional: bool,
    /// The library that the entry names; may be empty.
    pub library: String,
    /// The reason that the entry gives.
    pub reason: String,
}

/// Why a finding does not count for the verdict, the summary's numbers by severity, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suppressed {
    /// Who says so.
    pub by: SuppressedBy,
    /// Why.
    pub reason: String,
    /// Who answers for it; none for a baseline.
    pub owner: Option<String>,
    /// The last day on which it holds (YYYY-MM-DD); none for a baseline.
    pub expires: Option<String>,
}

/// Who says that a finding does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuppressedBy {
    /// A suppression in the configuration.
    Configuration,
    /// It is in the baseline: it is not new.
    Baseline,
}

/// Numbers over the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Files in the report.
    pub files: u64,
    /// By verdict.
    pub malicious: u64,
    /// By verdict.
    pub suspicious: u64,
    /// By verdict.
    pub clean: u64,
    /// By verdict.
    pub incomplete: u64,
    /// By verdict.
    pub error: u64,
    /// By verdict.
    pub skipped: u64,
    /// Files that are not skipped and of which not all was read, whatever was found in the rest.
    pub partial: u64,
    /// Findings by severity: critical, high, medium, low; without those that are suppressed.
    pub findings: BySeverity,
    /// Findings that are suppressed.
    pub suppressed: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Findings by severity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BySeverity {
    /// At critical.
    pub critical: u64,
    /// At high.
    pub high: u64,
    /// At medium.
    pub medium: u64,
    /// At low.
    pub low: u64,
}
