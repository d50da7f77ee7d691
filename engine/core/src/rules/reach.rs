//! Which rules could speak of what a plugin says of a format: for people who ask. What a condition leaves open counts as passed.

use super::condition::{Condition, Test};
use super::evaluate::name_field_of;
use super::pack::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// A format, and what its plugin may say.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// Of the format.
    pub format: &'a str,
    /// Of its plugin.
    pub plugin: &'a str,
    /// The kinds of facts that the plugin may emit, and the fields of each.
    pub kinds: &'a BTreeMap<String, Vec<String>>,
    /// The ids of all plugins and formats: values that begin with one of another are another's.
    pub ids: &'a BTreeSet<&'a str>,
}

/// Fields whose values begin with the name of who says them: `framework = "onnx"`, `code = "onnx-external-key"`, `key = "mar.handler"`.
const OWNED: [&str; 3] = ["framework", "code", "key"];

impl Rule {
    /// Whether there may be a fact of that format that it matches.
    pub fn may_speak_of(&self, reach: Reach<'_>) -> bool {
        reach.may(&self.condition, None)
    }
}

impl Reach<'_> {
    /// `kinds` are those that the surroundings leave, if they say so.
    fn may(self, condition: &Condition, kinds: Option<&[String]>) -> bool {
        match condition {
            Condition::All(parts) => {
                let kinds = condition.kinds().or(kinds);
                parts.iter().all(|part| self.may(part, kinds))
            }
            Condition::Any(parts) => parts.iter().any(|part| self.may(part, kinds)),
            // Names of files, and files themselves, are the host's to say.
            Condition::Kind(named) => named.iter().any(|kind| kind == "file" || self.kinds.contains_key(kind)),
            Condition::Field(field, test) => self.has(field, kinds, test) && self.passes(field, test),
            Condition::Globals(_) => self.kinds.keys().any(|kind| name_field_of(kind).is_some() && kinds.is_none_or(|kinds| kinds.contains(kind))),
            Condition::Within(inner) => self.around(inner),
            Condition::Parent(_) | Condition::Count(_) | Condition::Not(_) => true,
        }
    }

    /// Whether the plugin gives that field to one of the kinds in question.
    fn has(self, field: &str, kinds: Option<&[String]>, test: &Test) -> bool {
        let host = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "file"));
        let declared =
            self.kinds.iter().any(|(kind, fields)| kinds.is_none_or(|kinds| kinds.contains(kind)) && fields.iter().any(|known| known == field));
        host || declared || matches!(test, Test::Present(false) | Test::Not(_))
    }

    fn passes(self, field: &str, test: &Test) -> bool {
        if !OWNED.contains(&field) {
            return true;
        }
        match test {
            Test::OneOf(texts) => texts.iter().any(|text| self.owns(text)),
            Test::Prefix(text) | Test::Glob(text) => self.owns(text),
            _ => true,
        }
    }

    /// Whether a value does not begin with the id of another plugin or format.
    fn owns(self, text: &str) -> bool {
        let begins = |id: &&&str| text.strip_prefix(**id).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '_']));
        let mut owners = self.ids.iter().filter(begins).peekable();
        owners.peek().is_none() || owners.any(|id| *id == self.plugin || *id == self.format)
    }

    /// The file that the fact lies in: of this format, and of any name.
    fn around(self, condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.around(part)),
            Condition::Any(parts) => parts.iter().any(|part| self.around(part)),
            Condition::Field(field, Test::OneOf(texts)) if field == "formats" => texts.contains(self.format),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_a_plugin_cannot_say_is_out_of_reach() {
        let kinds =
            BTreeMap::from([("operator".to_owned(), vec!["framework".to_owned(), "op".to_owned()]), ("anomaly".to_owned(), vec!["code".to_owned()])]);
        let ids = BTreeSet::from(["onnx", "ort", "tensorflow", "tflite"]);
        let reach = Reach { format: "ort", plugin: "onnx", kinds: &kinds, ids: &ids };
        let kind = |kind: &str| Condition::Kind(vec![kind.to_owned()]);
        let is = |field: &str, text: &str| Condition::Field(field.to_owned(), Test::OneOf(Arc::new([text.to_owned().into()].into_iter().collect())));
        let all = |parts: [Condition; 2]| Condition::All(parts.into());
        for (condition, may) in [
            (all([kind("operator"), is("framework", "onnx")]), true),
            (all([kind("operator"), is("framework", "tensorflow")]), false),
            (all([kind("operator"), is("domain", "x")]), false),
            (all([kind("call"), is("module", "os")]), false),
            (all([kind("anomaly"), is("code", "truncated")]), true),
            (all([kind("anomaly"), is("code", "onnx-external-key")]), true),
            (all([kind("anomaly"), is("code", "tflite-divisor")]), false),
            (all([kind("operator"), Condition::Within(Box::new(is("formats", "ort")))]), true),
            (all([kind("operator"), Condition::Within(Box::new(is("formats", "onnx")))]), false),
        ] {
            assert_eq!(reach.may(&condition, None), may, "{condition:?}");
        }
    }
}
