use super::{Lint, Notes, Subject};

/// A list that nothing uses.
pub struct ListUnused;

impl Lint for ListUnused {
    fn id(&self) -> &'static str {
        "list-unused"
    }

    fn finds(&self) -> &'static str {
        "a list that nothing uses"
    }

    fn asks(&self) -> &'static str {
        "use it as \"@name\", or remove it"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for list in subject.pack.marks.lists.iter().filter(|list| !list.used) {
            notes.push(&list.span, format!("nothing uses the list `{}`", list.name), self.asks());
        }
    }
}
