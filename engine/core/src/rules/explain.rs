//! Why a finding came, and what admitted what is clean.

use super::allow::{AllowEntry, Calls};
use super::evidence;
use super::finding::Author;
use crate::fact::Fact;
use crate::limits::EVIDENCE;
use crate::record::FileFacts;
use crate::report::{Admitted, Explanation, MatchedFact, OverrideInfo};

/// Facts that one explanation shows.
const FACTS: usize = 8;

/// What a finding rests on.
pub fn explanation(file: &FileFacts, author: Author<'_>, facts: &[&Fact]) -> Explanation {
    let (condition, scope, source, overrides) = match author {
        Author::Rule(rule) => (rule.rendered().to_string(), rule.scope.name(), rule.source.as_str(), &rule.overrides),
        Author::Unknown(unknown) => ("no rule denies it, and no allow entry admits it".to_owned(), "fact", unknown.pack.as_str(), &unknown.overrides),
    };
    Explanation {
        source: source.to_owned(),
        scope: scope.to_owned(),
        condition: evidence::escape(&condition, EVIDENCE * 4),
        facts: facts.iter().take(FACTS).map(|fact| matched(file, fact)).collect(),
        beside: Vec::new(),
        overrides: overrides
            .iter()
            .map(|change| OverrideInfo { pack: change.pack.clone(), change: change.change.clone(), reason: change.reason.clone() })
            .collect(),
    }
}

fn matched(file: &FileFacts, fact: &Fact) -> MatchedFact {
    MatchedFact {
        kind: fact.kind.clone(),
        plugin: fact.plugin.clone(),
        fields: fact.fields.iter().map(|(name, value)| (name.clone(), evidence::escape(&crate::words::rendered(value), EVIDENCE))).collect(),
        place: evidence::place(file, fact.place()),
        count: fact.count,
    }
}

/// What an entry admitted.
pub fn admitted(fact: &Fact, entry: &AllowEntry) -> Admitted {
    Admitted {
        kind: fact.kind.clone(),
        module_name: fact.text("module").map(evidence::name).unwrap_or_default(),
        operator_name: super::evaluate::name_field(fact).and_then(|field| fact.text(field)).map(evidence::name).unwrap_or_default(),
        count: fact.count,
        pack: entry.pack.to_string(),
        entry: entry.to_string(),
        calls: match entry.calls {
            Calls::Never => "none",
            Calls::New => "new",
            Calls::Any => "any",
        }
        .into(),
        conditional: entry.when.is_some(),
        library: entry.library.clone(),
        reason: entry.reason.clone(),
    }
}
