//! Variables of the template itself.

use crate::limits;
use crate::value::Value;
use std::collections::HashMap;

/// What the template's own variables can be. Whatever order it runs in, a variable is all that it was ever set to.
#[derive(Default)]
pub(crate) struct Scope {
    values: HashMap<String, Value>,
}

impl Scope {
    /// A variable, or an attribute of a namespace (`ns.text`), is set.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Some(known) = self.values.get_mut(name) {
            let joined = std::mem::take(known).or(value);
            *known = joined.light();
        } else if self.values.len() < limits::VARIABLES {
            self.values.insert(name.to_owned(), value.light());
        }
    }

    /// What a name stands for; none where the template does not set it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}
