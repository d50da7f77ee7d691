//! The walker's issues as anomalies of the vocabulary. `detail` keeps the issue's own code.

use weighbridge_parse_zip::{Code, DecodeError, Issue, Value};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Stop};

/// The anomaly that an issue is.
pub(crate) fn code(issue: Code) -> &'static str {
    match issue {
        Code::EndRecordMissing | Code::EndCommentTruncated | Code::DirectoryTruncated | Code::LocalHeaderTruncated | Code::DataTruncated => {
            "truncated"
        }
        Code::SeveralEndRecords
        | Code::SeveralDirectories
        | Code::DirectoryOrphan
        | Code::DirectoryCountMismatch
        | Code::Zip64LocatorMismatch
        | Code::Zip64EndMismatch
        | Code::StrongEncryptionFlag
        | Code::PatchedDataFlag
        | Code::MaskedHeaderFlag
        | Code::VersionUnsupported => "parser-differential",
        Code::DirectoryMissing | Code::MultiDisk | Code::Zip64RecordMissing | Code::Zip64ExtraMissing | Code::ExtraMalformed => "invalid",
        Code::HiddenEntry => "hidden-entry",
        Code::DuplicateName | Code::NameCollision => "duplicate-name",
        Code::OverlappingEntries => "overlap",
        Code::PrefixData => "prefix-data",
        Code::SuffixData | Code::DataAfterStream => "trailing-data",
        Code::GapData => "unclaimed-bytes",
        Code::EncryptedFlag => "encrypted",
        Code::EncryptedFlagFalse => "false-encryption",
        Code::MethodUnknown => "unsupported",
        Code::NameTraversal
        | Code::NameAbsolute
        | Code::NameDrive
        | Code::NameBackslash
        | Code::NameNul
        | Code::NameControl
        | Code::NameNotUtf8
        | Code::NameEmpty => "unsafe-name",
        Code::Symlink | Code::SpecialFile => "unsafe-link",
        Code::RatioDeclared => "ratio",
        Code::DataCrcMismatch => "bad-crc",
        Code::DataSizeMismatch => "size-mismatch",
        Code::LimitEntries | Code::LimitEndRecords | Code::LimitGapSearch => "limit-size",
        // Every way in which two records of one entry differ.
        _ => "header-mismatch",
    }
}

/// Whether the archive breaks its format by it.
pub(crate) fn is_broken(issue: Code) -> bool {
    matches!(code(issue), "truncated" | "invalid")
}

pub(crate) fn emit(input: &Input<'_>, issue: &Issue, target: &str, at: u64) -> Result<(), Stop> {
    let (expected, found) = (shown(&issue.expected), shown(&issue.found));
    let fact = Fact::anomaly(code(issue.code)).text("detail", issue.code.as_str()).text_if("expected", &expected).text_if("found", &found);
    // A header says where another one is: that may be nowhere in the file.
    input.emit(&fact.text_if("target", target).at(at.min(input.size()), 0))?;
    Ok(())
}

/// An error of a decoder, said before the child ends.
pub(crate) fn decode_error(input: &Input<'_>, error: DecodeError) -> Result<(), Stop> {
    let code = match error {
        DecodeError::Stop(stop) => return Err(stop),
        DecodeError::Encrypted { .. } => "encrypted",
        DecodeError::Unsupported(_) => "unsupported",
        DecodeError::Corrupt { .. } => "invalid",
        DecodeError::Truncated { .. } => "truncated",
        DecodeError::Dictionary { .. } => "limit-memory",
    };
    input.emit(&Fact::anomaly(code).text("detail", &error.to_string()))?;
    Ok(())
}

/// How a decoder's error ends the child.
pub(crate) fn failure(error: DecodeError) -> Failure {
    match error {
        DecodeError::Stop(stop) => Failure::Stop(stop),
        DecodeError::Encrypted { .. } | DecodeError::Unsupported(_) | DecodeError::Dictionary { .. } => Failure::Unsupported,
        DecodeError::Corrupt { .. } | DecodeError::Truncated { .. } => Failure::Malformed,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Number(n) => n.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
