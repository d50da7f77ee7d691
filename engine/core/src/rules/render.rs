//! Conditions and entries as text, as a pack would write them: for explanations shortened where lists are long, and in full (`{:#}`) to write packs with
//! and to tell what two packs have in common.

use super::allow::{Admitted, AllowEntry, Calls};
use super::condition::{Condition, Number, Range, Test};
use super::evidence::escape;
use super::join::{Join, Part, Side};
use super::name_map::{Listed, Members};
use super::pack::Rule;
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display, Formatter, Write};

/// Names of one list that are shown; the rest is counted.
const SHOWN: usize = 24;

fn limit(f: &Formatter<'_>) -> usize {
    if f.alternate() { usize::MAX } else { SHOWN }
}

/// `before`, a part in the same way as the whole, `after`.
fn around(f: &mut Formatter<'_>, before: &str, part: &dyn Display, after: &str) -> fmt::Result {
    f.write_str(before)?;
    part.fmt(f)?;
    f.write_str(after)
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            // A table has each key once.
            Condition::All(parts) if keys_differ(parts) => listing(f, parts.iter(), ", "),
            Condition::All(parts) => tables(f, "all", parts),
            Condition::Any(parts) => tables(f, "any", parts),
            Condition::Not(inner) => around(f, "not = { ", inner, " }"),
            Condition::Kind(kinds) => {
                f.write_str("kind = ")?;
                texts(f, kinds.iter().map(String::as_str))
            }
            Condition::Field(field, test) => around(f, &format!("{} = ", key(field)), test, ""),
            Condition::Count(range) => around(f, "count = ", range, ""),
            Condition::Parent(inner) => around(f, "parent = { ", inner, " }"),
            Condition::Within(inner) => around(f, "within = { ", inner, " }"),
            Condition::Globals(set) => around(f, "globals = ", &set.listed, ""),
        }
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Test::OneOf(list) => {
                let mut sorted: Vec<&str> = list.iter().map(|text| &**text).collect();
                sorted.sort_unstable();
                texts(f, sorted.into_iter())
            }
            Test::Glob(text) => write!(f, "{{ glob = {} }}", quoted(text)),
            Test::Matches(pattern) => write!(f, "{{ regex = {} }}", literal(pattern.text())),
            Test::Prefix(text) => write!(f, "{{ prefix = {} }}", quoted(text)),
            Test::Suffix(text) => write!(f, "{{ suffix = {} }}", quoted(text)),
            Test::Contains(text) => write!(f, "{{ contains = {} }}", quoted(text)),
            Test::Component(parts) => {
                let mut sorted: Vec<&str> = parts.iter().map(|part| &**part).collect();
                sorted.sort_unstable();
                f.write_str("{ component = ")?;
                texts(f, sorted.into_iter())?;
                f.write_str(" }")
            }
            Test::Range(range) => range.fmt(f),
            Test::AnyItem(inner) => around(f, "{ any_item = ", inner, " }"),
            Test::EveryItem(inner) => around(f, "{ every_item = ", inner, " }"),
            Test::Item(at, inner) => around(f, &format!("{{ item = {at}, is = "), inner, " }"),
            Test::Present(present) => write!(f, "{{ present = {present} }}"),
            Test::Globals(set) => around(f, "{ globals = ", &set.listed, " }"),
            Test::Not(inner) => around(f, "{ not = ", inner, " }"),
        }
    }
}

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => min.fmt(f),
            (Some(min), Some(max)) => write!(f, "{{ min = {min}, max = {max} }}"),
            (Some(min), None) => write!(f, "{{ min = {min} }}"),
            (None, Some(max)) => write!(f, "{{ max = {max} }}"),
            (None, None) => f.write_str("{ }"),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(number) => number.fmt(f),
            Number::Real(number) => write!(f, "{number:?}"),
        }
    }
}

impl Display for Listed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // A module stands once, whichever way it was listed.
        let mut modules: Vec<(&str, Vec<&Members>)> = Vec::new();
        let mut at: HashMap<&str, usize> = HashMap::new();
        for (module, members) in &self.0 {
            let at = *at.entry(module).or_insert_with(|| {
                modules.push((module, Vec::new()));
                modules.len() - 1
            });
            modules[at].1.push(members);
        }
        let count = modules.len();
        f.write_str("{ ")?;
        for (at, (module, members)) in modules.into_iter().take(limit(f)).enumerate() {
            write!(f, "{}{} = ", if at == 0 { "" } else { ", " }, quoted(module))?;
            let named: Vec<&str> = members.iter().flat_map(|members| members.names()).collect();
            match members.iter().find(|members| !matches!(members, Members::Named(_) | Members::Joined(_))) {
                Some(Members::Matching(pattern)) => write!(f, "{{ regex = {} }}", literal(pattern.text()))?,
                Some(_) => f.write_str("\"*\"")?,
                None => texts_in_list(f, named.into_iter())?,
            }
        }
        more(f, count)?;
        f.write_str(" }")
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let key = if self.absent { "without" } else { "with" };
        around(f, &format!("{key}.{} = {{ ", self.name), &self.condition, " }")?;
        for (own, other) in &self.same {
            write!(f, ", same = [\"{}.{other}\", \"this.{own}\"]", self.name)?;
        }
        Ok(())
    }
}

impl Display for Side {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field)?;
        f.write_str(match self.part {
            Part::Whole => "",
            Part::First => ".first",
            Part::Last => ".last",
            Part::Folder => ".folder",
        })
    }
}

/// What a rule asks for, joins included.
pub struct Asks<'a>(&'a Rule);

impl Rule {
    /// Its condition and joins.
    pub fn rendered(&self) -> Asks<'_> {
        Asks(self)
    }
}

impl Display for Asks<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.condition.fmt(f)?;
        self.0.joins.iter().try_for_each(|join| around(f, ", ", join, ""))
    }
}

/// What an entry admits, on one line.
impl Display for AllowEntry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let below = if self.below { ".**" } else { "" };
        if self.module.is_empty() {
            f.write_str("catalogue")?;
        } else {
            write!(f, "{}{below} ", self.module)?;
            match &self.names {
                Admitted::All => f.write_char('*')?,
                Admitted::Matching(pattern) => write!(f, "{{ regex = {} }}", literal(pattern.text()))?,
                Admitted::Named(names) => {
                    texts(f, names.iter().map(|name| &**name))?;
                }
            }
        }
        f.write_str(match self.calls {
            Calls::Never => "",
            Calls::New => ", call = \"new\"",
            Calls::Any => ", call = true",
        })?;
        match &self.when {
            Some(when) => around(f, ", when = { ", when, " }"),
            None => Ok(()),
        }
    }
}

/// `key = [ { … }, { … } ]`.
fn tables(f: &mut Formatter<'_>, key: &str, parts: &[Condition]) -> fmt::Result {
    write!(f, "{key} = [ ")?;
    for (at, part) in parts.iter().enumerate() {
        around(f, if at == 0 { "{ " } else { ", { " }, part, " }")?;
    }
    f.write_str(" ]")
}

/// Whether conditions can stand side by side in one table.
fn keys_differ(parts: &[Condition]) -> bool {
    let mut seen = HashSet::new();
    parts.iter().all(|part| {
        seen.insert(match part {
            Condition::All(parts) if keys_differ(parts) => return false,
            Condition::All(_) => "all",
            Condition::Any(_) => "any",
            Condition::Not(_) => "not",
            Condition::Kind(_) => "kind",
            Condition::Field(field, _) => field,
            Condition::Count(_) => "count",
            Condition::Parent(_) => "parent",
            Condition::Within(_) => "within",
            Condition::Globals(_) => "globals",
        })
    })
}

/// A key as TOML writes it.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// Text as TOML writes it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            // Controls, and what could make the text look like another.
            c if c.is_control() || !escape(&c.to_string(), 1).starts_with(c) => quoted.push_str(&format!("\\U{:08X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// An expression, in which backslashes are themselves.
fn literal(text: &str) -> String {
    let plain = !text.contains('\'') && !text.contains(char::is_control);
    if plain { format!("'{text}'") } else { quoted(text) }
}

fn listing<T: Display>(f: &mut Formatter<'_>, items: impl Iterator<Item = T>, between: &str) -> fmt::Result {
    for (at, item) in items.enumerate() {
        f.write_str(if at == 0 { "" } else { between })?;
        item.fmt(f)?;
    }
    Ok(())
}

/// One text as it is, several as a list.
fn texts<'t>(f: &mut Formatter<'_>, mut texts: impl ExactSizeIterator<Item = &'t str>) -> fmt::Result {
    match texts.len() {
        1 => texts.next().map_or(Ok(()), |text| f.write_str(&quoted(text))),
        _ => texts_in_list(f, texts),
    }
}

fn texts_in_list<'t>(f: &mut Formatter<'_>, texts: impl ExactSizeIterator<Item = &'t str>) -> fmt::Result {
    let count = texts.len();
    f.write_char('[')?;
    for (at, text) in texts.take(limit(f)).enumerate() {
        f.write_str(if at == 0 { "" } else { ", " })?;
        f.write_str(&quoted(text))?;
    }
    more(f, count)?;
    f.write_char(']')
}

fn more(f: &mut Formatter<'_>, count: usize) -> fmt::Result {
    match count.saturating_sub(limit(f)) {
        0 => Ok(()),
        more => write!(f, ", … ({more} more)"),
    }
}
