//! Programs among models: ELF, PE, Mach-O and scripts, and the test file of virus scanners. Recognised by their headers, not read further.
//!
//! ELF: <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>. PE: <https://learn.microsoft.com/windows/win32/debug/pe-format>.
//! Mach-O: `mach-o/loader.h` and `mach-o/fat.h`. EICAR: <https://www.eicar.org/download-anti-malware-testfile/>.

use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, read_up_to, strs};

/// The first half of the EICAR file; the whole is nowhere in this program, which would be taken for it.
const EICAR: &[u8] = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$";
const EICAR_REST: &[u8] = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!";

/// Bytes that identification looks at.
const HEAD: usize = 1 << 10;

struct Executable;

/// What the beginning of a file says that it is.
fn kind(head: &[u8], input: &Input<'_>) -> Result<Option<&'static str>, Stop> {
    Ok(match head {
        // e_ident: magic, class 1 or 2, data 1 or 2, version 1; then e_type 1 to 4 and e_version 1.
        [0x7f, b'E', b'L', b'F', 1 | 2, order @ (1 | 2), 1, ..] => {
            let number = |at: usize| {
                head.get(at..at + 2).map(|b| if *order == 1 { u16::from_le_bytes([b[0], b[1]]) } else { u16::from_be_bytes([b[0], b[1]]) })
            };
            number(16).filter(|kind| (1..=4).contains(kind) || *kind >= 0xfe00).map(|_| "elf")
        }
        // e_lfanew at 0x3c leads to "PE\0\0", or "NE", "LE", "LX" before Windows NT.
        [b'M', b'Z', ..] => {
            let Some(at) = head.get(0x3c..0x40).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes) else { return Ok(None) };
            match input.array::<4>(u64::from(at))? {
                Some([b'P', b'E', 0, 0] | [b'N' | b'L', b'E', ..] | [b'L', b'X', ..]) => Some("pe"),
                _ => None,
            }
        }
        // magic, cputype, cpusubtype, filetype 1 to 12.
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, _, _, _, cpu, _, _, _, _, kind @ 1..=12, 0, 0, 0, ..] if *kind > 0 && matches!(cpu, 0 | 1) => Some("macho"),
        [0xfe, 0xed, 0xfa, 0xcf | 0xce, 0 | 1, _, _, _, _, _, _, _, 0, 0, 0, 1..=12, ..] => Some("macho"),
        // A fat binary has few architectures; 0xcafebabe with more is a Java class.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, 1..=18, 0 | 1, ..] => Some("macho"),
        [b'#', b'!', rest @ ..] => interpreter(rest).then_some("script"),
        head if head.starts_with(EICAR) && head[EICAR.len()..].starts_with(EICAR_REST) => Some("eicar"),
        _ => None,
    })
}

/// `#!`, blanks, an absolute path, up to the end of the line.
fn interpreter(rest: &[u8]) -> bool {
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or(&[]).trim_ascii();
    rest.len() > line.len() && line.first() == Some(&b'/') && line.len() > 2 && line.iter().all(|byte| (0x20..0x7f).contains(byte))
}

/// Whether a file by itself is called what it is: a library or a program is then no secret.
fn is_named(input: &Input<'_>, kind: &str) -> bool {
    let name = input.name().to_ascii_lowercase();
    let has = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let right = match kind {
        // Libraries may carry a version behind their ending; programs of Unix have none.
        "elf" | "macho" => has(&[".so", ".dylib", ".o", ".ko"]) || name.contains(".so.") || !name.contains('.'),
        "pe" => has(&[".exe", ".dll", ".pyd", ".sys"]),
        "script" => has(&[".sh", ".bash", ".py", ".pl", ".rb", ".bat"]) || !name.contains('.'),
        _ => false,
    };
    // What lies in a container has an encoding.
    right && input.encoding().is_empty() && !input.carved()
}

impl Scanner for Executable {
    const ABOUT: About = About {
        id: "executable",
        name: "Executables and scripts",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format(
            "executable",
            "Executable or script (ELF, PE, Mach-O, #!)",
            0,
            &[
                magic(b"\x7fELF"),
                magic(b"MZ"),
                magic(b"\xcf\xfa\xed\xfe"),
                magic(b"\xce\xfa\xed\xfe"),
                magic(b"\xfe\xed\xfa"),
                magic(b"\xca\xfe\xba"),
                magic(b"#!"),
                magic(EICAR),
            ],
            strs!["exe", "dll", "so", "dylib", "sh", "bat"],
        )],
        kinds: kinds! { "binary" => ["type", "named"] },
        limits: &[],
    };

    fn new() -> Self {
        Executable
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, HEAD)?;
        Ok(if kind(&head, input)?.is_some() { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let head = read_up_to(input, 0, HEAD)?;
        if let Some(kind) = kind(&head, input)? {
            let named = if is_named(input, kind) { "own" } else { "" };
            let fact = Fact::new("binary").text("type", kind).text_if("named", named);
            input.emit(&fact.at(0, input.size().min(HEAD as u64)))?;
        }
        // What a program does is not read; that there is one is what there is to say.
        input.region(Region::Structure, 0, input.size())?;
        Ok(())
    }
}

weighbridge_sdk::export!(weighbridge_plugin_executable = Executable);
