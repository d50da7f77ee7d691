//! Pins, written into the user's own configuration file. They are read from there as every setting is.
//!
//! ```toml
//! [plugins.pins]
//! acme = "5f2c…"      # the SHA-256 of the library that may be opened under this id
//! ```

use crate::Failure;
use crate::config::find::{NAME, user_folder};
use crate::terminal::Writer;
use anyhow::anyhow;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TableLike};
use weighbridge_core::host::Library;

/// Writes the pin of a library, in place of the one that its plugin had. The answer is the file that it stands in.
pub fn add(library: &Library) -> Result<PathBuf, Failure> {
    edit(|document| {
        pins(document)?.insert(&library.id, toml_edit::value(&library.sha256));
        Ok(())
    })
}

/// Takes the pin of a plugin away; whether there was one.
pub fn remove(id: &str) -> Result<bool, Failure> {
    let mut had = false;
    edit(|document| {
        had = pins(document)?.remove(id).is_some();
        Ok(())
    })?;
    Ok(had)
}

/// The table of pins, made where there is none.
fn pins(document: &mut DocumentMut) -> Result<&mut dyn TableLike, String> {
    let implicit = || {
        let mut section = Table::new();
        section.set_implicit(true);
        Item::Table(section)
    };
    let section = document.entry("plugins").or_insert_with(implicit).as_table_like_mut().ok_or("`plugins` is not a table")?;
    section.entry("pins").or_insert_with(|| Item::Table(Table::new())).as_table_like_mut().ok_or_else(|| "`plugins.pins` is not a table".into())
}

/// Changes the file, and nothing in it but what is to be changed.
fn edit(change: impl FnOnce(&mut DocumentMut) -> Result<(), String>) -> Result<PathBuf, Failure> {
    let Some(folder) = user_folder() else {
        return Err(Failure::Usage(anyhow!("there is no place for pins: neither XDG_CONFIG_HOME nor HOME is an absolute path")));
    };
    let path = folder.join(NAME);
    let refuse = |message: String| Failure::Usage(anyhow!("{}: {message}", crate::text::escape(&path.to_string_lossy())));
    let text = if path.exists() { fs::read_to_string(&path).map_err(|error| refuse(format!("it cannot be read: {error}")))? } else { String::new() };
    let mut document: DocumentMut = text.parse().map_err(|error| refuse(format!("it is not TOML, and was left as it is: {error}")))?;
    change(&mut document).map_err(refuse)?;
    let changed = document.to_string();
    if changed == text {
        return Ok(path);
    }
    create(&folder).map_err(|error| refuse(format!("its folder cannot be made: {error}")))?;
    let mut writer = Writer::file(&path).map_err(|error| refuse(format!("it cannot be written: {error}")))?;
    writer.write_all(changed.as_bytes())?;
    writer.finish()?;
    Ok(path)
}

/// Folders that are made for the configuration are the user's alone.
fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A hash as it is compared: 64 hexadecimal digits in lower case.
pub fn sha256(text: &str) -> Result<String, String> {
    if crate::config::is_sha256(text) { Ok(text.to_ascii_lowercase()) } else { Err("it is no SHA-256: 64 hexadecimal digits".into()) }
}
