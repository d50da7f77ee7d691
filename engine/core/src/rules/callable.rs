//! The callable that a fact names, as packs are asked for it.

use super::evaluate::name_field;
use super::name_map::written;
use crate::fact::Fact;

/// Everything of a fact that its names are looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callable<'a> {
    /// Module and name as they are read; either may be empty.
    pub read: (&'a str, &'a str),
    /// The same as they stand in the file.
    pub written: (&'a str, &'a str),
    /// Whether a loader would use just these: nothing of them had to be guessed.
    pub exact: bool,
}

impl<'a> Callable<'a> {
    /// What a fact names; none for kinds that name nothing.
    pub fn of(fact: &'a Fact) -> Option<Self> {
        let (module, name) = (fact.text("module"), fact.text(name_field(fact)?));
        let resolved = fact.text("resolved").is_none_or(|resolved| resolved == "exact");
        let read = (module.unwrap_or_default(), name.unwrap_or_default());
        Some(Callable { read, written: written(fact), exact: resolved && module.is_some() && name.is_some() })
    }
}

/// Callables in the order of the facts that name them: calls of one callable mostly stand side by side, and what is known of it is kept so long.
#[derive(Debug, Default)]
pub struct Turns<'a> {
    callable: Option<Callable<'a>>,
    turn: usize,
}

impl<'a> Turns<'a> {
    /// The number of the turn that a callable has.
    pub fn of(&mut self, callable: Callable<'a>) -> Turn<'a> {
        if self.callable.replace(callable) != Some(callable) {
            self.turn += 1;
        }
        Turn { callable, number: self.turn }
    }
}

/// A callable, and the number of its turn.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    pub callable: Callable<'a>,
    number: usize,
}

/// An answer for a callable, kept as long as its turn is.
#[derive(Debug)]
pub struct Latest<T>(usize, Option<T>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Latest(0, None)
    }
}

impl<T> Latest<T> {
    /// The answer, made where it is not there.
    pub fn get(&mut self, turn: Turn<'_>, make: impl FnOnce() -> T) -> &mut T {
        if self.0 != turn.number {
            *self = Latest(turn.number, None);
        }
        self.1.get_or_insert_with(make)
    }
}
