//! What a file imports, and what the rules say of each name: the list that people look at first.

use crate::record::FileFacts;
use crate::report::{Finding, Import, Severity, Standing};
use std::collections::{BTreeMap, HashMap};

/// Names listed for one file. Real models have some dozens.
const IMPORTS: usize = 256;

/// What the findings of a file say of each name.
#[derive(Debug, Default)]
pub struct Standings(HashMap<(String, String), Severity>);

impl Standings {
    /// Of these findings.
    pub fn new(findings: &[Finding]) -> Self {
        let mut worst = HashMap::new();
        for finding in findings {
            let severity = worst.entry((finding.module_name.clone(), finding.operator_name.clone())).or_insert(finding.severity);
            *severity = (*severity).max(finding.severity);
        }
        Standings(worst)
    }

    /// Of a name.
    pub fn of(&self, module: &str, name: &str) -> Standing {
        match self.0.get(&(module.to_owned(), name.to_owned())) {
            Some(Severity::High | Severity::Critical) => Standing::Dangerous,
            Some(_) => Standing::Unknown,
            None => Standing::Allowed,
        }
    }
}

/// The names that a file imports or calls, in order, the dangerous ones first. What goes over the limit is left out.
pub fn imports(facts: &FileFacts, findings: &[Finding]) -> Vec<Import> {
    let standings = Standings::new(findings);
    let mut names: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for fact in &facts.facts {
        let called = fact.kind == "call";
        if called || fact.kind == "global" {
            let key = (fact.text("module").unwrap_or_default(), fact.text("name").unwrap_or_default());
            *names.entry(key).or_default() |= called;
        }
    }
    let import = |((module, name), called): ((&str, &str), bool)| Import {
        module: module.to_owned(),
        name: name.to_owned(),
        called,
        standing: standings.of(module, name),
    };
    let mut imports: Vec<Import> = names.into_iter().map(import).collect();
    imports.sort_by_key(|import| import.standing);
    imports.truncate(IMPORTS);
    imports
}
