//! CycloneDX 1.6: a bill of materials of the model files, with findings as vulnerabilities. <https://cyclonedx.org/docs/1.6/json/>
//!
//! Components are written while files are scanned; the vulnerabilities, one for each rule and severity, follow them. What is suppressed is a
//! vulnerability of its own with an analysis: `not_affected` where somebody has looked at it, `in_triage` where a baseline has it.

use super::about::{Rules, because, links, path_of, symbol, word};
use super::{Reporter, Shown, shown_findings, write_value};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use weighbridge_core::report::{FileReport, Finding, Run, Severity, Summary, Suppressed, SuppressedBy, Verdict};
use weighbridge_core::rules::Taxonomy;

/// Evidence kept for one vulnerability.
const EVIDENCE: usize = 20;

/// Holds, for each rule, the files that it speaks of.
pub struct CycloneDx {
    shown: Shown,
    taxonomy: Arc<Taxonomy>,
    rules: Rules,
    found: BTreeMap<(usize, Severity, Option<String>), Found>,
    files: u64,
    begun: bool,
}

#[derive(Default)]
struct Found {
    suppressed: Option<Suppressed>,
    files: Vec<u64>,
    evidence: Vec<String>,
}

impl CycloneDx {
    /// An empty report.
    pub fn new(shown: Shown, taxonomy: Arc<Taxonomy>) -> Self {
        CycloneDx { shown, taxonomy, rules: Rules::default(), found: BTreeMap::new(), files: 0, begun: false }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            out.write_all(b"{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\n\"components\":[")?;
        }
        Ok(())
    }

    fn vulnerability(&self, number: usize, rule: usize, severity: Severity, found: &Found) -> Value {
        let rule = &self.rules.all[rule];
        let mut ratings = json!({ "severity": severity.name(), "method": "other", "source": { "name": "Weighbridge" } });
        ratings["justification"] = json!(rule.why);
        let advisories: Vec<Value> = links(&self.taxonomy, &rule.threat_type)
            .map(|link| json!({ "title": format!("{} {}: {}", link.list, link.entry.id, link.entry.name), "url": link.entry.url }))
            .chain(rule.references.iter().map(|url| json!({ "url": url })))
            .collect();
        let cwes: Vec<u64> = rule.cwe_id.strip_prefix("CWE-").and_then(|number| number.parse().ok()).into_iter().collect();
        let threat = json!({ "name": "weighbridge:threat_type", "value": rule.threat_type });
        let evidence = found.evidence.iter().map(|text| json!({ "name": "weighbridge:evidence", "value": text }));
        let properties: Vec<Value> = std::iter::once(threat).chain(evidence).collect();
        let mut value = json!({
            "bom-ref": format!("finding-{number}"),
            "id": format!("{}/{}", rule.pack, rule.id),
            "source": { "name": "Weighbridge" },
            "ratings": [ratings],
            "cwes": cwes,
            "description": rule.title,
            "detail": rule.why,
            "recommendation": rule.remedy,
            "advisories": advisories,
            "affects": found.files.iter().map(|file| json!({ "ref": format!("file-{file}") })).collect::<Vec<_>>(),
            "properties": properties,
        });
        if let Some(suppressed) = &found.suppressed {
            let state = if suppressed.by == SuppressedBy::Baseline { "in_triage" } else { "not_affected" };
            value["analysis"] = json!({ "state": state, "detail": because(suppressed) });
        }
        value
    }

    /// What is said of this finding's rule, of the same severity, and counted in the same way.
    fn found(&mut self, finding: &Finding) -> &mut Found {
        let suppressed = finding.suppressed.as_deref();
        let found = self.found.entry((self.rules.of(finding), finding.severity, suppressed.map(because))).or_default();
        if found.suppressed.is_none() {
            found.suppressed = suppressed.cloned();
        }
        found
    }
}

impl Reporter for CycloneDx {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.begin(out)?;
        if file.verdict == Verdict::Skipped {
            return Ok(());
        }
        out.write_all(if self.files == 0 { b"\n" } else { b",\n" })?;
        let number = self.files;
        self.files += 1;
        let mut properties = vec![
            json!({ "name": "weighbridge:verdict", "value": word(&file.verdict) }),
            json!({ "name": "weighbridge:complete", "value": file.complete.to_string() }),
        ];
        properties.extend(file.formats.iter().map(|format| json!({ "name": "weighbridge:format", "value": format })));
        if let Some(size) = file.size {
            properties.push(json!({ "name": "weighbridge:size", "value": size.to_string() }));
        }
        let mut component = json!({
            "type": "machine-learning-model",
            "bom-ref": format!("file-{number}"),
            "name": file.path,
            "modelCard": { "modelParameters": {} },
            "properties": properties,
        });
        if let Some(hash) = &file.sha256 {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
        }
        write_value(out, &component)?;
        for finding in shown_findings(file, self.shown.from) {
            let found = self.found(finding);
            if found.files.last() != Some(&number) {
                found.files.push(number);
            }
            if found.evidence.len() < EVIDENCE {
                found.evidence.push(format!("{} in {}: {}", symbol(finding), path_of(&file.path, finding), finding.evidence));
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, _summary: &Summary, run: &Run) -> io::Result<()> {
        self.begin(out)?;
        out.write_all(b"\n],\n\"vulnerabilities\":[")?;
        for (number, ((rule, severity, _), found)) in self.found.iter().enumerate() {
            out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
            write_value(out, &self.vulnerability(number, *rule, *severity, found))?;
        }
        let tool = json!({ "type": "application", "name": "Weighbridge", "version": run.version });
        let metadata = json!({
            "timestamp": run.started,
            "tools": { "components": [tool] },
            "properties": [{ "name": "weighbridge:mode", "value": run.mode }, { "name": "weighbridge:ended", "value": run.ended }],
        });
        out.write_all(b"\n],\n\"metadata\":")?;
        write_value(out, &metadata)?;
        out.write_all(b"}\n")
    }
}
