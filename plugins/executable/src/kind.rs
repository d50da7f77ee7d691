//! What a program is, by its header.

use weighbridge_sdk::{Input, Stop};

/// The first half of the EICAR file; the whole is nowhere in this program, which would be taken for it.
pub(crate) const EICAR: &[u8] = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$";
const EICAR_REST: &[u8] = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!";

/// Beginnings of Cosmopolitan's portable executables: a DOS header, or none, and a script of the shell in one.
/// <https://github.com/jart/cosmopolitan/blob/master/ape/specification.md>.
pub(crate) const APE: [&[u8]; 3] = [b"MZqFpD='", b"jartsr='", b"APEDBG='"];

/// What follows `MZ` in every program that a linker for Windows wrote: bytes on the last page, pages, relocations, and so on.
const DOS_HEADER: &[u8] = b"\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
/// What the program for DOS in such a file prints.
const DOS_PROGRAM: &[u8] = b"This program cannot be run in DOS mode";

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What the beginning of a file says that it is.
pub(crate) fn kind(head: &[u8], input: &Input<'_>) -> Result<Option<&'static str>, Stop> {
    Ok(match head {
        head if APE.iter().any(|magic| head.starts_with(magic)) => Some("ape"),
        // e_ident: magic, class 1 or 2, data 1 or 2, version 1. What follows may be a lie, or be put right by what starts the program.
        [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..] => Some("elf"),
        [0x7f, b'E', b'L', b'F', ..] if !input.carved() => Some("elf"),
        // e_lfanew at 0x3c leads to "PE\0\0", or "NE", "LE", "LX" before Windows NT.
        [b'M', b'Z', ..] => {
            let Some(at) = head.get(0x3c..0x40).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes) else { return Ok(None) };
            match input.array::<4>(u64::from(at))? {
                Some([b'P', b'E', 0, 0] | [b'N' | b'L', b'E', ..] | [b'L', b'X', ..]) => Some("pe"),
                // The header of DOS that linkers write, or what the program in it says.
                _ => (head[2..].starts_with(DOS_HEADER) || contains(head, DOS_PROGRAM)).then_some("pe"),
            }
        }
        // magic, cputype, cpusubtype, filetype 1 to 12.
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, _, _, _, cpu, _, _, _, _, kind @ 1..=12, 0, 0, 0, ..] if *kind > 0 && matches!(cpu, 0 | 1) => Some("macho"),
        [0xfe, 0xed, 0xfa, 0xcf | 0xce, 0 | 1, _, _, _, _, _, _, _, 0, 0, 0, 1..=12, ..] => Some("macho"),
        // A fat binary has few architectures; 0xcafebabe with more is a Java class.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, 1..=18, 0 | 1, ..] => Some("macho"),
        [b'#', b'!', rest @ ..] => (interpreter(rest) && (!input.carved() || written(rest))).then_some("script"),
        head if head.starts_with(EICAR) && head[EICAR.len()..].starts_with(EICAR_REST) => Some("eicar"),
        _ => None,
    })
}

/// A header of a program whose numbers say nothing: what calls itself a llamafile may have one.
pub(crate) fn is_magic(head: &[u8]) -> bool {
    let first: &[&[u8]] = &[b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];
    first.iter().chain(&APE).any(|magic| head.starts_with(magic))
}

/// `#!`, blanks, an absolute path, up to the end of the line.
fn interpreter(rest: &[u8]) -> bool {
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or(&[]).trim_ascii();
    rest.len() > line.len() && line.first() == Some(&b'/') && line.len() > 2 && line.iter().all(|byte| (0x20..0x7f).contains(byte))
}

/// Bytes behind the first line of a script among numbers that have to be text too.
const WRITTEN: usize = 32;

/// Whether a first line among other bytes is one that somebody wrote: a path of some folders, and text behind it. Two of four bytes of weights are `#!` now and then.
fn written(rest: &[u8]) -> bool {
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (line, behind) = (rest[..end].trim_ascii(), &rest[end..rest.len().min(end + WRITTEN)]);
    let path = line.split(|byte| *byte == b' ').next().unwrap_or(&[]);
    let letters = path.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'.'));
    letters
        && path.iter().filter(|byte| **byte == b'/').count() >= 2
        && behind.iter().all(|byte| *byte >= 0x20 || byte.is_ascii_whitespace() || *byte == 0)
}

/// Whether a program is called what it is, and so is no secret: `own` of a file by itself, `library` of a native library in a container.
pub(crate) fn named(input: &Input<'_>, kind: &str) -> &'static str {
    let name = input.name().to_ascii_lowercase();
    let has = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let right = match kind {
        // Libraries may carry a version behind their ending; programs of Unix have none.
        "elf" | "macho" => is_library(&name) || !name.contains('.'),
        "pe" => is_library(&name) || has(&[".exe", ".sys"]),
        "ape" => has(&[".com", ".exe", ".ape"]) || !name.contains('.'),
        "script" => has(&[".sh", ".bash", ".py", ".pl", ".rb", ".bat"]) || !name.contains('.'),
        _ => false,
    };
    if !right || input.carved() {
        return "";
    }
    // What lies in a container has an encoding.
    match input.encoding().is_empty() {
        true => "own",
        false if kind != "script" && is_library(&name) => "library",
        false => "",
    }
}

/// Whether a name, in lower case, is that of a library.
pub(crate) fn is_library(name: &str) -> bool {
    [".so", ".dylib", ".o", ".a", ".ko", ".dll", ".pyd", ".node"].iter().any(|ending| name.ends_with(ending)) || name.contains(".so.")
}
