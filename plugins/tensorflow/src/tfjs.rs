//! `model.json` of TensorFlow.js: a graph or the configuration of layers, and the files that hold the weights.
//!
//! <https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts> (`ModelJSON`).

use crate::report::Report;
use crate::{KERAS_CONFIG, limits};
use weighbridge_parse_json::{Kind, Reader, Trail};
use weighbridge_sdk::{Failure, Input, Span, Stop};

pub(crate) fn is_tfjs(input: &Input<'_>) -> Result<bool, Stop> {
    let keys = weighbridge_parse_json::keys(input, ["modelTopology", "weightsManifest"])?;
    Ok(keys.is_some_and(|found| found.contains(&true)))
}

/// ```text
/// { "format": "graph-model" | "layers-model", "modelTopology": GraphDef | Keras' configuration,
///   "weightsManifest": [{ "paths": ["group1-shard1of1.bin"], "weights": [{ "name", "shape", "dtype" }] }], "userDefinedMetadata": … }
/// ```
pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut report = Report::new(input);
    let mut reader = Reader::new(input);
    let mut trail = Trail::new();
    let (mut topology, mut graph) = (None, false);
    loop {
        let token = reader.next()?;
        trail.follow(&token, reader.text());
        let span = Span::new(token.at, token.end());
        match token.kind {
            Kind::End => break,
            Kind::BeginObject if token.depth == 1 && trail.above(0) != Some("modelTopology") && trail.above(1) == Some("modelTopology") => {
                topology.get_or_insert(token.at);
            }
            Kind::EndObject if token.depth == 1 => {
                if let Some(start) = topology.take().filter(|_| !graph) {
                    report.child("modelTopology", Span::new(start, token.end()), KERAS_CONFIG)?;
                }
            }
            Kind::String => match (trail.above(0), trail.above(1)) {
                (Some("op"), Some("node" | "nodeDef" | "node_def")) => {
                    graph = true;
                    let op = reader.text().to_owned();
                    report.node(&op, span);
                    report.operator("tfjs", &op, Vec::new(), false, false, span)?;
                }
                (Some("paths"), Some("weightsManifest")) => path(&mut report, &reader.text()[..reader.text().len().min(limits::NAME)], span)?,
                (Some(key @ ("format" | "generatedBy" | "convertedBy")), None) => {
                    let text = reader.text();
                    report.metadata(
                        &format!("tfjs.{key}"),
                        &text[..text.floor_char_boundary(limits::VALUE.min(text.len()))],
                        text.len() as u64,
                        span,
                    )?;
                }
                _ => {}
            },
            _ => {}
        }
    }
    for issue in reader.issues().list().iter().filter(|issue| issue.code.is_fault()) {
        report.broken(issue.code.anomaly().unwrap_or("invalid"), issue.code.as_str(), issue.expected, &issue.found, issue.at)?;
    }
    report.finish()
}

fn path(report: &mut Report<'_, '_>, target: &str, at: Span) -> Result<(), Stop> {
    // A loader puts the model's own address before a relative path, and leaves others as they are.
    let role = if target.contains("://") { "url" } else { "shard" };
    report.reference(role, target, None, at)
}
