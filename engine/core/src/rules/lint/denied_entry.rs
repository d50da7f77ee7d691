use super::{Lint, Notes, Subject};
use crate::fact::{Fact, InputId, Place, Value};
use crate::record::{FileFacts, Record, Sink};
use crate::report::Severity;
use crate::rules::allow::{Admitted, AllowEntry, Calls};

/// The pack of what no allowlist should admit without a thought.
const DANGEROUS: &str = "known-dangerous";

/// Names of one entry that are looked up.
const NAMES: usize = 1_000;

/// An entry that admits what executes. Beside a blocklist it does nothing, alone it opens the door.
pub struct DeniedEntry;

impl Lint for DeniedEntry {
    fn id(&self) -> &'static str {
        "entry-dangerous"
    }

    fn asks(&self) -> &'static str {
        "take it out, or admit only the arguments that are meant (when = { … })"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let marks = &subject.pack.marks.allow;
        let own = subject.pack.allow().len().saturating_sub(marks.len());
        let Ok(rules) = subject.library.rule_set(&[DANGEROUS]) else { return };
        for (entry, marks) in subject.pack.allow()[own..].iter().zip(marks) {
            let Admitted::Named(names) = &entry.names else { continue };
            if entry.when.is_some() {
                continue;
            }
            for name in names.iter().take(NAMES) {
                let findings = rules.judge(&file(entry, name), "");
                if let Some(worst) = findings.first().filter(|finding| finding.severity >= Severity::High) {
                    notes.push(&marks.names, format!("`{}.{name}` is dangerous: {} ({})", entry.module, worst.title, worst.rule_id), self.asks());
                }
            }
        }
    }
}

/// A file that does what the entry admits.
fn file(entry: &AllowEntry, name: &str) -> FileFacts {
    let kind = if entry.calls == Calls::Never { "global" } else { "call" };
    let text = |field: &str, text: &str| (field.to_owned(), Value::text(text));
    let mut fields = vec![text("module", &entry.module), text("name", name), text("resolved", "exact")];
    if kind == "call" {
        let opcode = if entry.calls == Calls::New { "NEWOBJ" } else { "REDUCE" };
        fields.extend([text("opcode", opcode), ("args_omitted".to_owned(), Value::U64(1))]);
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let places = vec![Place { input: InputId(0), offset: 0, length: 0 }];
    let mut file = FileFacts::default();
    file.record(Record::Fact(Fact { id: 1, kind: kind.into(), parent: None, fields, places, count: 1, plugin: "example".into() }));
    file
}
