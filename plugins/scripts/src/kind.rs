//! What a file is: by its name, as whoever runs it goes by the name too, and recipes by what their lines begin with.

use crate::limits;
use weighbridge_sdk::{Input, ReadAt, Stop, read_up_to};

/// The formats, as the descriptor lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Shell = 0,
    Lua = 1,
    Chunk = 2,
    R = 3,
    Java = 4,
    Dockerfile = 5,
    Modelfile = 6,
    Shortcut = 7,
}

impl Kind {
    pub fn of(index: u64) -> Kind {
        use Kind::{Chunk, Dockerfile, Java, Lua, Modelfile, R, Shell, Shortcut};
        [Shell, Lua, Chunk, R, Java, Dockerfile, Modelfile, Shortcut].into_iter().find(|kind| *kind as u64 == index).unwrap_or(Shell)
    }
}

/// Files that a shell, or R, reads by itself when it starts in a folder or for a user.
const AT_START: [&str; 9] = [".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", ".envrc", ".rprofile", "rprofile.site", "profile.ps1"];

const SHELL: [&str; 12] = ["sh", "bash", "zsh", "ksh", "fish", "ps1", "psm1", "bat", "cmd", "vbs", "mk", "command"];

/// Whether a program reads the file by itself when it starts.
pub(crate) fn runs_at_start(name: &str) -> bool {
    AT_START.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What the name says.
fn named(name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    Some(match () {
        () if matches!(name.as_str(), ".rprofile" | "rprofile.site") => Kind::R,
        () if runs_at_start(&name) || matches!(name.as_str(), "makefile" | "gnumakefile") => Kind::Shell,
        () if matches!(stem, "dockerfile" | "containerfile") || matches!(name.as_str(), "dockerfile" | "containerfile") => Kind::Dockerfile,
        () if matches!(extension, "dockerfile" | "containerfile") => Kind::Dockerfile,
        () if stem == "modelfile" || name == "modelfile" || extension == "modelfile" => Kind::Modelfile,
        () if extension == "lua" => Kind::Lua,
        () if extension == "r" => Kind::R,
        () if matches!(extension, "java" | "scala" | "kt" | "groovy") => Kind::Java,
        () if SHELL.contains(&extension) => Kind::Shell,
        () => return None,
    })
}

/// The first words of the lines that are no comments. Those of recipes are written in capitals; a text that only could be one is none.
fn instructions(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().next().unwrap_or(""))
}

/// A recipe by what it consists of: `FROM`, and an instruction that only one of the two has.
fn recipe(text: &str) -> Option<Kind> {
    let first = instructions(text).find(|word| *word != "ARG")?;
    if first != "FROM" {
        return None;
    }
    for word in instructions(text) {
        match word {
            "TEMPLATE" | "PARAMETER" | "SYSTEM" | "ADAPTER" | "MESSAGE" => return Some(Kind::Modelfile),
            "RUN" | "CMD" | "ENTRYPOINT" | "COPY" | "WORKDIR" => return Some(Kind::Dockerfile),
            _ => {}
        }
    }
    None
}

/// `LinkFileHeader`: its size, and the class that shortcuts are of (MS-SHLLINK, 2.1).
const SHORTCUT: &[u8] = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F";

/// A chunk that Lua 5.1 to 5.4 or LuaJIT compiled: the signature, the version, the format.
fn is_chunk(head: &[u8]) -> bool {
    matches!(head, [0x1b, b'L', b'u', b'a', 0x50..=0x54, 0, ..] | [0x1b, b'L', b'J', 1 | 2, 0..=15, ..])
}

pub(crate) fn kind(input: &Input<'_>) -> Result<Option<Kind>, Stop> {
    if input.carved() || input.size() == 0 {
        return Ok(None);
    }
    let head = read_up_to(input, 0, 64)?;
    if head.starts_with(SHORTCUT) {
        return Ok(Some(Kind::Shortcut));
    }
    if is_chunk(&head) {
        return Ok(Some(Kind::Chunk));
    }
    // What says its interpreter is a script to others.
    if head.starts_with(b"#!") {
        return Ok(None);
    }
    let named = named(input.name());
    let may = named.is_some() || head.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'#' | b'F' | b'f' | b'A' | b'a'));
    if !may {
        return Ok(None);
    }
    let head = read_up_to(input, 0, limits::HEAD)?;
    let text = String::from_utf8_lossy(&head);
    let wide = head.starts_with(b"\xff\xfe");
    // Shells and builders pass over zeros behind a text; a file of another kind has them before.
    let text_first = head.iter().position(|byte| *byte == 0).is_none_or(|zero| zero >= limits::TEXT_FIRST);
    if !wide && (!text_first || text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count() > head.len() / 16) {
        return Ok(None);
    }
    Ok(named.or_else(|| recipe(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_names() {
        for (name, kind) in [
            ("train.lua", Some(Kind::Lua)),
            ("fit.R", Some(Kind::R)),
            (".Rprofile", Some(Kind::R)),
            ("Dockerfile", Some(Kind::Dockerfile)),
            ("Dockerfile.gpu", Some(Kind::Dockerfile)),
            ("Modelfile", Some(Kind::Modelfile)),
            ("llama.modelfile", Some(Kind::Modelfile)),
            ("Makefile", Some(Kind::Shell)),
            ("run.ps1", Some(Kind::Shell)),
            ("Model.java", Some(Kind::Java)),
            ("model.bin", None),
            ("r", None),
        ] {
            assert_eq!(named(name), kind, "{name}");
        }
    }

    #[test]
    fn recipes_are_known_by_their_instructions() {
        assert_eq!(recipe("# x\nFROM python:3\nRUN pip install x\n"), Some(Kind::Dockerfile));
        assert_eq!(recipe("FROM ./m.gguf\nPARAMETER stop \"x\"\n"), Some(Kind::Modelfile));
        assert_eq!(recipe("From the beginning\nrun away\n"), None);
        assert_eq!(recipe("select a from b"), None);
    }
}
