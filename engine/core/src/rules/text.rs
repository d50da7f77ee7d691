//! Text of packs. The built-in ones are part of the program and lend theirs for good; others lend it as long as they are read.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};

/// Text that stays: of the program itself, or owned.
pub type Str = Cow<'static, str>;

/// A part of such text.
pub fn part(text: &Str, range: Range<usize>) -> Str {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    }
}

/// Text of a pack that is being read.
#[derive(Debug, Clone)]
pub enum Text<'t> {
    /// A part of the program.
    Builtin(&'static str),
    /// A part of the text that is read.
    Lent(&'t str),
    /// Put together from it: text with escapes.
    Own(String),
}

impl Text<'_> {
    /// As text of its own.
    pub fn into_owned(self) -> String {
        match self {
            Text::Builtin(text) | Text::Lent(text) => text.to_owned(),
            Text::Own(text) => text,
        }
    }

    /// As text that stays, copied only where it has to be.
    pub fn into_str(self) -> Str {
        match self {
            Text::Builtin(text) => Cow::Borrowed(text),
            Text::Lent(text) => Cow::Owned(text.to_owned()),
            Text::Own(text) => Cow::Owned(text),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Builtin(text) | Text::Lent(text) => text,
            Text::Own(text) => text,
        }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl<'t> From<Cow<'t, str>> for Text<'t> {
    fn from(text: Cow<'t, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Text::Lent(text),
            Cow::Owned(text) => Text::Own(text),
        }
    }
}
