//! `[[suppress]]`, from what is written to what holds.

use super::layer::is_sha256;
use super::written::Suppress;
use std::path::Path;
use toml::Spanned;
use weighbridge_core::rules::read::{self, Problems, wrong};
use weighbridge_core::rules::{Code, Problem};
use weighbridge_core::suppress::{Criteria, Date, PathGlob, Suppression};

/// Before the digits of a fingerprint: its version.
pub const FINGERPRINT: &str = "wb1:";

/// Hexadecimal digits of a fingerprint.
const DIGITS: usize = 32;

/// A suppression, or what is wrong with it. `place` is where it is written, `folder` what its path starts from.
pub fn validated(written: &Suppress<'_>, folder: &Path, place: String, problems: &mut Problems) -> Option<Suppression> {
    let before = problems.len();
    // Scanned files are known by their paths without links.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let criteria = Criteria {
        fingerprint: written.fingerprint.as_ref().and_then(|text| fingerprint(text, problems)),
        rule: written.rule.as_ref().map(|rule| rule.get_ref().clone()),
        path: written.path.as_ref().and_then(|glob| path(glob, &folder, problems)),
        content: content(written, problems),
    };
    if written.fingerprint.is_none() && written.rule.is_none() && written.path.is_none() && written.sha256.is_none() {
        problems.push(
            Problem::new(Code::MissingKey, written.span.clone(), "this suppression names no findings")
                .help("it needs fingerprint, rule, path, or sha256 with size"),
        );
    }
    let expires = written.expires.as_ref().and_then(|node| date(node, problems));
    if problems.len() > before {
        return None;
    }
    let (reason, owner) = (written.reason.get_ref().clone(), written.owner.get_ref().clone());
    Some(Suppression { criteria, reason, owner, expires: expires?, origin: place, folder })
}

/// Whether a text is a fingerprint of the version that this program makes.
pub fn is_fingerprint(text: &str) -> bool {
    let digits = text.strip_prefix(FINGERPRINT).unwrap_or("");
    digits.len() == DIGITS && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn fingerprint(text: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    if is_fingerprint(text.get_ref()) {
        return Some(text.get_ref().clone());
    }
    let help = format!("{FINGERPRINT} and {DIGITS} digits, as `weighbridge scan --format json` prints them");
    problems.push(Problem::new(Code::WrongValue, text.span(), "this is not a fingerprint").help(help));
    None
}

fn path(glob: &Spanned<String>, folder: &Path, problems: &mut Problems) -> Option<PathGlob> {
    match PathGlob::new(glob.get_ref(), folder) {
        Ok(glob) => Some(glob),
        Err(error) => {
            problems.push(Problem::new(Code::Pattern, glob.span(), format!("this is not a glob: {error}")));
            None
        }
    }
}

fn content(written: &Suppress<'_>, problems: &mut Problems) -> Option<(String, u64)> {
    match (&written.sha256, &written.size) {
        (None, None) => None,
        (Some(hash), Some(size)) if is_sha256(hash.get_ref()) => Some((hash.get_ref().to_ascii_lowercase(), *size.get_ref())),
        (Some(hash), _) if !is_sha256(hash.get_ref()) => {
            problems.push(Problem::new(Code::WrongValue, hash.span(), "this is not a SHA-256").help("64 hexadecimal digits"));
            None
        }
        (Some(hash), _) => {
            let problem = Problem::new(Code::MissingKey, hash.span(), "a hash needs the size of the file beside it");
            problems.push(problem.help("size = the file's bytes: only files of that size have to be hashed"));
            None
        }
        (None, Some(size)) => {
            problems.push(Problem::new(Code::MissingKey, size.span(), "a size needs the sha256 of the file beside it"));
            None
        }
    }
}

/// A day, as TOML writes it, or as text.
fn date(node: &read::Node<'_>, problems: &mut Problems) -> Option<Date> {
    let parsed = match node.get_ref() {
        read::Value::Datetime(day) => day.to_string().parse(),
        read::Value::String(text) => text.parse(),
        other => {
            problems.push(wrong(other, node.span(), "`expires` has to be a day").help("as expires = 2030-12-31"));
            return None;
        }
    };
    parsed.map_err(|error| problems.push(Problem::new(Code::WrongValue, node.span(), error))).ok()
}
