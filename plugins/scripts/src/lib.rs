//! Scripts, sources and recipes that lie beside models, and what is compiled or linked in their place: shell scripts and makefiles, Lua, R, Java,
//! Dockerfiles, Ollama's Modelfiles, compiled chunks of Lua, shortcuts of Windows.
//!
//! Nothing loads them with a model; who downloads one runs them, or builds with them. A script is its text, and what it calls are names in it; none of them
//! is followed. Scripts that name their interpreter (`#!`) are `executable`'s, and Python's are `python`'s.
//!
//! Lua's chunks: `ldump.c` of <https://www.lua.org/source/>, and <https://github.com/LuaJIT/LuaJIT/blob/v2.1/src/lj_bcdump.h>. Shortcuts:
//! <https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-shllink>. Languages and recipes: see the modules.

mod calls;
mod kind;
mod limits;
mod recipe;

use kind::Kind;
use weighbridge_parse_strings as strings;
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, magic, read_up_to, reads, strs};

struct Scripts;

impl Scanner for Scripts {
    const ABOUT: About = About {
        id: "scripts",
        name: "Scripts, sources and recipes beside models",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        // In the order of `Kind`.
        formats: &[
            &format("shell-script", "Shell script, batch file, makefile", abi::FORMAT_PROBE_ALWAYS, &[], strs!["ps1", "cmd", "mk"]),
            &format("lua-source", "Lua source", abi::FORMAT_PROBE_ALWAYS, &[], strs!["lua"]),
            &format("lua-bytecode", "Compiled chunk of Lua or LuaJIT", 0, &[magic(b"\x1bLua"), magic(b"\x1bLJ")], strs!["luac"]),
            &format("r-source", "R source", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &format("java-source", "Source of Java and its relatives", abi::FORMAT_PROBE_ALWAYS, &[], strs!["java"]),
            &format("dockerfile", "Dockerfile", abi::FORMAT_PROBE_ALWAYS, &[], strs!["dockerfile"]),
            &format("modelfile", "Ollama Modelfile", abi::FORMAT_PROBE_ALWAYS, &[], strs!["modelfile"]),
            &format("windows-shortcut", "Shortcut of Windows", 0, &[magic(b"L\0\0\0\x01\x14\x02\0")], strs!["lnk"]),
        ],
        kinds: kinds! {
            "binary" => ["type"],
            "code" => ["language", "names", "text", "runs"],
            "metadata" => ["key", "value"],
            "reference" => ["role", "target", "mechanism", "object"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [abi::FormatReads] = &[
        reads("dockerfile", "every instruction: what is run, fetched and installed", ""),
        reads("java-source", "the names that are called; the first 32 KiB as text", ""),
        reads("lua-bytecode", "the texts of the first 1 MiB: names that the chunk looks up, and what it hands on", ""),
        reads("lua-source", "the names that are called; the first 32 KiB as text", ""),
        reads("modelfile", "every instruction: models and adapters, templates, prompts", ""),
        reads("r-source", "the names that are called; the first 32 KiB as text", ""),
        reads("shell-script", "the first 32 KiB", ""),
        reads("windows-shortcut", "the texts of the first 64 KiB", ""),
    ];

    fn new() -> Self {
        Scripts
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        Ok(match kind::kind(input)? {
            Some(kind @ (Kind::Chunk | Kind::Shortcut)) => Probe::certain(0).of(kind as u32),
            // Text may be read as something else too.
            Some(kind) => Probe::likely(0).of(kind as u32),
            None => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let kind = Kind::of(input.format());
        let size = input.size();
        // Texts in any of them may hold what is encoded; scripts carry whole files behind themselves.
        input.region(Region::Payload, 0, size)?;
        match kind {
            Kind::Chunk => {
                let text = texts(input, limits::CHUNK)?;
                let names = words(&text);
                let fact = Fact::new("code").text("language", "lua").texts("names", &names, names.len() as u64).text("text", shown(&text));
                input.emit(&fact.text("runs", "use").at(0, size))?;
                return Ok(());
            }
            Kind::Shortcut => {
                input.emit(&Fact::new("binary").text("type", "shortcut").at(0, size.min(76)))?;
                return script(input, &texts(input, limits::SHORTCUT)?).map_err(Failure::Stop);
            }
            _ => {}
        }
        let bytes = read_up_to(input, 0, limits::SOURCE)?;
        input.poll(bytes.len() as u64 / 8)?;
        let text = decoded(&bytes);
        match kind {
            Kind::Dockerfile => recipe::docker(input, &text)?,
            Kind::Modelfile => recipe::model(input, &text)?,
            _ => source(input, kind, &text)?,
        }
        if (bytes.len() as u64) < size {
            let (expected, found) = (limits::SOURCE.to_string(), size.to_string());
            let fact = Fact::anomaly("limit-size").text("expected", &expected).text("found", &found);
            input.emit(&fact.at(bytes.len() as u64, size - bytes.len() as u64))?;
            return Err(Failure::Unsupported);
        }
        Ok(())
    }
}

/// PowerShell and batch files may be in UTF-16.
fn decoded(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        // In a single-byte encoding every byte is a character.
        _ => std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned),
    }
}

fn source(input: &Input<'_>, kind: Kind, text: &str) -> Result<(), Stop> {
    let language = match kind {
        Kind::Lua => "lua-source",
        Kind::R => "r-source",
        Kind::Java => "java-source",
        _ => return script(input, text),
    };
    let calls = calls::calls(text, kind);
    if calls.total > 0 {
        let runs = if kind::runs_at_start(input.name()) { "load" } else { "use" };
        let fact = Fact::new("code").text("language", language).texts("names", &calls.names, calls.total).text("runs", runs);
        input.emit(&fact.at(0, input.size()))?;
    }
    script(input, text)
}

/// A script is its text.
fn script(input: &Input<'_>, text: &str) -> Result<(), Stop> {
    let fact = Fact::new("text").text("role", "script").text_cut("value", shown(text), text.len() as u64);
    input.emit(&fact.at(0, input.size().min(limits::SCRIPT as u64))).map(drop)
}

fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::SCRIPT.min(text.len()))]
}

/// The texts in a file that is none, a line each.
fn texts(input: &Input<'_>, most: u64) -> Result<String, Stop> {
    let mut text = String::new();
    strings::runs(input, 0, most, limits::SHORTEST, |run| {
        if text.len() < limits::SCRIPT {
            text.push_str(run.text);
            text.push('\n');
        }
        Ok(())
    })?;
    Ok(text)
}

/// The names in the texts of a chunk.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).filter(|word| word.len() > 1);
    let mut names: Vec<String> = Vec::new();
    for word in parts {
        if names.len() < limits::NAMES && !names.iter().any(|known| known == word) {
            names.push(word.to_owned());
        }
    }
    names
}

weighbridge_sdk::export!(weighbridge_plugin_scripts = Scripts);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_windows_may_be_wide() {
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("iex".bytes().flat_map(|byte| [byte, 0])).collect();
        assert_eq!(decoded(&wide), "iex");
        assert_eq!(decoded(b"\xe9"), "\u{e9}");
    }
}
