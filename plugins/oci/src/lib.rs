//! Manifests of OCI and Docker images, in which models are shipped: which layers there are, and where.
//!
//! <https://github.com/opencontainers/image-spec/blob/main/manifest.md>, `image-index.md` and `descriptor.md` there; Docker's `manifest.json` in an
//! archive of `docker save`. Layers are `tar`'s.
//!
//! A digest becomes the name of a file: one that is none leads elsewhere (CVE-2024-37032).

use weighbridge_parse_json::{self as json, Kind, Limits, Reader, Trail};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, marked, strs};

/// Bytes of one text: annotations may be descriptions.
const TEXT: usize = 8 << 10;

/// Facts of one manifest: an image has at most 127 layers.
const FACTS: usize = 2_048;

struct Oci;

impl Scanner for Oci {
    const ABOUT: About = About {
        id: "oci",
        name: "Container image manifests",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&marked(
            format("oci-manifest", "OCI or Docker image manifest", abi::FORMAT_PROBE_ALWAYS, &[], strs!["manifest", "json"]),
            strs!["oci-layout"],
        )],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "reference" => ["role", "target", "mechanism", "expect_size"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads("oci-manifest", "layers, digests and addresses", "")];

    fn new() -> Self {
        Oci
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let keys = json::keys(input, ["layers", "Layers", "manifests", "mediaType", "digest", "schemaVersion", "RepoTags"])?;
        let Some([layers, docker_layers, manifests, media_type, digest, schema, tags]) = keys else { return Ok(Probe::NO) };
        let described = media_type && digest || schema || tags;
        let named = input.name().to_ascii_lowercase().ends_with(".manifest");
        Ok(if (layers || docker_layers || manifests) && (described || named) { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let mut reader = Reader::with(input, 0, u64::MAX, Limits { text: TEXT, ..Limits::default() });
        let mut trail = Trail::new();
        let mut left = FACTS;
        loop {
            let token = reader.next()?;
            if token.kind == Kind::End {
                break;
            }
            trail.follow(&token, reader.text());
            if token.kind == Kind::String && left > 0 {
                left -= 1;
                string(input, &trail, reader.text(), token.at, token.length)?;
            }
        }
        input.region(Region::Structure, 0, input.size())?;
        for (code, issue) in reader.issues().anomalies() {
            input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
        }
        if left == 0 {
            input.emit(&Fact::anomaly("limit-facts").text("detail", "texts beyond those that were looked at").at(0, 0))?;
            return Err(Failure::Unsupported);
        }
        if reader.issues().faults() > 0 { Err(Failure::Malformed) } else { Ok(()) }
    }
}

/// `algorithm:hex`, as the specification writes digests; lengths of other algorithms than SHA-256 and SHA-512 are free.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '.' | '_' | '-');
    let encoded = hex.len() >= 32 && hex.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '=' | '_' | '-'));
    !algorithm.is_empty() && algorithm.chars().all(plain) && encoded
}

fn string(input: &Input<'_>, trail: &Trail, text: &str, at: u64, length: u64) -> Result<(), Stop> {
    let place = |fact: Fact<'_>| input.emit(&fact.at(at, length)).map(drop);
    // Items of an array stand under the key that the array stands under.
    match trail.key().or(trail.above(0)).unwrap_or("") {
        "digest" if !is_digest(text) => {
            let code = if text.contains(['/', '\\']) || leads_out(text) { "outside-root" } else { "invalid" };
            place(Fact::anomaly(code).text("detail", "a digest").text("expected", "algorithm:hex").text("found", text).text("target", text))
        }
        // In a layout on disk a blob is called by its digest, and so is a manifest that is one itself.
        "digest" if let Some(hex) = text.strip_prefix("sha256:") => {
            let blob = input.name().len() == hex.len() && input.name().bytes().all(|byte| byte.is_ascii_hexdigit());
            let target = if blob { hex.to_owned() } else { format!("blobs/sha256/{hex}") };
            place(Fact::new("reference").text("role", "external-data").text("target", &target).text("mechanism", "blob"))
        }
        // Docker's layers are paths in the archive; others have descriptors.
        "layers" | "Layers" | "Config" | "config" => {
            place(Fact::new("reference").text("role", "external-data").text("target", text))?;
            if leads_out(text) {
                place(Fact::anomaly("outside-root").text("detail", "a layer").text("target", text))?;
            }
            Ok(())
        }
        "urls" => {
            if leads_out(text) {
                return place(Fact::anomaly("outside-root").text("detail", "a layer").text("target", text));
            }
            place(Fact::new("reference").text("role", "url").text("target", text).text("mechanism", "layer"))
        }
        "mediaType" => place(Fact::new("metadata").text("key", "oci.type").text("value", text)),
        _ if could_be_code(text) => place(Fact::new("text").text("role", "metadata").text("value", text)),
        _ => Ok(()),
    }
}

weighbridge_sdk::export!(weighbridge_plugin_oci = Oci);

#[cfg(test)]
mod tests {
    use super::is_digest;

    #[test]
    fn digests_are_hexadecimal() {
        assert!(is_digest(&format!("sha256:{}", "a1".repeat(32))));
        assert!(!is_digest("sha256:../../../../etc/passwd"));
        assert!(!is_digest("sha256:abc123"));
        assert!(!is_digest("../../x"));
    }
}
