use super::{Gravity, Lint, Notes, Subject};
use crate::rules::condition::{Condition, Test};
use crate::rules::evaluate::name_field_of;

/// A rule that can match nothing.
pub struct RuleUnreachable;

impl Lint for RuleUnreachable {
    fn id(&self) -> &'static str {
        "rule-unreachable"
    }

    fn finds(&self) -> &'static str {
        "a rule that can match nothing"
    }

    fn asks(&self) -> &'static str {
        "what all has to hold contradicts itself: take one of them out, or put them under `any`"
    }

    fn gravity(&self) -> Gravity {
        Gravity::Error
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules() {
            if is_impossible(&rule.condition, None) {
                notes.push(&marks.condition, format!("`{}` can match nothing", rule.id), self.asks());
            }
        }
    }
}

/// Whether a condition cannot hold; `kinds` are those that the surroundings leave, if they say so.
fn is_impossible(condition: &Condition, kinds: Option<&[String]>) -> bool {
    match condition {
        Condition::All(parts) => {
            let mut left: Option<Vec<String>> = kinds.map(<[String]>::to_vec);
            for part in parts {
                if let Condition::Kind(named) = part {
                    left = Some(match left {
                        Some(left) => left.into_iter().filter(|kind| named.contains(kind)).collect(),
                        None => named.clone(),
                    });
                }
            }
            left.as_ref().is_some_and(Vec::is_empty) || parts.iter().any(|part| is_impossible(part, left.as_deref())) || contradict(parts)
        }
        Condition::Any(parts) => parts.iter().all(|part| is_impossible(part, kinds)),
        Condition::Kind(named) => kinds.is_some_and(|kinds| named.iter().all(|kind| !kinds.contains(kind))),
        Condition::Field(_, test) => cannot_pass(test),
        Condition::Count(range) => range.is_empty(),
        Condition::Within(inner) | Condition::Parent(inner) => is_impossible(inner, None),
        // Only some kinds name callables.
        Condition::Globals(_) => kinds.is_some_and(|kinds| kinds.iter().all(|kind| name_field_of(kind).is_none())),
        Condition::Not(_) => false,
    }
}

/// Two lists for one field that have nothing in common.
fn contradict(parts: &[Condition]) -> bool {
    let lists: Vec<_> =
        parts.iter().filter_map(|part| if let Condition::Field(field, Test::OneOf(texts)) = part { Some((field, texts)) } else { None }).collect();
    lists.iter().enumerate().any(|(at, (field, texts))| {
        // Of a list field each may be passed by another item.
        lists[..at].iter().any(|(other, others)| field == other && !LISTS.contains(&field.as_str()) && texts.is_disjoint(others))
    })
}

/// Fields that hold lists.
const LISTS: &[&str] = &["args", "arg_globals", "names", "keys", "flags", "formats"];

fn cannot_pass(test: &Test) -> bool {
    match test {
        Test::OneOf(texts) | Test::Component(texts) => texts.is_empty(),
        Test::Range(range) => range.is_empty(),
        Test::AnyItem(inner) | Test::EveryItem(inner) | Test::Item(_, inner) => cannot_pass(inner),
        _ => false,
    }
}
