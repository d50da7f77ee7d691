//! A catalogue: a very long list of admitted names that is looked up as it stands, without being read first.
//!
//! One line for each module, sorted by bytes. Columns are separated by tabs, names in a column by spaces:
//!
//! ```text
//! module TAB new TAB called TAB enumeration TAB exception TAB imported
//! ```
//! Names of the first column may be made without their constructor, those of the next three may be called, those of the last imported.

use super::allow::{Admitted, AllowEntry, Calls, Meant};
use super::callable::Callable;
use super::names::{Names, prefixes};
use memchr::memmem;
use std::sync::Arc;

/// What the columns admit: calls, and the reason that is given.
const COLUMNS: [(Calls, &str); 5] = [
    (Calls::New, "class without code of its own when it is restored"),
    (Calls::Any, "what objects of the library reduce to"),
    (Calls::Any, "enumeration"),
    (Calls::Any, "exception"),
    (Calls::Never, "function or value without effect, kept as a reference"),
];

/// A catalogue and what its entries look like.
#[derive(Debug)]
pub struct Catalogue {
    text: &'static str,
    entries: Vec<Arc<AllowEntry>>,
}

impl Catalogue {
    /// A catalogue that belongs to a pack.
    pub fn new(pack: &str, text: &'static str) -> Self {
        let entry = |(calls, reason): &(Calls, &str)| {
            Arc::new(AllowEntry {
                pack: pack.into(),
                module: String::new(),
                below: true,
                exact: false,
                calls: *calls,
                library: String::new(),
                reason: (*reason).to_owned(),
                seen_in: Vec::new(),
                names: Admitted::All,
                when: None,
            })
        };
        Catalogue { text, entries: COLUMNS.iter().map(entry).collect() }
    }

    /// Entries that a callable falls under.
    pub fn meaning(&self, names: &Names, callable: Callable<'_>) -> Vec<Meant<'_>> {
        let (module, name) = callable.read;
        let paths = if callable.exact { names.imports(module, name) } else { Vec::new() };
        paths.iter().flat_map(|path| self.find(path)).collect()
    }

    /// Entries that a dotted path falls under, each with whether it does so in full or as an attribute of what is listed.
    fn find(&self, path: &str) -> Vec<Meant<'_>> {
        let mut found = Vec::new();
        // A module of a known library by itself: to import it runs the library's own code and no more.
        if self.line(path).is_some()
            && let Some(imported) = self.entries.last()
        {
            found.push((imported, true));
        }
        for (module, rest) in prefixes(path).filter(|(_, rest)| !rest.is_empty()) {
            let Some(line) = self.line(module) else { continue };
            // A name that is meant begins with the first component, wherever in the line it stands.
            let first = rest.split('.').next().unwrap_or(rest);
            for at in memmem::find_iter(line.as_bytes(), first) {
                let (before, after) = line.split_at(at);
                let name = after.split([' ', '\t']).next().unwrap_or(after);
                let column = before.matches('\t').count();
                if !before.ends_with([' ', '\t']) || column == 0 {
                    continue;
                }
                if let (Some(tail), Some(entry)) = (rest.strip_prefix(name), self.entries.get(column - 1))
                    && (tail.is_empty() || tail.starts_with('.'))
                {
                    found.push((entry, tail.is_empty()));
                }
            }
        }
        found
    }

    /// The line of a module, found by halving.
    fn line(&self, module: &str) -> Option<&'static str> {
        let bytes = self.text.as_bytes();
        let (mut low, mut high) = (0, bytes.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = memchr::memrchr(b'\n', &bytes[low..middle]).map_or(low, |at| low + at + 1);
            let end = memchr::memchr(b'\n', &bytes[middle..]).map_or(bytes.len(), |at| middle + at);
            let line = &self.text[start..end];
            match line.split('\t').next().unwrap_or("").cmp(module) {
                std::cmp::Ordering::Equal => return Some(line),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a.b\tCls Other\tbuild\t\tError\thelper\na.b.c\tInner\t\tColor\t\t\nz\t\t\t\t\tf\n";

    fn found(path: &str) -> Vec<(Calls, bool)> {
        Catalogue::new("p", TEXT).find(path).into_iter().map(|(entry, full)| (entry.calls, full)).collect()
    }

    #[test]
    fn names_are_found_by_their_path() {
        assert_eq!(found("a.b.Cls"), [(Calls::New, true)]);
        assert_eq!(found("a.b.Cls.method"), [(Calls::New, false)]);
        assert_eq!(found("a.b.build"), [(Calls::Any, true)]);
        assert_eq!(found("a.b.helper"), [(Calls::Never, true)]);
        assert_eq!(found("a.b.c.Color"), [(Calls::Any, true)]);
        assert_eq!(found("z.f"), [(Calls::Never, true)]);
        assert_eq!(found("a.b"), [(Calls::Never, true)]);
        for absent in ["a.b.Cl", "a.b.Clss", "a", "y.f", "zz.f", ""] {
            assert_eq!(found(absent), [], "{absent}");
        }
    }

    #[test]
    fn built_in_catalogues_are_sorted_and_have_their_columns() {
        for (name, text) in super::super::builtin::CATALOGUES {
            let modules: Vec<&str> = text.lines().map(|line| line.split('\t').next().unwrap_or("")).collect();
            assert!(modules.is_sorted() && modules.len() > 1_000, "{name}");
            assert!(text.lines().all(|line| line.matches('\t').count() == COLUMNS.len()), "{name}");
        }
    }
}
