use super::{Lint, Notes, Subject};
use crate::rules::allow::{Admitted, AllowEntry, Calls};
use std::collections::HashMap;

/// An allow entry that an earlier one makes needless.
pub struct EntryShadowed;

impl Lint for EntryShadowed {
    fn id(&self) -> &'static str {
        "entry-shadowed"
    }

    fn finds(&self) -> &'static str {
        "an allow entry that an earlier one makes needless"
    }

    fn asks(&self) -> &'static str {
        "remove it, or the wider entry"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let marks = &subject.pack.marks.allow;
        let own = subject.pack.allow().len().saturating_sub(marks.len());
        // By module, so that ten thousand entries are not compared with each other.
        let mut by_module: HashMap<&str, Vec<&AllowEntry>> = HashMap::new();
        for (at, entry) in subject.pack.allow().iter().enumerate() {
            let known = by_module.entry(entry.module.as_str()).or_default();
            if let (Some(marks), Some(wider)) = (at.checked_sub(own).and_then(|at| marks.get(at)), known.iter().find(|known| covers(known, entry))) {
                notes.push(&marks.module, format!("what this entry admits, an earlier one does: {wider}"), self.asks());
            }
            known.push(entry);
        }
    }
}

/// Whether the first admits all that the second does, of one module.
fn covers(wide: &AllowEntry, entry: &AllowEntry) -> bool {
    let calls = |entry: &AllowEntry| match entry.calls {
        Calls::Never => 0,
        Calls::New => 1,
        Calls::Any => 2,
    };
    let names = match (&wide.names, &entry.names) {
        (Admitted::All, _) => true,
        (Admitted::Named(wide), Admitted::Named(names)) => names.iter().all(|name| wide.binary_search(name).is_ok()),
        (Admitted::Matching(pattern), Admitted::Named(names)) => names.iter().all(|name| pattern.is_match(name)),
        (Admitted::Matching(wide), Admitted::Matching(pattern)) => wide.text() == pattern.text(),
        _ => false,
    };
    names && (wide.below || !entry.below) && wide.exact == entry.exact && wide.when.is_none() && calls(wide) >= calls(entry)
}
