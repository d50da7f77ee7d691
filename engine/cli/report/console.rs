//! For people: verdict first, then what, where, why and what to do.

use super::about::{because, strikes, sure};
use super::{Reporter, Shown, shown_findings};
use crate::terminal::{BLUE, BOLD, CYAN, DIM, GREEN, Look, MAGENTA, RED, YELLOW};
use crate::text::{cut, escape, width, wrap};
use crate::units;
use anstyle::Style;
use std::collections::HashSet;
use std::io::{self, Write};
use weighbridge_core::fact::Space;
use weighbridge_core::report::{Admitted, Explanation, FileReport, Finding, FindingPlace, Run, Severity, Summary, Verdict};

/// Rules shown for one file; the rest is counted.
const RULES: usize = 8;
/// Findings shown of one rule in one file; the rest is counted.
const FINDINGS: usize = 4;
/// Characters of evidence.
const EVIDENCE: usize = 400;
/// Characters of a condition, or of a fact.
const CONDITION: usize = 800;
/// Parts that were not read, shown of one file.
const UNREAD: usize = 4;
/// Where text begins: after the verdict or the severity.
const INDENT: usize = 12;

/// Prints each file as it is done.
pub struct Console {
    look: Look,
    shown: Shown,
    /// Rules that were explained already.
    explained: HashSet<String>,
    blocks: u64,
    /// Findings that were left out.
    hidden: u64,
    /// Findings that were left out because they are suppressed.
    suppressed: u64,
    /// Whether a rule came again that was explained above.
    repeated: bool,
    /// The first file's path.
    first: Option<String>,
}

impl Console {
    /// An empty report.
    pub fn new(look: Look, shown: Shown) -> Self {
        Console { look, shown, explained: HashSet::new(), blocks: 0, hidden: 0, suppressed: 0, repeated: false, first: None }
    }

    /// Low findings are worth a look only to those who asked for them.
    fn from(&self) -> Option<Severity> {
        if self.shown.verbose { self.shown.from } else { self.shown.from.or(Some(Severity::Medium)) }
    }

    fn heading(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        if self.blocks > 0 && (!file.findings.is_empty() || !file.unread.is_empty() || !file.errors.is_empty()) {
            writeln!(out)?;
        }
        self.blocks += 1;
        let (word, style) = verdict(file.verdict);
        let mut about = Vec::new();
        about.extend(file.formats.first().map(|format| escape(format).into_owned()));
        about.extend(file.size.map(units::size));
        if !file.complete && !matches!(file.verdict, Verdict::Incomplete | Verdict::Error | Verdict::Skipped) {
            about.push("not fully read".into());
        }
        let about = if about.is_empty() { String::new() } else { self.look.paint(DIM, &format!("  ({})", about.join(", "))) };
        let path = if file.path == "-" { "standard input".into() } else { escape(&file.path) };
        writeln!(out, "{}{}{about}", self.look.paint(style, &format!("{word:INDENT$}")), self.look.paint(BOLD, &path))
    }

    /// A label, and text beside it.
    fn text(&self, out: &mut dyn Write, label: &str, style: Style, text: &str) -> io::Result<()> {
        let lines = wrap(text, self.look.width.saturating_sub(INDENT));
        for (number, line) in lines.iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            if label.is_empty() {
                writeln!(out, "{:INDENT$}{line}", "")?;
            } else {
                writeln!(out, "{}{line}", self.look.paint(style, &format!("  {label:<width$}", width = INDENT - 2)))?;
            }
        }
        Ok(())
    }

    /// What was seen, and where: beside it where there is room, below it otherwise.
    fn sight(&self, out: &mut dyn Write, what: &str, at: &str) -> io::Result<()> {
        let columns = self.look.width.saturating_sub(INDENT);
        let lines = wrap(what, columns);
        for (number, line) in lines.iter().enumerate() {
            write!(out, "{:INDENT$}{}", "", self.look.paint(CYAN, line))?;
            if number + 1 == lines.len() && width(line) + 2 + width(at) <= columns {
                return writeln!(out, "  {}", self.look.paint(DIM, at));
            }
            writeln!(out)?;
        }
        wrap(at, columns).iter().try_for_each(|line| writeln!(out, "{:INDENT$}{}", "", self.look.paint(DIM, line)))
    }

    fn rule(&mut self, out: &mut dyn Write, file: &FileReport, findings: &[&Finding]) -> io::Result<()> {
        let Some(first) = findings.first() else { return Ok(()) };
        let (word, style) = severity(first.severity);
        self.text(out, word, if first.suppressed.is_some() { DIM } else { style }, &escape(&first.title))?;
        if let Some(suppressed) = &first.suppressed {
            self.text(out, "", DIM, &escape(&because(suppressed)))?;
        }
        let limit = if self.shown.verbose { usize::MAX } else { FINDINGS };
        for finding in findings.iter().take(limit) {
            let times = if finding.count > 1 { format!(", {} times", units::grouped(finding.count)) } else { String::new() };
            self.sight(out, &cut(&escape(&finding.evidence), EVIDENCE), &format!("{}{times}", place(file, &finding.place)))?;
        }
        if findings.len() > limit {
            let more = units::count((findings.len() - limit) as u64, "more place", "more places");
            self.text(out, "", DIM, &format!("and {more} (--verbose shows all)"))?;
        }
        if self.shown.verbose || self.explained.insert(format!("{}/{}", first.pack, first.rule_id)) {
            self.text(out, "  why", DIM, &escape(&first.why))?;
            self.text(out, "  strikes", DIM, &format!("{}; {}", strikes(first.time_of_effect), sure(first.confidence)))?;
            self.text(out, "  do", DIM, &escape(&first.remedy))?;
        } else {
            self.repeated = true;
        }
        let mut ids = vec![format!("{}/{}", first.pack, first.rule_id), first.cwe_id.clone(), first.owasp_ml_id.clone(), first.atlas_id.clone()];
        ids.retain(|id| !id.is_empty());
        if self.shown.verbose {
            ids.extend(findings.iter().map(|finding| finding.fingerprint.clone()));
        }
        self.text(out, "  rule", DIM, &escape(&ids.join(", ")))?;
        match &first.explanation {
            Some(explanation) => self.explanation(out, first, explanation),
            None => Ok(()),
        }
    }

    /// What a finding rests on.
    fn explanation(&self, out: &mut dyn Write, finding: &Finding, explanation: &Explanation) -> io::Result<()> {
        if explanation.source != finding.pack {
            self.text(out, "  from", DIM, &escape(&format!("{}, which {} extends", explanation.source, finding.pack)))?;
        }
        self.text(out, "  asks", DIM, &cut(&escape(&explanation.condition), CONDITION))?;
        for fact in &explanation.facts {
            let fields: Vec<String> = fact.fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let text = format!("{} of {}: {}", fact.kind, fact.plugin, fields.join(", "));
            self.text(out, "  fact", DIM, &cut(&escape(&text), CONDITION))?;
        }
        for beside in &explanation.beside {
            self.text(out, "  beside", DIM, &cut(&escape(beside), CONDITION))?;
        }
        for change in &explanation.overrides {
            self.text(out, "  changed", DIM, &escape(&format!("{} by {}: {}", change.change, change.pack, change.reason)))?;
        }
        Ok(())
    }

    /// What allowlists admitted, by entry.
    fn admitted(&self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        let mut entries: Vec<(&Admitted, Vec<String>)> = Vec::new();
        for admitted in &file.admitted {
            let name = [&*admitted.module_name, &*admitted.operator_name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
            let name = if admitted.kind == "call" { format!("{name}()") } else { name };
            match entries
                .iter_mut()
                .find(|(known, _)| (&known.pack, &known.entry, &known.reason) == (&admitted.pack, &admitted.entry, &admitted.reason))
            {
                Some((_, names)) if names.contains(&name) => {}
                Some((_, names)) => names.push(name),
                None => entries.push((admitted, vec![name])),
            }
        }
        for (entry, names) in entries {
            self.text(out, "admitted", GREEN, &cut(&escape(&names.join(", ")), EVIDENCE))?;
            self.text(out, "  by", DIM, &cut(&escape(&format!("{}: {}", entry.pack, entry.entry)), EVIDENCE))?;
            let library = if entry.library.is_empty() { String::new() } else { format!("{}: ", entry.library) };
            self.text(out, "  because", DIM, &escape(&format!("{library}{}", entry.reason)))?;
        }
        Ok(())
    }

    fn unread(&self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        let limit = if self.shown.verbose { usize::MAX } else { UNREAD };
        for (number, part) in file.unread.iter().take(limit).enumerate() {
            let label = if number == 0 && file.verdict != Verdict::Incomplete { "not read" } else { "" };
            let whole = part.place.container.is_empty() && part.place.offset == 0;
            let at = if whole { String::new() } else { format!(" ({})", place(file, &part.place)) };
            self.text(out, label, YELLOW, &format!("{}{at}", escape(&part.message)))?;
        }
        if file.unread.len() > limit {
            self.text(out, "", DIM, &format!("and {} more", file.unread.len() - limit))?;
        }
        for (number, error) in file.errors.iter().enumerate() {
            let label = if number == 0 && file.verdict != Verdict::Error { "error" } else { "" };
            self.text(out, label, MAGENTA, &escape(&error.message))?;
        }
        Ok(())
    }
}

impl Reporter for Console {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.first.get_or_insert_with(|| file.path.clone());
        // What somebody has looked at is for those who ask for everything.
        let looked_at = |finding: &&Finding| finding.suppressed.is_some() && !self.shown.verbose;
        let findings: Vec<&Finding> = shown_findings(file, self.from()).filter(|finding| !looked_at(finding)).collect();
        let suppressed = file.findings.iter().filter(looked_at).count();
        self.suppressed += suppressed as u64;
        self.hidden += (file.findings.len() - findings.len() - suppressed) as u64;
        let quiet = matches!(file.verdict, Verdict::Clean | Verdict::Skipped);
        if quiet && findings.is_empty() && !self.shown.verbose && file.admitted.is_empty() {
            return Ok(());
        }
        self.heading(out, file)?;
        let hidden = file.findings.len() - findings.len() - suppressed;
        if let (true, false, Some(from)) = (findings.is_empty(), quiet || hidden == 0, self.shown.from) {
            let hidden = units::count(hidden as u64, "finding", "findings");
            self.text(out, "", DIM, &format!("{hidden} below {} (--severity)", from.name()))?;
        }
        // Of one rule together, in the order of the worst.
        let mut rules: Vec<Vec<&Finding>> = Vec::new();
        for finding in findings {
            let same = |group: &&mut Vec<&Finding>| {
                group.first().is_some_and(|f| {
                    (&f.rule_id, &f.pack, f.severity, &f.suppressed) == (&finding.rule_id, &finding.pack, finding.severity, &finding.suppressed)
                })
            };
            match rules.iter_mut().find(same) {
                Some(group) => group.push(finding),
                None => rules.push(vec![finding]),
            }
        }
        let limit = if self.shown.verbose { usize::MAX } else { RULES };
        for group in rules.iter().take(limit) {
            self.rule(out, file, group)?;
        }
        if rules.len() > limit {
            let rest: usize = rules[limit..].iter().map(Vec::len).sum();
            self.text(out, "", DIM, &format!("and {} (--verbose shows all)", units::count(rest as u64, "more finding", "more findings")))?;
        }
        self.unread(out, file)?;
        if quiet {
            self.admitted(out, file)?;
        }
        if let (true, Some(skipped)) = (self.shown.verbose, &file.skipped) {
            self.text(out, "", DIM, &escape(&skipped.message))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        if self.blocks > 0 {
            writeln!(out)?;
        }
        let scanned = summary.files - summary.skipped - summary.error;
        let mut parts = vec![format!("{} scanned", units::grouped(scanned))];
        let mut add = |number: u64, word: &str, style: Style| {
            if number > 0 {
                parts.push(self.look.paint(style, &format!("{} {word}", units::grouped(number))));
            }
        };
        add(summary.malicious, "malicious", RED);
        add(summary.suspicious, "suspicious", YELLOW);
        add(summary.error, if summary.error == 1 { "error" } else { "errors" }, MAGENTA);
        add(summary.incomplete, "incomplete", MAGENTA);
        add(summary.clean, "clean", GREEN);
        add(summary.skipped, "skipped", DIM);
        let about = format!("  ({} in {})", units::size(summary.bytes), units::seconds(run.seconds));
        writeln!(out, "{}{}", parts.join(", "), self.look.paint(DIM, &about))?;
        let mut notes = Vec::new();
        // Of a folder that alone is scanned paths do not tell the name.
        if let [root] = run.roots.as_slice()
            && self.first.as_ref().is_some_and(|path| path != root)
        {
            notes.push(format!("Scanned: {}", escape(root)));
        }
        if run.ended == "disabled" {
            notes.push("Scanning is switched off by the configuration: nothing was looked at.".into());
        } else if run.ended != "complete" {
            let why = if run.ended == "timeout" { "The time was up" } else { "Stopped" };
            let least = if run.not_walked { "at least " } else { "" };
            let files = units::count(run.not_scanned, "file was", "files were");
            let some = run.not_scanned > 0 || run.not_walked;
            notes.push(if some { format!("{why}: {least}{files} not scanned.") } else { format!("{why} before all was read.") });
        } else if summary.files == summary.skipped {
            notes.push("Nothing to scan: no file of a known format.".into());
        }
        if summary.incomplete + summary.error > 0 {
            notes.push("What could not be read is not clean: see above.".into());
        }
        if self.hidden > 0 {
            let findings = units::count(self.hidden, "finding", "findings");
            let how = if self.shown.from.is_some() { "below --severity" } else { "of low severity; --verbose shows them" };
            notes.push(format!("Not shown: {findings} {how}."));
        }
        if self.suppressed > 0 {
            notes.push(format!("Not shown: {}; --verbose shows them.", units::count(self.suppressed, "suppressed finding", "suppressed findings")));
        }
        if self.repeated {
            notes.push("Why, when and what to do stand with the first finding of each rule; --verbose repeats them.".into());
        }
        for line in notes.iter().flat_map(|note| wrap(note, self.look.width)) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// A verdict's word and style.
pub fn verdict(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Malicious => ("MALICIOUS", RED),
        Verdict::Suspicious => ("SUSPICIOUS", YELLOW),
        Verdict::Error => ("ERROR", MAGENTA),
        Verdict::Incomplete => ("INCOMPLETE", MAGENTA),
        Verdict::Skipped => ("skipped", DIM),
        Verdict::Clean => ("clean", GREEN),
    }
}

/// A severity's word and style.
pub fn severity(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Critical => ("critical", RED),
        Severity::High => ("high", RED),
        Severity::Medium => ("medium", YELLOW),
        Severity::Low => ("low", BLUE),
    }
}

/// The chain of containers and the offset, in hexadecimal and decimal.
pub fn place(file: &FileReport, place: &FindingPlace) -> String {
    let mut text = format!("at {:#x} ({})", place.offset, place.offset);
    if !place.container.is_empty() {
        let base = file.path.rsplit('/').next().unwrap_or(&file.path);
        let names: Vec<_> = std::iter::once(base).chain(place.container.iter().map(|step| step.name.as_str())).map(escape).collect();
        text.push_str(&format!(" in {}", names.join("!")));
        match place.file_offset {
            Some(at) => text.push_str(&format!(", {at:#x} of the file")),
            None if place.space == Space::Decoded => text.push_str(", unpacked"),
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::text::is_dangerous;
    use weighbridge_core::report::{Confidence, ContainerStep, TimeOfEffect};

    const HOSTILE: &str = "a\x1b]0;b\x07\u{202e}\r\nMALICIOUS\u{9b}2J ";

    fn finding(rule: &str, severity: Severity, offset: u64) -> Finding {
        let container = vec![ContainerStep { name: HOSTILE.into(), name_bytes: None, index: 0, format: "zip".into() }];
        Finding {
            rule_id: rule.into(),
            pack: "pack".into(),
            title: "Runs a program".into(),
            severity,
            confidence: Confidence::High,
            threat_type: "os_command".into(),
            cwe_id: "CWE-78".into(),
            cwe_name: String::new(),
            owasp_ml_id: String::new(),
            owasp_ml_name: String::new(),
            atlas_id: String::new(),
            time_of_effect: TimeOfEffect::Load,
            module_name: "os".into(),
            operator_name: "system".into(),
            place: FindingPlace { container, space: Space::Decoded, offset, length: 1, file_offset: None },
            count: 1,
            evidence: format!("os.system('{HOSTILE}{}')", "x".repeat(200)),
            why: "Because it runs. ".repeat(10),
            remedy: "Do not load it.".into(),
            references: Vec::new(),
            fingerprint: offset.to_string(),
            explanation: None,
            suppressed: None,
        }
    }

    fn print(findings: Vec<Finding>, shown: Shown) -> String {
        let path = weighbridge_core::source::ReportPath::new(std::path::Path::new(HOSTILE));
        let mut file = weighbridge_core::assemble::unscanned(path, Some(9), Verdict::Malicious);
        file.findings = findings;
        let mut out = Vec::new();
        Console::new(Look { color: false, width: 80 }, shown).file(&mut out, &file).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_files_say_is_harmless_and_fits() {
        let text = print(vec![finding("a", Severity::Critical, 31)], Shown::default());
        assert!(text.starts_with("MALICIOUS   a\\x1b]0;b\\x07\\u{202e}\\r\\nMALICIOUS\\x9b2J"), "{text}");
        assert!(!text.contains(|c| c != '\n' && is_dangerous(c)));
        assert!(text.contains("at 0x1f (31) in "));
        for line in text.lines() {
            assert_eq!(line.trim_end(), line);
            assert!(width(line) <= 80, "{line}");
        }
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let findings: Vec<Finding> = (0..20).flat_map(|rule| (0..9).map(move |n| finding(&format!("r{rule}"), Severity::High, n))).collect();
        let text = print(findings.clone(), Shown::default());
        assert!(text.contains("and 5 more places"));
        assert!(text.contains("and 108 more findings"));
        let all = print(findings, Shown { from: None, verbose: true });
        assert!(!all.contains("more"));
        let low = print(vec![finding("a", Severity::Low, 1)], Shown::default());
        assert!(!low.contains("Runs"));
    }
}
