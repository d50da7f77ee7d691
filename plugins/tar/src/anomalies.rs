//! The walker's issues as anomalies of the vocabulary. `detail` keeps the issue's own code.

use weighbridge_parse_tar::{Code, Issue, Value};
use weighbridge_sdk::{Fact, Input, Stop};

/// The anomaly that an issue is.
pub(crate) fn code(issue: Code) -> &'static str {
    match issue {
        Code::HeaderTruncated | Code::DataTruncated | Code::EndMissing | Code::ExtensionTruncated => "truncated",
        Code::HeaderInvalid | Code::ExtensionDangling | Code::PaxMalformed | Code::NumberInvalid | Code::SizeNegative | Code::SparseInvalid => {
            "invalid"
        }
        Code::NumberDiffers | Code::NameDiffers | Code::TargetDiffers | Code::ExtensionTwice => "parser-differential",
        Code::SizeMismatch | Code::NameMismatch => "header-mismatch",
        Code::EntryAfterEnd | Code::EntryAfterDamage | Code::EntryElsewhere => "hidden-entry",
        Code::TrailingData => "trailing-data",
        Code::PrefixData => "prefix-data",
        Code::DuplicateName | Code::NameCollision => "duplicate-name",
        Code::NameTraversal
        | Code::NameAbsolute
        | Code::NameDrive
        | Code::NameBackslash
        | Code::NameNul
        | Code::NameControl
        | Code::NameNotUtf8
        | Code::NameEmpty
        | Code::NameThroughLink => "unsafe-name",
        Code::LinkAbsolute | Code::LinkOutside | Code::LinkThroughLink | Code::SpecialFile => "unsafe-link",
        Code::MultiVolume => "unsupported",
        // The limits.
        _ => "limit-size",
    }
}

/// Whether the issue means that a part of the archive is not there, or cannot be told.
pub(crate) fn is_break(issue: Code) -> bool {
    matches!(issue, Code::HeaderTruncated | Code::DataTruncated | Code::ExtensionTruncated | Code::HeaderInvalid)
}

pub(crate) fn emit(input: &Input<'_>, issue: &Issue, target: &str, offset: u64) -> Result<(), Stop> {
    let (expected, found) = (shown(&issue.expected), shown(&issue.found));
    let fact = Fact::anomaly(code(issue.code)).text("detail", issue.code.as_str()).text_if("expected", &expected).text_if("found", &found);
    input.emit(&fact.text_if("target", target).at(offset, issue.length))?;
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Number(n) => n.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
