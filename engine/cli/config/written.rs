//! `weighbridge.toml` as it is written: every value with its place, nothing looked up yet.

use super::settings::{SETTINGS, Setting};
use std::ops::Range;
use toml::Spanned;
use weighbridge_core::rules::read::{Key, Node, Problems, Table};

/// A file.
#[derive(Default)]
pub struct Written<'t> {
    /// Settings that have one value.
    pub values: Vec<(&'static Setting, Node<'t>)>,
    /// `[plugins]`
    pub plugins: Option<Plugins<'t>>,
    /// `[[suppress]]`
    pub suppressions: Vec<Suppress<'t>>,
}

/// `[[suppress]]`: findings that somebody has looked at.
pub struct Suppress<'t> {
    pub span: Range<usize>,
    pub fingerprint: Option<Spanned<String>>,
    pub rule: Option<Spanned<String>>,
    pub path: Option<Spanned<String>>,
    pub sha256: Option<Spanned<String>>,
    pub size: Option<Spanned<u64>>,
    pub reason: Spanned<String>,
    pub owner: Spanned<String>,
    pub expires: Option<Node<'t>>,
}

/// `[plugins]`: which libraries read files.
pub struct Plugins<'t> {
    pub span: Range<usize>,
    pub builtin: Option<bool>,
    pub folders: Vec<Spanned<String>>,
    pub files: Vec<Spanned<String>>,
    pub pins: Vec<(Key<'t>, Node<'t>)>,
}

impl<'t> Written<'t> {
    /// Reads a text; what is wrong with it goes to `problems`.
    pub fn read(text: &'t str, problems: &mut Problems) -> Self {
        let mut written = Written::default();
        let Some(mut root) = Table::parse(text, "a configuration", problems) else { return written };
        let mut tables: Vec<(&str, Table<'t>)> = Vec::new();
        for setting in SETTINGS {
            let (table, key) = setting.key();
            if table.is_empty() {
                written.values.extend(root.take(key).map(|node| (setting, node)));
                continue;
            }
            if !tables.iter().any(|(name, _)| *name == table) {
                tables.extend(root.table(table, problems).map(|found| (table, found)));
            }
            if let Some((_, found)) = tables.iter_mut().find(|(name, _)| *name == table) {
                written.values.extend(found.take(key).map(|node| (setting, node)));
            }
        }
        tables.into_iter().for_each(|(_, table)| table.finish(problems));
        written.plugins = root.table("plugins", problems).map(|table| plugins(table, problems));
        let tables = root.tables("suppress", "a suppression", problems);
        written.suppressions = tables.into_iter().map(|table| suppress(table, problems)).collect();
        root.finish(problems);
        written
    }
}

fn plugins<'t>(mut table: Table<'t>, problems: &mut Problems) -> Plugins<'t> {
    let plugins = Plugins {
        span: table.span(),
        builtin: table.flag("builtin", problems),
        folders: table.texts("folders", problems),
        files: table.texts("files", problems),
        pins: table.table("pins", problems).map(Table::into_entries).unwrap_or_default(),
    };
    table.finish(problems);
    plugins
}

fn suppress<'t>(mut table: Table<'t>, problems: &mut Problems) -> Suppress<'t> {
    let suppress = Suppress {
        span: table.span(),
        fingerprint: table.text("fingerprint", problems),
        rule: table.text("rule", problems),
        path: table.text("path", problems),
        sha256: table.text("sha256", problems),
        size: table.number("size", problems),
        reason: table.required_text("reason", problems),
        owner: table.required_text("owner", problems),
        expires: table.take("expires"),
    };
    if suppress.expires.is_none() {
        problems.push(table.missing("expires").help("the last day on which it holds, as expires = 2030-12-31"));
    }
    table.finish(problems);
    suppress
}
