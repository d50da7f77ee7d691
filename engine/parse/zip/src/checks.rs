//! What one entry's records say against each other, against the specification, and against what some reader takes.

use crate::entry::MASKED;
use crate::names::oddities;
use crate::{Central, Code, Descriptor, Entry, Limits, Local, Value, extra};

/// Told of each issue: code, offset, expected, found.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Code, u64, Value, Value);

/// Flags that change how an entry is read: encrypted, descriptor, patched, strongly encrypted, masked. The others
/// (levels of compression, the enhanced deflate hint) differ in honest archives and concern nobody.
const FLAGS_THAT_MATTER: u16 = 0x0001 | 0x0008 | 0x0020 | 0x0040 | MASKED;
/// Flag 11: name and comment are UTF-8.
const UTF8: u16 = 0x0800;

/// Highest version needed that Python's zipfile reads: 6.3.
const MAX_VERSION: u8 = 63;

/// All checks that need nothing but the entry itself.
pub(crate) fn check(entry: &Entry, limits: &Limits, tell: Tell) {
    if let Some(local) = &entry.local {
        check_local(local, tell);
    }
    if let Some(central) = &entry.central {
        check_central(central, tell);
        if let Some(local) = &entry.local {
            compare(central, local, tell);
            compare_descriptor(central, local, entry.descriptor.as_ref(), entry.data_offset, tell);
        }
    }
    check_content(entry, limits, tell);
    check_name(entry, tell);
}

fn check_local(local: &Local, tell: Tell) {
    if local.cut {
        tell(Code::LocalHeaderTruncated, local.offset, local.data_offset.into(), Value::None);
        return;
    }
    check_extra(&local.extra, local.offset, local.zip64_missing, local.zip64_contradicts, tell);
}

fn check_central(central: &Central, tell: Tell) {
    check_extra(&central.extra, central.offset, central.zip64_missing, central.zip64_contradicts, tell);
    if central.disk != 0 {
        tell(Code::MultiDisk, central.offset, 0u64.into(), central.disk.into());
    }
}

fn check_extra(area: &[u8], offset: u64, missing: bool, contradicts: bool, tell: Tell) {
    if extra::malformed(area) {
        tell(Code::ExtraMalformed, offset, Value::None, area.into());
    }
    if missing {
        tell(Code::Zip64ExtraMissing, offset, Value::None, Value::None);
    }
    if contradicts {
        tell(Code::Zip64ExtraMismatch, offset, Value::None, extra::find(area, extra::ZIP64).map_or(Value::None, Into::into));
    }
}

/// Not compared: times, versions and extra areas. Honest writers differ there (PyTorch pads the local extra area, zipalign too).
fn compare(central: &Central, local: &Local, tell: Tell) {
    let at = local.offset;
    let mut differ = |code, expected: Value, found: Value| {
        if expected != found {
            tell(code, at, expected, found);
        }
    };
    // Under masking the local values are not the entry's.
    let masked = (central.flags | local.flags) & MASKED != 0;
    if !masked && !local.cut && !central.cut && central.name != local.name {
        tell(Code::LocalNameMismatch, at, central.name.as_slice().into(), local.name.as_slice().into());
        return compare_values(central, local, masked, tell);
    }
    let mut mask = FLAGS_THAT_MATTER;
    if !central.name.is_ascii() {
        mask |= UTF8;
    }
    differ(Code::LocalFlagsMismatch, (central.flags & mask).into(), (local.flags & mask).into());
    compare_values(central, local, masked, tell);
}

fn compare_values(central: &Central, local: &Local, masked: bool, tell: Tell) {
    let streamed = local.has_descriptor();
    let mut differ = |code, expected: u64, found: u64| {
        // What a descriptor replaces is zero, or already right.
        if expected != found && !(found == 0 && (streamed || masked)) {
            tell(code, local.offset, expected.into(), found.into());
        }
    };
    if !masked {
        differ(Code::LocalCrcMismatch, central.crc32.into(), local.crc32.into());
    }
    differ(Code::LocalCompressedSizeMismatch, central.compressed, local.compressed);
    differ(Code::LocalSizeMismatch, central.size, local.size);
    if central.method != local.method {
        tell(Code::LocalMethodMismatch, local.offset, central.method.into(), local.method.into());
    }
}

fn compare_descriptor(central: &Central, local: &Local, descriptor: Option<&Descriptor>, data: u64, tell: Tell) {
    match descriptor {
        Some(d) => {
            for (expected, found) in [(u64::from(central.crc32), u64::from(d.crc32)), (central.compressed, d.compressed), (central.size, d.size)] {
                if expected != found {
                    tell(Code::DescriptorMismatch, d.offset, expected.into(), found.into());
                }
            }
        }
        // Writers that give the sizes in the local header too, or have no data, leave the descriptor out.
        None if local.has_descriptor() && local.compressed == 0 && central.compressed != 0 => {
            tell(Code::DescriptorMissing, data.saturating_add(central.compressed), Value::None, Value::None);
        }
        None => {}
    }
}

fn check_content(entry: &Entry, limits: &Limits, tell: Tell) {
    let at = entry.offset();
    let both =
        |of_central: fn(&Central) -> u64, of_local: fn(&Local) -> u64| [entry.central.as_ref().map(of_central), entry.local.as_ref().map(of_local)];
    let flags = both(|c| c.flags.into(), |l| l.flags.into()).into_iter().flatten().fold(0, |a, b| a | b);
    for (bit, code) in [
        (0x0001, Code::EncryptedFlag),
        (0x0020, Code::PatchedDataFlag),
        (0x0040, Code::StrongEncryptionFlag),
        (u64::from(MASKED), Code::MaskedHeaderFlag),
    ] {
        if flags & bit != 0 {
            tell(code, at, Value::None, flags.into());
        }
    }
    // Of two equal odd values one issue is enough.
    let mut odd = |values: [Option<u64>; 2], code, is: fn(u64) -> bool| {
        if let Some(value) = values.into_iter().flatten().find(|&value| is(value)) {
            tell(code, at, Value::None, value.into());
        }
    };
    odd(both(|c| c.method.into(), |l| l.method.into()), Code::MethodUnknown, |m| !is_listed(m));
    odd(both(|c| c.version_needed.into(), |l| l.version_needed.into()), Code::VersionUnsupported, |v| v as u8 > MAX_VERSION);

    let (size, compressed) = match (&entry.central, &entry.local) {
        (Some(central), _) => (central.size, central.compressed),
        (None, Some(local)) => (local.size, local.compressed),
        (None, None) => (0, 0),
    };
    let reaches = |ratio: u64, from: u64| size >= from && size / ratio.max(1) >= compressed;
    if reaches(limits.max_ratio, limits.min_bomb_size) || reaches(limits.impossible_ratio, limits.min_ratio_size) {
        tell(Code::RatioDeclared, at, compressed.into(), size.into());
    }
    let end = entry.data_offset.saturating_add(compressed);
    if end > entry.input_size {
        tell(Code::DataTruncated, entry.data_offset, end.into(), entry.input_size.into());
    }
    // A deflated nothing is two bytes.
    if entry.name().ends_with(b"/") && size != 0 {
        tell(Code::DirectoryWithData, at, 0u64.into(), size.into());
    }
    match entry.unix_mode().map(|mode| (mode, mode & 0o170000)) {
        Some((mode, 0o120000)) => tell(Code::Symlink, at, Value::None, mode.into()),
        Some((mode, 0o010000 | 0o020000 | 0o060000 | 0o140000)) => tell(Code::SpecialFile, at, Value::None, mode.into()),
        _ => {}
    }
}

/// Methods that the specification lists (4.4.5), but for 99.
fn is_listed(method: u64) -> bool {
    matches!(method, 0..=10 | 12 | 14 | 16 | 18..=20 | 93..=98)
}

fn check_name(entry: &Entry, tell: Tell) {
    let at = entry.offset();
    let central = entry.central.as_ref().map(|c| (&c.name, &c.extra, c.flags));
    let local = entry.local.as_ref().map(|l| (&l.name, &l.extra, l.flags));
    let second = local.filter(|l| central.is_none_or(|c| c.0 != l.0));
    for (name, _, flags) in [central, second].into_iter().flatten() {
        for code in oddities(name) {
            let expected = match code {
                Code::NameNotUtf8 => u64::from(flags & UTF8 != 0).into(),
                _ => Value::None,
            };
            tell(code, at, expected, name.as_slice().into());
        }
    }
    // Info-ZIP Unicode Path: version (1 byte), CRC-32 of the header's name (4 bytes), name in UTF-8.
    let unicode = |(name, area, _): (&Vec<u8>, &Vec<u8>, u16)| {
        let path = extra::find(area, extra::UNICODE_PATH)?.get(5..)?;
        // A name that is not ASCII is in some legacy encoding, which is what the field is for.
        (path != name.as_slice() && name.is_ascii()).then(|| (name.clone(), path.to_vec()))
    };
    if let Some((name, path)) = [central, local].into_iter().flatten().find_map(unicode) {
        tell(Code::UnicodePathMismatch, at, name.as_slice().into(), path.as_slice().into());
    }
}
