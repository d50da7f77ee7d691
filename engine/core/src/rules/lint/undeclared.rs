use super::{Lint, Notes, Subject};
use crate::rules::suggest::closest;
use std::collections::HashSet;
use weighbridge_abi::vocabulary;

/// A kind or field that none of the plugins says: the rule waits for what never comes.
pub struct Undeclared;

/// What the engine says itself.
const OWN: &[&str] = &["file", "anomaly"];

impl Lint for Undeclared {
    fn id(&self) -> &'static str {
        "undeclared"
    }

    fn finds(&self) -> &'static str {
        "a kind or field that none of the plugins says: the rule waits for what never comes"
    }

    fn asks(&self) -> &'static str {
        "correct the name, or load the plugin that says it (--plugin)"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let declared = subject.declared;
        if declared.is_empty() {
            return;
        }
        let mut told = HashSet::new();
        for (kind, span) in &subject.pack.marks.kinds {
            if !declared.contains_key(kind) && !OWN.contains(&kind.as_str()) && told.insert(kind) {
                let help = closest(kind, declared.keys().map(String::as_str)).map(|close| format!("did you mean `{close}`?"));
                notes.push(span, format!("no plugin here says facts of kind `{kind}`"), help.unwrap_or_else(|| self.asks().into()));
            }
        }
        let mut told_fields = HashSet::new();
        for (field, kinds, span) in &subject.pack.marks.fields {
            let known: Vec<_> = kinds.iter().filter(|kind| declared.contains_key(*kind)).collect();
            // Of a kind that nobody declares was told already; what the engine says has the vocabulary's fields.
            if known.is_empty() || known.len() < kinds.len() || kinds.iter().any(|kind| OWN.contains(&kind.as_str())) {
                continue;
            }
            let fields = || known.iter().flat_map(|kind| &declared[*kind]).map(String::as_str);
            if fields().any(|known| known == field) || !told_fields.insert((field, kinds)) {
                continue;
            }
            let help = closest(field, fields()).map(|close| format!("did you mean `{close}`?"));
            let standard = kinds.iter().filter_map(|kind| vocabulary::kind(kind)).any(|kind| kind.fields.iter().any(|(name, _)| name == field));
            let why = if standard { "the vocabulary has it, and no plugin here gives" } else { "no plugin here gives" };
            notes.push(span, format!("{why} facts of kind {} a field `{field}`", kinds.join(", ")), help.unwrap_or_else(|| self.asks().into()));
        }
    }
}
