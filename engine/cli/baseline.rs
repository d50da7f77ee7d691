//! A report of an earlier run, whose findings are known.

use crate::config::suppress::is_fingerprint;
use crate::{text, units};
use anyhow::{anyhow, bail};
use serde::Deserialize;
use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use weighbridge_core::report::{Notice, SCHEMA};

/// What a report says of its version; whatever else it holds.
#[derive(Deserialize)]
struct Version {
    schema: String,
}

#[derive(Deserialize)]
struct Report {
    files: Vec<Scanned>,
    run: Run,
}

#[derive(Deserialize)]
struct Scanned {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    fingerprint: String,
}

#[derive(Deserialize)]
struct Run {
    shown_from: Option<String>,
    /// Reports of earlier versions do not say.
    #[serde(default)]
    roots: Vec<String>,
    ended: String,
}

/// By what other reports are known.
#[derive(Deserialize)]
struct Other {
    #[serde(rename = "$schema")]
    schema: Option<String>,
    #[serde(rename = "bomFormat")]
    bom: Option<String>,
    /// Of a line of JSON Lines.
    r#type: Option<String>,
}

impl Other {
    /// As which format `--output` knows it.
    fn format(&self) -> Option<&'static str> {
        let sarif = self.schema.as_deref().is_some_and(|schema| schema.contains("sarif"));
        let is = [(sarif, "sarif"), (self.bom.is_some(), "cyclonedx"), (self.r#type.is_some(), "jsonl")];
        is.into_iter().find(|(is, _)| *is).map(|(_, format)| format)
    }
}

/// The fingerprints of a report, and what a person should know of it. `roots` is what is scanned now.
pub fn read(path: &Path, roots: &[String]) -> anyhow::Result<(HashSet<String>, Vec<Notice>)> {
    let name = text::escape(&path.to_string_lossy()).into_owned();
    let open = || File::open(path).map(BufReader::new).map_err(|error| anyhow!("cannot read the baseline {name}: {}", units::reason(&error)));
    let anew = "write it anew with `weighbridge scan --output json=FILE`";
    let first = serde_json::Deserializer::from_reader(open()?).into_iter::<Other>().next();
    if let Some(format) = first.and_then(Result::ok).and_then(|other| other.format()) {
        bail!("the baseline {name} is a report in {format}, and --baseline takes json: {anew}");
    }
    // The version first: a report of another one may be of any shape.
    let schema = match serde_json::from_reader::<_, Version>(open()?) {
        Ok(version) => version.schema,
        Err(error) => bail!("the baseline {name} is not a report in JSON ({error}): {anew}"),
    };
    if schema != SCHEMA {
        bail!("the baseline {name} is a report of version {}, and this program knows {SCHEMA}: {anew}", text::escape(&schema));
    }
    let report: Report = serde_json::from_reader(open()?).map_err(|error| anyhow!("the baseline {name} is not a whole report ({error}): {anew}"))?;
    let fingerprints: HashSet<String> = report.files.into_iter().flat_map(|file| file.findings).map(|finding| finding.fingerprint).collect();
    if let Some(other) = fingerprints.iter().find(|fingerprint| !is_fingerprint(fingerprint)) {
        bail!("the baseline {name} has fingerprints of another version ({}): {anew}", text::escape(other));
    }
    let mut notices = Vec::new();
    let mut notice = |message: String| notices.push(Notice { code: "baseline".into(), message });
    if let Some(severity) = &report.run.shown_from {
        notice(format!("the baseline {name} has no findings below {}: they count as new", text::escape(severity)));
    }
    // The same file may be called otherwise there, and fingerprints hold its path.
    let before = &report.run.roots;
    if !before.is_empty() && before != roots && (before.len() == 1 || roots.len() == 1) {
        let list = |roots: &[String]| text::escape(&units::some(roots)).into_owned();
        notice(format!(
            "the baseline {name} is of {}, and this scan of {}: findings are known by their paths, and may count as new",
            list(before),
            list(roots)
        ));
    }
    if report.run.ended != "complete" {
        notice(format!("the baseline {name} is of a run that was ended early: what that did not reach counts as new"));
    }
    Ok((fingerprints, notices))
}
