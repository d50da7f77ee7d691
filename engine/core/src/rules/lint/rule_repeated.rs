use super::{Lint, Notes, Subject};
use std::collections::HashMap;

/// Two rules with one condition: every finding comes twice.
pub struct RuleRepeated;

impl Lint for RuleRepeated {
    fn id(&self) -> &'static str {
        "rule-repeated"
    }

    fn finds(&self) -> &'static str {
        "two rules with one condition: every finding comes twice"
    }

    fn asks(&self) -> &'static str {
        "remove one of them"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (rule, marks) in subject.rules() {
            let condition = format!("{:#}{}", rule.rendered(), rule.unless_allowed);
            if let Some(first) = seen.get(condition.as_str()) {
                notes.push(&marks.condition, format!("`{}` asks for the same as `{first}`", rule.id), self.asks());
            } else {
                seen.insert(condition, &rule.id);
            }
        }
    }
}
