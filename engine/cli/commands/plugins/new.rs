//! `weighbridge plugins new`: a folder with a plugin that works, to be changed into one for another format.

use crate::args::{Language, PluginsNewArgs};
use crate::terminal::Writer;
use crate::text::escape;
use crate::{Done, Failure, bundle, exit};
use anyhow::anyhow;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use weighbridge_core::host::Registry;

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Files of a plugin in C: where each goes, and what is in it.
const C: &[(&str, &str)] = &[
    ("@ID@.c", include_str!("template/c/plugin.c")),
    ("Makefile", include_str!("template/c/Makefile")),
    ("README.md", include_str!("template/c/README.md")),
    ("weighbridge.h", weighbridge_abi::HEADER),
];

/// Files of a plugin in Rust.
const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("template/rust/Cargo.toml")),
    ("src/lib.rs", include_str!("template/rust/lib.rs")),
    ("README.md", include_str!("template/rust/README.md")),
    (".gitignore", "/target\n"),
];

/// Makes the folder.
pub fn run(args: &PluginsNewArgs) -> Done {
    let id = id(&args.name).map_err(Failure::Usage)?;
    let folder = args.dir.join(&id);
    let fail = |error: io::Error| Failure::Usage(anyhow!("cannot make {}: {error}", escape(&folder.to_string_lossy())));
    fs::create_dir(&folder).map_err(fail)?;
    let magic: String = id.chars().chain("0000".chars()).filter(|c| *c != '_').take(4).collect::<String>().to_ascii_uppercase();
    // Ids of formats are words with hyphens between them, as in reports.
    let format = id.replace('_', "-");
    let fill = |text: &str| {
        text.replace("@ID@", &id).replace("@FORMAT@", &format).replace("@MAGIC@", &magic).replace("@VERSION@", env!("CARGO_PKG_VERSION"))
    };
    let files = match args.lang {
        Language::C => C,
        Language::Rust => RUST,
    };
    for (path, text) in files {
        // The header is handed on as it is.
        let text = if *path == "weighbridge.h" { (*text).to_owned() } else { fill(text) };
        write(&folder.join(fill(path)), text.as_bytes()).map_err(fail)?;
    }
    if args.lang == Language::Rust {
        for (path, text) in SDK {
            write(&folder.join("weighbridge").join(path), text.as_bytes()).map_err(fail)?;
        }
    }
    let model = [magic.as_bytes(), b"\x02\x05hello\x05world"].concat();
    write(&folder.join(format!("fixtures/benign-words.{id}")), &model).map_err(fail)?;
    write(&folder.join(format!("fixtures/malformed-truncated.{id}")), &model[..model.len() - 3]).map_err(fail)?;

    let mut out = Writer::stdout();
    let (build, library) = match args.lang {
        Language::C => ("make", format!("{id}.so")),
        Language::Rust => ("cargo build --release", format!("target/release/lib{id}.{}", std::env::consts::DLL_EXTENSION)),
    };
    writeln!(out, "made {}: a plugin for files that begin with {magic}. Next:", escape(&folder.to_string_lossy()))?;
    writeln!(out, "  cd {}\n  {build}", escape(&folder.to_string_lossy()))?;
    writeln!(out, "  weighbridge inspect --allow-unpinned --plugin {library} fixtures/benign-words.{id}")?;
    writeln!(out, "  weighbridge plugins check {library} --fixtures fixtures")?;
    out.finish()?;
    Ok(exit::CLEAN)
}

/// A name as an id: `-` may stand for `_`.
fn id(name: &str) -> anyhow::Result<String> {
    let id = name.replace('-', "_");
    let plain = id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain || id.len() > 64 {
        return Err(anyhow!(
            "`{}` cannot be the id of a plugin: lower-case letters, digits and _, a letter first, as in `acme_tensors`",
            escape(name)
        ));
    }
    let mut builtin = Registry::default();
    for plugin in bundle::plugins() {
        builtin.add_builtin(plugin)?;
    }
    if builtin.plugins().iter().any(|plugin| plugin.id == id) {
        return Err(anyhow!("`{id}` is the id of a built-in plugin, and two of one id are both refused: choose another name"));
    }
    Ok(id)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}
