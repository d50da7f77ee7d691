//! What is built in: the files of `rules/`, as the build script finds them there.

use super::compact;
use super::error::{PackError, RulesError};
use super::read::{Problems, Table};
use std::sync::Arc;

/// A file of `rules/`.
pub struct Builtin {
    /// Its name without extension: of a pack, its id.
    pub id: &'static str,
    /// As it is written.
    pub text: &'static str,
    /// The same in compact form, without examples.
    compact: &'static [u8],
    /// The texts of that form.
    texts: &'static str,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

impl Builtin {
    /// The pack of that id.
    pub fn pack(id: &str) -> Option<&'static Builtin> {
        PACKS.binary_search_by_key(&id, |pack| pack.id).ok().map(|at| &PACKS[at])
    }

    /// What it is called in messages.
    pub fn origin(&self) -> String {
        format!("built-in:{}.toml", self.id)
    }

    /// What it says, without examples and places.
    pub fn table(&self) -> Option<Table<'static>> {
        compact::read(self.compact, self.texts).map(|entries| Table::new(entries, 0..0, "this file"))
    }

    /// What is read of it. An error is a mistake in `rules/`, which the tests would have shown.
    pub fn read<T>(&self, read: impl FnOnce(Table<'_>, &mut Problems) -> T) -> Result<T, RulesError> {
        let mut problems = Problems::new();
        let table = self.table().or_else(|| Table::parse(self.text, "this file", &mut problems));
        match table.map(|table| read(table, &mut problems)) {
            Some(read) if problems.is_empty() => Ok(read),
            _ => Err(RulesError::Pack(Box::new(PackError::new(&self.origin(), &Arc::from(self.text), problems)))),
        }
    }
}
