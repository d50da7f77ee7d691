//! SARIF 2.1.0, as GitHub and others take it. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
//!
//! Results are written while files are scanned; the rules, taxonomies and artifacts that they refer to by index follow them.
//! What GitHub takes of it: <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>

use super::about::{Group, Rules, groups, links, path_of, strikes, sure, symbol, word};
use super::{Reporter, Shown, shown_findings, write_value};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;
use weighbridge_core::report::{Confidence, ContainerStep, FileReport, Finding, Run, Severity, Summary, Suppressed};
use weighbridge_core::rules::Taxonomy;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Results of a run that GitHub takes; it refuses files with more.
const RESULTS: usize = 25_000;
/// Of them, kept for what is high or above and counts: whatever else there is, the worst of a run is in its report.
const RESERVED: usize = 5_000;
/// Extensions of a tool that GitHub takes.
const EXTENSIONS: usize = 100;
/// Places given for one result.
const LOCATIONS: usize = 10;
/// Notifications: what was not read.
const NOTIFICATIONS: usize = 1_000;

/// Holds the artifacts that results refer to, and one entry for each rule.
pub struct Sarif {
    shown: Shown,
    taxonomy: Arc<Taxonomy>,
    /// What relative paths start from, as a URI.
    base: String,
    rules: Rules,
    results: usize,
    omitted: u64,
    artifacts: Vec<Value>,
    members: HashMap<(usize, String), usize>,
    notifications: Vec<Value>,
    unnotified: u64,
    begun: bool,
}

impl Sarif {
    /// An empty report.
    pub fn new(shown: Shown, taxonomy: Arc<Taxonomy>, base: String) -> Self {
        Sarif {
            shown,
            taxonomy,
            base,
            rules: Rules::default(),
            results: 0,
            omitted: 0,
            artifacts: Vec::new(),
            members: HashMap::new(),
            notifications: Vec::new(),
            unnotified: 0,
            begun: false,
        }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\n\"results\":[")?;
        }
        Ok(())
    }

    fn artifact(&mut self, file: &FileReport) -> usize {
        let mut artifact = json!({ "location": location_of(file), "roles": ["analysisTarget"], "mimeType": "application/octet-stream" });
        if let Some(size) = file.size {
            artifact["length"] = json!(size);
        }
        if let Some(hash) = &file.sha256 {
            artifact["hashes"] = json!({ "sha-256": hash });
        }
        artifact["properties"] = json!({ "verdict": file.verdict, "complete": file.complete, "formats": file.formats });
        self.artifacts.push(artifact);
        self.artifacts.len() - 1
    }

    /// The artifact of what lies in another, by the way to it.
    fn member(&mut self, file: usize, container: &[ContainerStep]) -> usize {
        let Some((last, outer)) = container.split_last() else { return file };
        let key = (file, container.iter().map(|step| format!("{}\0{}", step.index, step.name)).collect::<Vec<_>>().join("\0\0"));
        if let Some(&at) = self.members.get(&key) {
            return at;
        }
        let parent = self.member(file, outer);
        let location = json!({ "uri": percent(last.name.as_bytes()) });
        self.artifacts
            .push(json!({ "location": location, "parentIndex": parent, "properties": { "containerFormat": last.format, "index": last.index } }));
        self.members.insert(key, self.artifacts.len() - 1);
        self.artifacts.len() - 1
    }

    fn result(&mut self, file: &FileReport, artifact: usize, group: &Group<'_>) -> Value {
        let finding = group.first;
        let rule = self.rules.of(finding);
        let locations: Vec<Value> = group.all.iter().take(LOCATIONS).map(|finding| self.location(file, artifact, finding)).collect();
        let mut properties = json!({
            "severity": finding.severity,
            "confidence": finding.confidence,
            "threat_type": finding.threat_type,
            "time_of_effect": finding.time_of_effect,
            "module_name": finding.module_name,
            "operator_name": finding.operator_name,
            "cwe_id": finding.cwe_id,
            "owasp_ml_id": finding.owasp_ml_id,
            "atlas_id": finding.atlas_id,
            "evidence": finding.evidence,
        });
        if group.count() > 1 {
            properties["count"] = json!(group.count());
        }
        json!({
            "ruleId": rule_id(finding),
            "ruleIndex": rule,
            "level": level(finding.severity),
            "kind": "fail",
            "rank": rank(finding),
            "message": { "text": format!("{}: {} ({}; strikes {}). {}", finding.title, finding.evidence, sure(finding.confidence), strikes(finding.time_of_effect), finding.remedy) },
            "locations": locations,
            "occurrenceCount": group.count(),
            "partialFingerprints": { "weighbridge/v1": finding.fingerprint },
            // None is said as an empty list: where it is absent, nobody knows.
            "suppressions": group.suppressed().into_iter().map(suppression).collect::<Vec<_>>(),
            "properties": properties,
        })
    }

    fn location(&mut self, file: &FileReport, artifact: usize, finding: &Finding) -> Value {
        let inner = self.member(artifact, &finding.place.container);
        // GitHub shows a result at a line: a file of bytes has but one.
        let mut region = json!({ "startLine": 1 });
        if let Some(at) = finding.place.file_offset {
            region["byteOffset"] = json!(at);
            region["byteLength"] = json!(finding.place.length);
        }
        let mut logical = json!({ "fullyQualifiedName": path_of(&file.path, finding), "kind": "member" });
        let symbol = symbol(finding);
        if !symbol.is_empty() {
            logical["name"] = json!(symbol);
        }
        let mut properties = json!({ "space": finding.place.space, "offset": finding.place.offset, "length": finding.place.length });
        if inner != artifact {
            properties["artifactIndex"] = json!(inner);
        }
        let mut at = location_of(file);
        at["index"] = json!(artifact);
        json!({
            "physicalLocation": { "artifactLocation": at, "region": region },
            "logicalLocations": [logical],
            "properties": properties,
        })
    }

    fn notify(&mut self, file: &FileReport) {
        let unread = file.unread.iter().map(|part| ("warning", part.reason.as_str(), part.message.as_str()));
        let errors = file.errors.iter().map(|error| ("error", error.code.as_str(), error.message.as_str()));
        for (level, id, message) in unread.chain(errors) {
            if self.notifications.len() >= NOTIFICATIONS {
                self.unnotified += 1;
                continue;
            }
            self.notifications.push(json!({
                "level": level,
                "descriptor": { "id": id },
                "message": { "text": format!("{}: {message}", file.path) },
                "locations": [{ "physicalLocation": { "artifactLocation": location_of(file) } }],
            }));
        }
    }

    fn rule_values(&self) -> Vec<Value> {
        let rule = |rule: &super::about::RuleText| {
            let taxa: Vec<_> = links(&self.taxonomy, &rule.threat_type).collect();
            let mut tags = vec!["security".to_owned(), rule.threat_type.clone()];
            if let Some(number) = rule.cwe_id.strip_prefix("CWE-") {
                tags.push(format!("external/cwe/cwe-{number}"));
            }
            let relationships: Vec<Value> = taxa
                .iter()
                .map(|link| json!({ "target": { "id": link.entry.id, "toolComponent": { "name": link.list } }, "kinds": ["relevant"] }))
                .collect();
            let also: Vec<String> = rule.references.iter().map(|url| format!("- <{url}>")).collect();
            let lists: Vec<String> =
                taxa.iter().map(|link| format!("- {}: [{} {}]({})", link.list, link.entry.id, link.entry.name, link.entry.url)).collect();
            let markdown = format!(
                "{}\n\n**Strikes** {}. **How sure:** {}.\n\n**What to do:** {}\n\n{}\n{}",
                rule.why,
                strikes(rule.time_of_effect),
                sure(rule.confidence),
                rule.remedy,
                lists.join("\n"),
                also.join("\n")
            );
            let mut value = json!({
                "id": format!("{}/{}", rule.pack, rule.id),
                "name": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.why },
                "help": { "text": format!("{} {}", rule.why, rule.remedy), "markdown": markdown },
                "defaultConfiguration": { "level": level(rule.severity), "enabled": true },
                "properties": { "tags": tags, "precision": precision(rule.confidence), "security-severity": score(rule.severity), "pack": rule.pack },
                "relationships": relationships,
            });
            if let Some(url) =
                rule.references.iter().find(|url| url.starts_with("https://")).cloned().or_else(|| taxa.first().map(|l| l.entry.url.clone()))
            {
                value["helpUri"] = json!(url);
            }
            value
        };
        self.rules.all.iter().map(rule).collect()
    }

    fn taxonomies(&self) -> Vec<Value> {
        let mut lists: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for rule in &self.rules.all {
            for link in links(&self.taxonomy, &rule.threat_type) {
                let taxon = json!({
                    "id": link.entry.id,
                    "name": link.entry.name,
                    "shortDescription": { "text": link.entry.name },
                    "helpUri": link.entry.url,
                });
                lists.entry(link.list).or_default().insert(link.entry.id.clone(), taxon);
            }
        }
        let organisation = |list: &str| if list.starts_with("OWASP") { "OWASP Foundation" } else { "MITRE" };
        let component = |(list, taxa): (&str, Map<String, Value>)| {
            let mut value = json!({
                "name": list,
                "organization": organisation(list),
                "shortDescription": { "text": list },
                "taxa": taxa.into_iter().map(|(_, taxon)| taxon).collect::<Vec<_>>(),
            });
            if list == "MITRE ATLAS" {
                value["version"] = json!(self.taxonomy.atlas_version);
            }
            value
        };
        lists.into_iter().map(component).collect()
    }
}

impl Reporter for Sarif {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.begin(out)?;
        self.notify(file);
        let groups = groups(shown_findings(file, self.shown.from));
        if groups.is_empty() {
            return Ok(());
        }
        let artifact = self.artifact(file);
        for group in &groups {
            let counts = group.suppressed().is_none() && group.first.severity >= Severity::High;
            if self.results >= if counts { RESULTS } else { RESULTS - RESERVED } {
                self.omitted += 1;
                continue;
            }
            out.write_all(if self.results == 0 { b"\n" } else { b",\n" })?;
            self.results += 1;
            let result = self.result(file, artifact, group);
            write_value(out, &result)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, _summary: &Summary, run: &Run) -> io::Result<()> {
        self.begin(out)?;
        let packs = run
            .packs
            .iter()
            .map(|pack| json!({ "name": format!("rules/{}", pack.id), "version": pack.version, "properties": { "sha256": pack.sha256 } }));
        let plugins = run.plugins.iter().map(|plugin| json!({ "name": format!("plugins/{}", plugin.id), "version": plugin.version }));
        let tool = json!({
            "driver": { "name": "Weighbridge", "semanticVersion": run.version, "version": run.version, "rules": self.rule_values() },
            "extensions": packs.chain(plugins).take(EXTENSIONS).collect::<Vec<_>>(),
        });
        let mut notifications = std::mem::take(&mut self.notifications);
        for (count, what) in [(self.unnotified, "more parts that were not read"), (self.omitted, "more results than a run can hold")] {
            if count > 0 {
                notifications
                    .push(json!({ "level": "warning", "descriptor": { "id": "omitted" }, "message": { "text": format!("{count} {what}") } }));
            }
        }
        if run.ended != "complete" {
            let text = format!("the run was ended early ({}): {} files were not scanned", run.ended, run.not_scanned);
            notifications.push(json!({ "level": "error", "descriptor": { "id": run.ended }, "message": { "text": text } }));
        }
        let invocation = json!({
            "executionSuccessful": run.ended == "complete" && run.exit_code != 2,
            "exitCode": run.exit_code,
            "startTimeUtc": run.started,
            "toolExecutionNotifications": notifications,
            "properties": { "mode": run.mode, "seconds": run.seconds, "isolation": run.isolation },
        });
        for (key, value) in [
            ("],\n\"tool\":", tool),
            (",\n\"taxonomies\":", self.taxonomies().into()),
            (",\n\"artifacts\":", std::mem::take(&mut self.artifacts).into()),
            (",\n\"invocations\":", json!([invocation])),
            (",\n\"originalUriBaseIds\":", json!({ BASE: { "uri": self.base } })),
            (",\n\"columnKind\":", json!("unicodeCodePoints")),
        ] {
            out.write_all(key.as_bytes())?;
            write_value(out, &value)?;
        }
        out.write_all(b"\n}]}\n")
    }
}

fn rule_id(finding: &Finding) -> String {
    format!("{}/{}", finding.pack, finding.rule_id)
}

/// What somebody has looked at: written outside the file that it is about, and in force.
fn suppression(suppressed: &Suppressed) -> Value {
    let mut properties = json!({ "by": word(&suppressed.by) });
    for (name, value) in [("owner", &suppressed.owner), ("expires", &suppressed.expires)] {
        if let Some(value) = value {
            properties[name] = json!(value);
        }
    }
    json!({ "kind": "external", "status": "accepted", "justification": suppressed.reason, "properties": properties })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// GitHub: over 9.0 is critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

/// 0 to 100: severity first, then how sure.
fn rank(finding: &Finding) -> f64 {
    let severity = match finding.severity {
        Severity::Critical => 90.0,
        Severity::High => 70.0,
        Severity::Medium => 45.0,
        Severity::Low => 15.0,
    };
    let confidence = match finding.confidence {
        Confidence::High => 10.0,
        Confidence::Medium => 5.0,
        Confidence::Low => 0.0,
    };
    severity + confidence
}

/// What relative paths start from, as GitHub calls it.
const BASE: &str = "%SRCROOT%";

fn location_of(file: &FileReport) -> Value {
    let uri = uri(file);
    if uri.starts_with("file:") || file.path == "-" { json!({ "uri": uri }) } else { json!({ "uri": uri, "uriBaseId": BASE }) }
}

/// A path as a URI reference: relative stays relative. Bytes that are not UTF-8 are kept.
fn uri(file: &FileReport) -> String {
    let bytes = match &file.path_bytes {
        Some(hex) => (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()).collect(),
        None => file.path.clone().into_bytes(),
    };
    let text = percent(&bytes);
    if text.starts_with('/') { format!("file://{text}") } else { text }
}

/// Bytes of a path, as they stand in a URI.
pub fn percent(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_uri() {
        assert_eq!(percent(b"a b/c%d\xff:\n.pkl"), "a%20b/c%25d%FF%3A%0A.pkl");
    }
}
