//! HTML: one file that needs no network, for people. Everything in it that comes from a file is escaped (maud does so unless told otherwise), and a
//! content security policy lets nothing run but the page's own script.
//!
//! Sections are written while files are scanned; the summary, which is known last, is laid out first by the style sheet. A page of very many elements
//! is slow to open, so that from some number on files are written as data, which the script lays out when they are looked at.

mod body;

use super::about::{RuleText, Rules, links, strikes, sure};
use super::{Reporter, Shown};
use crate::text::escape;
use crate::units;
use base64::Engine as _;
use body::{Body, Code, Entry, Row};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use std::sync::Arc;
use weighbridge_core::report::{FileReport, Run, Severity, Summary, Verdict};
use weighbridge_core::rules::Taxonomy;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Lines laid out in the page itself: findings, names, lines of code, files without any. A browser opens as many at once; what is beyond is data.
const LINES: usize = 1_500;
/// Files whose section is open when the page is.
const OPEN: u64 = 20;
/// Names of what was scanned, shown in the head.
const ROOTS: usize = 10;
/// Bytes of data written at once.
const CHUNK: usize = 256 << 10;

/// Holds one entry for each rule, and some data that is not written yet.
pub struct Html {
    shown: Shown,
    taxonomy: Arc<Taxonomy>,
    rules: Rules,
    opened: u64,
    lines: usize,
    /// Files as JSON, with commas between.
    data: String,
    /// Files that are data.
    later: u64,
    begun: bool,
}

impl Html {
    /// An empty report.
    pub fn new(shown: Shown, taxonomy: Arc<Taxonomy>) -> Self {
        Html { shown, taxonomy, rules: Rules::default(), opened: 0, lines: 0, data: String::new(), later: 0, begun: false }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let policy = format!("default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{}'; script-src '{}'", hash(STYLE), hash(SCRIPT));
        let head = html! {
            (DOCTYPE)
            (PreEscaped("<html lang=\"en\">"))
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Weighbridge report" }
                style { (PreEscaped(STYLE)) }
            }
            (PreEscaped("<body><main>"))
            form class="filter" role="search" {
                input type="search" placeholder="Filter by name, rule, import, evidence" aria-label="Filter";
                @for severity in Severity::ALL.into_iter().rev() {
                    label { input type="checkbox" value=(severity.name()) checked; (badge(severity.name())) }
                }
                label { input type="checkbox" value="suppressed" checked; span { "suppressed" } }
                label { input type="checkbox" value="clean"; span { "clean and skipped files" } }
                span class="shown" aria-live="polite" {}
            }
        };
        out.write_all(head.into_string().as_bytes())
    }

    fn entry(&self, entry: &Entry) -> Markup {
        let rule = self.rules.all.get(entry.rule);
        html! {
            li class=(if entry.suppressed.is_some() { "finding suppressed" } else { "finding" }) data-severity=(entry.severity) {
                (badge(entry.severity))
                " " b { (entry.title) }
                @if !entry.symbol.is_empty() { " " code.symbol { (entry.symbol) } }
                @if let Some(why) = &entry.suppressed { p.why { (why) } }
                pre.evidence { (entry.evidence) }
                p.about {
                    "in " code { (entry.place) } " " (entry.about) " "
                    a href=(format!("#rule-{}", entry.rule)) { "Why, and what to do" }
                    @if let Some(rule) = rule { @for link in links(&self.taxonomy, &rule.threat_type) { " " a.id href=(link.entry.url) { (link.entry.id) } } }
                }
                @if let (true, Some(rule)) = (entry.explains, rule) {
                    p.why { (text(&rule.why)) }
                    p.why { b { "What to do: " } (text(&rule.remedy)) }
                }
            }
        }
    }

    fn rule(&self, number: usize, rule: &RuleText) -> Markup {
        html! {
            section.rule id=(format!("rule-{number}")) {
                h3 { (badge(rule.severity.name())) " " (text(&rule.title)) }
                p { (text(&rule.why)) }
                p { b { "What to do: " } (text(&rule.remedy)) }
                p.about { "Rule " code { (text(&rule.pack)) "/" (text(&rule.id)) } "; " (sure(rule.confidence)) "; strikes " (strikes(rule.time_of_effect)) "." }
                ul.links {
                    @for link in links(&self.taxonomy, &rule.threat_type) {
                        li { a href=(link.entry.url) rel="noopener noreferrer" { @if link.list != "CWE" { (link.list) " " } (link.entry.id) ": " (link.entry.name) } }
                    }
                    // A pack is a team's own, but an address in it is still only ever a link to a web page.
                    @for url in rule.references.iter().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
                        li { a href=(url) rel="noopener noreferrer" { (text(url)) } }
                    }
                }
            }
        }
    }

    /// A file that is laid out in the page: its findings as far as there is room, and the others as data.
    fn section(&mut self, row: &Row, body: &Body) -> io::Result<Markup> {
        let class = if row.quiet { format!("file quiet {}", row.verdict) } else { format!("file {}", row.verdict) };
        if body.is_empty() {
            return Ok(html! { div class=(class) { (line(row)) } });
        }
        let open = !row.quiet && !body.findings.is_empty() && self.opened < OPEN;
        self.opened += u64::from(open);
        self.lines += body.lines();
        let now = body.findings.len().min(LINES.saturating_sub(self.lines));
        self.lines += now;
        let (now, later) = body.findings.split_at(now);
        let later = if later.is_empty() { None } else { Some(data(&later)?) };
        Ok(html! {
            details class=(class) open[open] {
                summary { (line(row)) }
                @if !body.findings.is_empty() { ul.findings { @for entry in now { (self.entry(entry)) } } }
                @if let Some(later) = later { script type="application/json" class="later" { (PreEscaped(later)) } }
                @for code in &body.code { (excerpt(code)) }
                @if !body.unread.is_empty() {
                    h4 { "Not read" }
                    ul { @for message in &body.unread { li { (message) } } }
                }
                @if !body.imports.is_empty() {
                    h4 { "Imports" }
                    @for names in &body.imports {
                        p class=(format!("imports {}", names.standing)) { b { (names.standing) } @for name in &names.names { " " code { (name) } } }
                    }
                }
                @if let Some(hash) = &body.sha256 { p.about { "SHA-256 " code { (hash) } } }
            }
        })
    }

    /// Writes the files that are data.
    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.data.is_empty() {
            return Ok(());
        }
        let chunk = html! { script type="application/json" class="files" { (PreEscaped(format!("[{}]", self.data))) } };
        self.data.clear();
        out.write_all(chunk.into_string().as_bytes())
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// JSON in a script element, which only `</script` and `<!--` could end or bend.
fn data(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

/// Text from a file: what would turn or hide text is written as an escape, what would be markup is escaped by maud.
fn text(text: &str) -> String {
    escape(text).into_owned()
}

fn badge(severity: &str) -> Markup {
    html! { span class=(format!("badge {severity}")) { (severity) } }
}

fn verdict_word(verdict: Verdict) -> String {
    super::console::verdict(verdict).0.to_lowercase()
}

fn line(row: &Row) -> Markup {
    html! { span class=(format!("verdict {}", row.verdict)) { (row.verdict) } " " span.path { (row.path) } " " span.meta { (row.about) } }
}

/// Decompiled code; the lines that findings are about are marked.
fn excerpt(code: &Code) -> Markup {
    html! {
        h4 { "Code" @if !code.place.is_empty() { " in " code { (code.place) } } }
        pre.code {
            @for line in &code.lines {
                @if line.found { mark { span.at { (line.at) } (line.text) } } @else { span { span.at { (line.at) } (line.text) } }
            }
        }
    }
}

impl Reporter for Html {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.begin(out)?;
        let (row, body) = body::of(file, self.shown, &mut self.rules);
        if self.lines < LINES {
            self.lines += 1;
            return out.write_all(self.section(&row, &body)?.into_string().as_bytes());
        }
        self.later += 1;
        if !self.data.is_empty() {
            self.data.push_str(",\n");
        }
        self.data += &data(&json!({ "row": row, "body": body }))?;
        if self.data.len() >= CHUNK { self.flush(out) } else { Ok(()) }
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        self.begin(out)?;
        self.flush(out)?;
        let scanned = summary.files - summary.skipped - summary.error;
        let cards = [
            ("malicious", summary.malicious),
            ("suspicious", summary.suspicious),
            ("error", summary.error),
            ("incomplete", summary.incomplete),
            ("clean", summary.clean),
            ("skipped", summary.skipped),
        ];
        let found = [
            (Severity::Critical, summary.findings.critical),
            (Severity::High, summary.findings.high),
            (Severity::Medium, summary.findings.medium),
            (Severity::Low, summary.findings.low),
        ];
        let said = |rule: &RuleText| {
            let links: Vec<_> = links(&self.taxonomy, &rule.threat_type).map(|link| [&link.entry.id, &link.entry.url]).collect();
            json!({ "why": text(&rule.why), "remedy": text(&rule.remedy), "links": links })
        };
        let rules = data(&self.rules.all.iter().map(said).collect::<Vec<_>>())?;
        let end = html! {
            header {
                h1 { "Weighbridge" span.meta { " report" } }
                @if !run.roots.is_empty() { p { "Scanned: " @for (number, root) in run.roots.iter().take(ROOTS).enumerate() { @if number > 0 { ", " } code { (text(root)) } } @if run.roots.len() > ROOTS { " and " (units::grouped((run.roots.len() - ROOTS) as u64)) " more" } } }
                p {
                    (units::grouped(scanned)) " scanned, " (units::size(summary.bytes)) " in " (units::seconds(run.seconds)) ", " (run.mode) " mode, " (run.started)
                    @if run.ended != "complete" { " " b { "The run ended early (" (run.ended) "): not all was scanned." } }
                }
                div.cards { @for (word, number) in cards { @if number > 0 || word == "clean" { div class=(format!("card {word}")) { b { (units::grouped(number)) } " " (word) } } } }
                p.found {
                    @for (severity, number) in found { span { (badge(severity.name())) " " (units::grouped(number)) } " " }
                    @if summary.suppressed > 0 { span { (units::grouped(summary.suppressed)) " suppressed: they do not count" } }
                }
                @if summary.incomplete + summary.error > 0 { p { "What could not be read is not clean." } }
                @if !run.notices.is_empty() { ul.notices { @for notice in &run.notices { li { (text(&notice.message)) } } } }
                @if self.later > 0 { noscript { p { (units::count(self.later, "file is", "files are")) " shown only where the page may run its script. The JSON report holds them too." } } }
            }
            div.more {}
            @if !self.rules.all.is_empty() {
                section.rules { h2 { "Why, and what to do" } @for (number, rule) in self.rules.all.iter().enumerate() { (self.rule(number, rule)) } }
            }
            footer {
                p { "Weighbridge " (run.version) ", isolation " (run.isolation) }
                p { "Packs: " @for pack in &run.packs { code { (text(&pack.id)) " " (text(&pack.version)) } " " } }
                p { "Plugins: " @for plugin in &run.plugins { code { (text(&plugin.id)) " " (text(&plugin.version)) } " " } }
            }
            (PreEscaped("</main>"))
            script type="application/json" class="said" { (PreEscaped(rules)) }
            script { (PreEscaped(SCRIPT)) }
            (PreEscaped("</body></html>\n"))
        };
        out.write_all(end.into_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn data_cannot_leave_its_element() {
        let text = "</script><script>alert(1)</script><!-- \u{1}";
        let written = data(&text).unwrap();
        assert!(!written.contains('<'), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
