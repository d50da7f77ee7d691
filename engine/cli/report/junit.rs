//! JUnit XML, in the form that Jenkins and GitLab read: a suite for each file, a failed case for each finding at the threshold or above, and an
//! error where something could not be read. A finding that is suppressed is a skipped case: there is no better place for it. <https://github.com/testmoapp/junitxml>

use super::about::{self, groups, path_of};
use super::{Reporter, Shown, shown_findings};
use crate::text::escape;
use crate::units;
use std::io::{self, Write};
use weighbridge_core::report::{FileReport, Run, Severity, Summary, Verdict};

/// Holds nothing.
pub struct JUnit {
    shown: Shown,
    /// From which severity on a finding is a failure; below it passes, with its text as output.
    fail_on: Option<Severity>,
    begun: bool,
}

impl JUnit {
    /// An empty report.
    pub fn new(shown: Shown, fail_on: Option<Severity>) -> Self {
        JUnit { shown, fail_on, begun: false }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"weighbridge\">\n")?;
        }
        Ok(())
    }
}

/// Text for an attribute or an element. XML has no way to write control characters, so they stand as escapes.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

impl Reporter for JUnit {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.begin(out)?;
        let groups = groups(shown_findings(file, self.shown.from));
        let fails = |severity: Severity| self.fail_on.is_some_and(|from| severity >= from);
        let failures = groups.iter().filter(|group| group.suppressed().is_none() && fails(group.first.severity)).count();
        let suppressed = groups.iter().filter(|group| group.suppressed().is_some()).count();
        let broken = matches!(file.verdict, Verdict::Error) || (!file.complete && file.verdict != Verdict::Skipped);
        let skipped = file.verdict == Verdict::Skipped;
        let path = xml(&file.path);
        writeln!(
            out,
            "<testsuite name=\"{path}\" tests=\"{}\" failures=\"{failures}\" errors=\"{}\" skipped=\"{}\">",
            groups.len() + 1,
            u8::from(broken),
            usize::from(skipped) + suppressed
        )?;
        let verdict = xml(super::console::verdict(file.verdict).0);
        write!(out, "<testcase name=\"read\" classname=\"{path}\" file=\"{path}\">")?;
        if broken {
            let why: Vec<_> = file.errors.iter().map(|e| e.message.as_str()).chain(file.unread.iter().map(|u| u.message.as_str())).take(20).collect();
            write!(out, "<error type=\"{verdict}\" message=\"{}\">{}</error>", xml(why.first().unwrap_or(&"not read")), xml(&why.join("; ")))?;
        } else if skipped {
            write!(out, "<skipped message=\"{}\"/>", xml(file.skipped.as_ref().map_or("", |why| &why.message)))?;
        }
        out.write_all(b"</testcase>\n")?;
        for group in &groups {
            let finding = group.first;
            let (rule, severity) = (xml(&format!("{}/{}", finding.pack, finding.rule_id)), finding.severity);
            let name = xml(&format!("{}: {}", finding.title, about::symbol(finding)));
            let at = format!("{} at {:#x}", path_of(&file.path, finding), finding.place.offset);
            let text = [
                finding.title.clone(),
                finding.evidence.clone(),
                if group.count() > 1 { format!("where: {at}, {} times", units::grouped(group.count())) } else { format!("where: {at}") },
                format!("why: {}", finding.why),
                format!("how sure: {}; strikes {}", about::sure(finding.confidence), about::strikes(finding.time_of_effect)),
                format!("what to do: {}", finding.remedy),
                format!("{} {}", finding.cwe_id, finding.cwe_name),
            ];
            let text = text.iter().map(|line| xml(line)).collect::<Vec<_>>().join("\n");
            write!(out, "<testcase name=\"{name}\" classname=\"{path}\" file=\"{path}\">")?;
            if let Some(suppressed) = group.suppressed() {
                write!(out, "<skipped message=\"{}\"/><system-out>{text}</system-out>", xml(&about::because(suppressed)))?;
            } else if fails(severity) {
                write!(out, "<failure type=\"{rule}\" message=\"{}\">{text}</failure>", xml(&format!("{}: {}", severity.name(), finding.evidence)))?;
            } else {
                write!(out, "<system-out>{text}</system-out>")?;
            }
            out.write_all(b"</testcase>\n")?;
        }
        out.write_all(b"</testsuite>\n")
    }

    fn end(&mut self, out: &mut dyn Write, _summary: &Summary, _run: &Run) -> io::Result<()> {
        self.begin(out)?;
        out.write_all(b"</testsuites>\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(xml("a\x01<b> & \"c\" 'd' ]]>\u{ffff}"), "a\\x01&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ]]&gt;\u{fffd}");
    }
}
