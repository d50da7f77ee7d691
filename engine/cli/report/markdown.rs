//! Markdown for job summaries and comments: a table of what is not clean, below it each finding with what to do, and at the end what is suppressed.

use super::about::{self, Group, Rules, groups, path_of};
use super::{Reporter, Shown, shown_findings};
use crate::text::{cut, escape};
use crate::units;
use std::fmt::Write as _;
use std::io::{self, Write};
use weighbridge_core::report::{FileReport, Run, Summary, Verdict};

/// GitHub refuses job summaries over 1 MiB; the rest is counted.
const SIZE: usize = 900 << 10;
/// Characters of evidence.
const EVIDENCE: usize = 200;
/// Findings of one file.
const FINDINGS: usize = 50;
/// Findings that are suppressed, of all files.
const SUPPRESSED: usize = 100;

/// Holds the table's rows, as far as they fit.
pub struct Markdown {
    shown: Shown,
    rules: Rules,
    rows: String,
    details: String,
    suppressed: Vec<String>,
    omitted: u64,
}

impl Markdown {
    /// An empty report.
    pub fn new(shown: Shown) -> Self {
        Markdown { shown, rules: Rules::default(), rows: String::new(), details: String::new(), suppressed: Vec::new(), omitted: 0 }
    }
}

impl Markdown {
    /// A finding that somebody has looked at: one line, below all others.
    fn suppress(&mut self, file: &FileReport, group: &Group<'_>) {
        if self.suppressed.len() < SUPPRESSED {
            let finding = group.first;
            self.suppressed.push(format!(
                "- {} {} ({}): {}\n",
                code(&path_of(&file.path, finding)),
                plain(&finding.title),
                finding.severity.name(),
                group.suppressed().map(|suppressed| plain(&about::because(suppressed))).unwrap_or_default()
            ));
        }
    }
}

/// Text from a file, that no reader of Markdown or HTML takes for more than text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An address would become a link by itself.
            ':' => out.push_str("&#58;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '.' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Text from a file as code. HTML, since a code span of Markdown ends at a backtick; what Markdown would still read in it is written by number.
fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in escape(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' | '$' | ':' | '@' | '#' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            // GitHub makes a link of what begins like this.
            '.' if out.ends_with("www") => out.push_str("&#46;"),
            c => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

impl Reporter for Markdown {
    fn file(&mut self, _out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        let (groups, suppressed): (Vec<_>, Vec<_>) =
            groups(shown_findings(file, self.shown.from)).into_iter().partition(|group| group.suppressed().is_none());
        for group in &suppressed {
            self.suppress(file, group);
        }
        if matches!(file.verdict, Verdict::Clean | Verdict::Skipped) && groups.is_empty() {
            return Ok(());
        }
        if self.rows.len() + self.details.len() > SIZE {
            self.omitted += 1;
            return Ok(());
        }
        let verdict = super::console::verdict(file.verdict).0.to_lowercase();
        let size = file.size.map(units::size).unwrap_or_default();
        let worst = groups.first().map(|group| plain(&group.first.title)).unwrap_or_default();
        self.rows.push_str(&format!("| **{verdict}** | {} | {size} | {} | {worst} |\n", code(&file.path), groups.len()));
        let mut text = format!("\n### {} {}\n\n", verdict, code(&file.path));
        for group in groups.iter().take(FINDINGS) {
            let finding = group.first;
            self.rules.of(finding);
            let times = group.count();
            let times = if times > 1 { format!(", {} times", units::grouped(times)) } else { String::new() };
            text.push_str(&format!(
                "- **{}** {}: {}  \n  in {} at {:#x}{times}; {}; strikes {}; {} ({})\n",
                finding.severity.name(),
                plain(&finding.title),
                code(&cut(&finding.evidence, EVIDENCE)),
                code(&path_of(&file.path, finding)),
                finding.place.offset,
                about::sure(finding.confidence),
                about::strikes(finding.time_of_effect),
                plain(&format!("{}/{}", finding.pack, finding.rule_id)),
                plain(&finding.cwe_id),
            ));
        }
        if groups.len() > FINDINGS {
            text.push_str(&format!("- and {} more\n", groups.len() - FINDINGS));
        }
        for part in file.unread.iter().take(5) {
            text.push_str(&format!("- not read: {}\n", plain(&part.message)));
        }
        for error in file.errors.iter().take(5) {
            text.push_str(&format!("- error: {}\n", plain(&error.message)));
        }
        self.details.push_str(&text);
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        let scanned = summary.files - summary.skipped - summary.error;
        let parts = [
            (scanned, "scanned"),
            (summary.malicious, "malicious"),
            (summary.suspicious, "suspicious"),
            (summary.error, "errors"),
            (summary.incomplete, "incomplete"),
            (summary.clean, "clean"),
            (summary.skipped, "skipped"),
        ];
        let parts: Vec<_> =
            parts.iter().filter(|(n, word)| *n > 0 || *word == "scanned").map(|(n, word)| format!("{} {word}", units::grouped(*n))).collect();
        writeln!(out, "## Weighbridge: {}\n", parts.join(", "))?;
        writeln!(out, "{} in {}, {} mode.", units::size(summary.bytes), units::seconds(run.seconds), run.mode)?;
        if run.ended != "complete" {
            writeln!(out, "\n**Not all was scanned:** the run ended early ({}).", run.ended)?;
        }
        if !self.rows.is_empty() {
            write!(out, "\n| verdict | file | size | findings | worst |\n|---|---|---|---|---|\n{}", self.rows)?;
            out.write_all(self.details.as_bytes())?;
        }
        if !self.suppressed.is_empty() {
            writeln!(out, "\n### Suppressed: {}\n", units::count(summary.suppressed, "finding does not count", "findings do not count"))?;
            self.suppressed.iter().try_for_each(|line| out.write_all(line.as_bytes()))?;
            if self.suppressed.len() == SUPPRESSED {
                writeln!(out, "- and perhaps more: see the JSON report")?;
            }
        }
        if self.omitted > 0 {
            writeln!(out, "\nand {} more files that are not clean: see the JSON report.", units::grouped(self.omitted))?;
        }
        if !self.rules.all.is_empty() {
            writeln!(out, "\n### What the rules say\n")?;
            for rule in &self.rules.all {
                let name = format!("{}/{}", rule.pack, rule.id);
                writeln!(out, "- **{}** ({}): {} *What to do:* {}", plain(&rule.title), plain(&name), plain(&rule.why), plain(&rule.remedy))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_files_is_neither_markup_nor_a_link() {
        assert_eq!(plain("<img> [x](http://y) @me `z`"), "&lt;img&gt; \\[x\\]\\(http&#58;//y\\) &#64;me \\`z\\`");
        assert_eq!(code("a`</code>|\nwww.x"), "<code>a&#96;&lt;/code&gt;&#124;&#92;nwww&#46;x</code>");
    }
}
