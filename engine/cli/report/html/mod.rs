//! HTML: one file that needs no network, for people. Everything in it that comes from a file is escaped (maud does so unless told otherwise), and a
//! content security policy lets nothing run but the page's own script.
//!
//! Sections are written while files are scanned; the summary, which is known last, is laid out first by the style sheet.

use super::about::{Group, RuleText, Rules, groups, links, path_of, strikes, sure, symbol};
use super::{Reporter, Shown, shown_findings};
use crate::text::{cut, escape};
use crate::units;
use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use std::sync::Arc;
use weighbridge_core::report::{Excerpt, FileReport, Run, Severity, Summary, Verdict};
use weighbridge_core::rules::Taxonomy;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Characters of evidence shown at once.
const EVIDENCE: usize = 400;
/// Places listed for one finding.
const PLACES: usize = 5;
/// Files whose section is open when the page is.
const OPEN: u64 = 20;

/// Holds one entry for each rule.
pub struct Html {
    shown: Shown,
    taxonomy: Arc<Taxonomy>,
    rules: Rules,
    opened: u64,
    begun: bool,
}

impl Html {
    /// An empty report.
    pub fn new(shown: Shown, taxonomy: Arc<Taxonomy>) -> Self {
        Html { shown, taxonomy, rules: Rules::default(), opened: 0, begun: false }
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
                    label { input type="checkbox" value=(severity.name()) checked; (badge(severity)) }
                }
                label { input type="checkbox" value="clean"; span { "clean and skipped files" } }
                span class="shown" aria-live="polite" {}
            }
        };
        out.write_all(head.into_string().as_bytes())
    }

    fn finding(&mut self, file: &FileReport, group: &Group<'_>) -> Markup {
        let finding = group.first;
        let rule = self.rules.of(finding);
        let times = group.count();
        html! {
            li.finding data-severity=(finding.severity.name()) {
                (badge(finding.severity))
                " " b { (text(&finding.title)) }
                @let symbol = symbol(finding);
                @if !symbol.is_empty() { " " code.symbol { (text(&symbol)) } }
                pre.evidence { (text(&cut(&finding.evidence, EVIDENCE))) }
                p.about {
                    "in " code { (text(&path_of(&file.path, finding))) }
                    @for (number, one) in group.all.iter().take(PLACES).enumerate() { (if number == 0 { " at " } else { ", " }) (format!("{:#x}", one.place.offset)) }
                    @if group.all.len() > PLACES { ", …" }
                    @if times > 1 { " (" (units::grouped(times)) " times)" }
                    "; " (sure(finding.confidence)) "; strikes " (strikes(finding.time_of_effect)) ". "
                    a href=(format!("#rule-{rule}")) { "Why, and what to do" }
                    @for link in links(&self.taxonomy, &finding.threat_type) { " " a.id href=(link.entry.url) { (link.entry.id) } }
                }
            }
        }
    }

    fn rule(&self, number: usize, rule: &RuleText) -> Markup {
        html! {
            section.rule id=(format!("rule-{number}")) {
                h3 { (badge(rule.severity)) " " (text(&rule.title)) }
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
}

fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Text from a file: what would turn or hide text is written as an escape, what would be markup is escaped by maud.
fn text(text: &str) -> String {
    escape(text).into_owned()
}

fn badge(severity: Severity) -> Markup {
    html! { span class=(format!("badge {}", severity.name())) { (severity.name()) } }
}

fn verdict_word(verdict: Verdict) -> String {
    super::console::verdict(verdict).0.to_lowercase()
}

fn row(file: &FileReport) -> Markup {
    html! {
        span class=(format!("verdict {}", verdict_word(file.verdict))) { (verdict_word(file.verdict)) }
        " " span.path { (text(&file.path)) }
        span.meta {
            @if let Some(size) = file.size { " " (units::size(size)) }
            @if let Some(formats) = file.formats.first() { " " (text(formats)) }
        }
    }
}

/// Decompiled code; the lines that findings are about are marked.
fn excerpt(code: &Excerpt) -> Markup {
    let names: Vec<&str> = code.container.iter().map(|step| step.name.as_str()).collect();
    html! {
        h4 { "Code" @if !names.is_empty() { " in " code { (text(&names.join("!"))) } } }
        pre.code {
            @for line in &code.lines {
                @let indent = usize::try_from(line.depth).unwrap_or(0).min(16) * 4;
                @if line.found { mark { (format!("{:indent$}", "")) (text(&line.text)) } } @else { (format!("{:indent$}", "")) (text(&line.text)) "\n" }
            }
        }
    }
}

impl Reporter for Html {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.begin(out)?;
        let groups = groups(shown_findings(file, self.shown.from));
        let word = verdict_word(file.verdict);
        if groups.is_empty() && file.imports.is_empty() && matches!(file.verdict, Verdict::Clean | Verdict::Skipped) {
            return out.write_all(html! { div class=(format!("file quiet {word}")) { (row(file)) } }.into_string().as_bytes());
        }
        let quiet = matches!(file.verdict, Verdict::Clean | Verdict::Skipped);
        let open = matches!(file.verdict, Verdict::Malicious | Verdict::Suspicious) && self.opened < OPEN;
        self.opened += u64::from(open);
        let section = html! {
            details class=(if quiet { format!("file quiet {word}") } else { format!("file {word}") }) open[open] {
                summary { (row(file)) @if !groups.is_empty() { span.meta { " " (units::count(groups.len() as u64, "finding", "findings")) } } }
                @if !groups.is_empty() { ul.findings { @for group in &groups { (self.finding(file, group)) } } }
                @for code in &file.code { (excerpt(code)) }
                @if !file.unread.is_empty() || !file.errors.is_empty() {
                    h4 { "Not read" }
                    ul {
                        @for part in &file.unread { li { (text(&part.message)) } }
                        @for error in &file.errors { li { (text(&error.message)) } }
                    }
                }
                @if !file.imports.is_empty() {
                    h4 { "Imports" }
                    ul.imports {
                        @for import in &file.imports {
                            li class=(import.standing.name()) title=(import.standing.name()) {
                                code { (text(&import.module)) @if !import.module.is_empty() { "." } (text(&import.name)) @if import.called { "()" } }
                            }
                        }
                    }
                }
                @if let Some(hash) = &file.sha256 { p.about { "SHA-256 " code { (hash) } } }
            }
        };
        out.write_all(section.into_string().as_bytes())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        self.begin(out)?;
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
        let end = html! {
            header {
                h1 { "Weighbridge" span.meta { " report" } }
                p {
                    (units::grouped(scanned)) " scanned, " (units::size(summary.bytes)) " in " (units::seconds(run.seconds)) ", " (run.mode) " mode, " (run.started)
                    @if run.ended != "complete" { " " b { "The run ended early (" (run.ended) "): not all was scanned." } }
                }
                div.cards { @for (word, number) in cards { @if number > 0 || word == "clean" { div class=(format!("card {word}")) { b { (units::grouped(number)) } " " (word) } } } }
                p { "Findings: " @for (severity, number) in found { (badge(severity)) " " (units::grouped(number)) " " } }
                @if summary.incomplete + summary.error > 0 { p { "What could not be read is not clean." } }
            }
            @if !self.rules.all.is_empty() {
                section.rules { h2 { "Why, and what to do" } @for (number, rule) in self.rules.all.iter().enumerate() { (self.rule(number, rule)) } }
            }
            footer {
                p { "Weighbridge " (run.version) ", isolation " (run.isolation) }
                p { "Packs: " @for pack in &run.packs { code { (text(&pack.id)) " " (text(&pack.version)) } " " } }
                p { "Plugins: " @for plugin in &run.plugins { code { (text(&plugin.id)) " " (text(&plugin.version)) } " " } }
            }
            (PreEscaped("</main>"))
            script { (PreEscaped(SCRIPT)) }
            (PreEscaped("</body></html>\n"))
        };
        out.write_all(end.into_string().as_bytes())
    }
}
