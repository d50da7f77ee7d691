//! Values as they stand in a pack, from TOML or from the compact form.

use super::text::Text;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value as it stands in the text.
pub type Node<'t> = Spanned<Value<'t>>;

/// A key as it stands in the text.
pub type Key<'t> = Spanned<Text<'t>>;

/// What TOML has.
#[derive(Debug, Clone)]
pub enum Value<'t> {
    /// Text.
    String(Text<'t>),
    /// A whole number; none where it is too large for any use.
    Integer(Option<i128>),
    /// A real number.
    Float(f64),
    /// true or false.
    Boolean(bool),
    /// A date or time, as it is written.
    Datetime(String),
    /// A list.
    Array(Vec<Node<'t>>),
    /// A table, sorted by key.
    Table(Vec<(Key<'t>, Node<'t>)>),
    /// What `globals` lists, in the compact form: modules, each with `*` or with its names, a space between them.
    Callables(Vec<(&'static str, &'static str)>),
}

impl<'t> Value<'t> {
    /// The text that it is.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// Whether it is a list.
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// The entries of the table that it is.
    pub fn as_table(&self) -> Option<&[(Key<'t>, Node<'t>)]> {
        if let Value::Table(entries) = self { Some(entries) } else { None }
    }
}

/// The entries of a table.
pub type Entries<'t> = Vec<(Key<'t>, Node<'t>)>;

/// Lists of tables of which packs have thousands.
const LONG: [&str; 2] = ["rule", "allow"];

/// What a text in TOML says.
pub fn parse(text: &str) -> Result<Entries<'_>, toml::de::Error> {
    match parse_in_parts(text) {
        Some(entries) => Ok(entries),
        None => DeTable::parse(text).map(|table| entries(table.into_inner(), 0)),
    }
}

/// The same, one `[[rule]]` or `[[allow]]` at a time, so that of a long pack not all is in memory at once in the parser's own form, which takes a kilobyte
/// for each table; and on several threads. None where the parts do not stand for themselves: a mistake, or a table that is continued in another part.
fn parse_in_parts(text: &str) -> Option<Entries<'_>> {
    let parts = parts(text);
    // How many there are is asked of the system, at some cost: not for short texts.
    let worth = text.len() / PARALLEL;
    let threads = if worth > 1 { std::thread::available_parallelism().map_or(1, |threads| worth.min(threads.into())) } else { 1 };
    let parsed: Vec<Option<Vec<Entries<'_>>>> = match threads {
        1 => vec![parts.iter().map(|part| part.parse(text)).collect()],
        _ => std::thread::scope(|scope| {
            let shares = parts.chunks(parts.len().div_ceil(threads));
            let running: Vec<_> = shares.map(|share| scope.spawn(|| share.iter().map(|part| part.parse(text)).collect())).collect();
            running.into_iter().map(|share| share.join().unwrap_or(None)).collect()
        }),
    };
    let mut whole = Entries::new();
    let mut long: [Vec<Node<'_>>; 2] = Default::default();
    for (part, entries) in parts.iter().zip(parsed.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten()) {
        for (key, value) in entries {
            match LONG.iter().position(|name| *name == &**key.get_ref()) {
                Some(at) if Some(at) == part.of => match value.into_inner() {
                    Value::Array(items) => long[at].extend(items),
                    _ => return None,
                },
                Some(_) => return None,
                None if whole.iter().any(|(known, _)| **known.get_ref() == **key.get_ref()) => return None,
                None => whole.push((key, value)),
            }
        }
    }
    for (name, items) in LONG.into_iter().zip(long) {
        let Some(span) = items.first().map(Spanned::span) else { continue };
        whole.push((Spanned::new(span.clone(), Text::Lent(name)), Spanned::new(span, Value::Array(items))));
    }
    Some(whole)
}

/// Bytes of text that are worth a thread.
const PARALLEL: usize = 128 << 10;

/// A stretch of a text up to the next `[[rule]]` or `[[allow]]`.
struct Part {
    range: Range<usize>,
    /// Which of the long lists it adds to.
    of: Option<usize>,
}

impl Part {
    fn parse<'t>(&self, text: &'t str) -> Option<Entries<'t>> {
        Some(entries(DeTable::parse(&text[self.range.clone()]).ok()?.into_inner(), self.range.start))
    }
}

fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut start, mut of) = (Vec::new(), 0, None);
    while start < text.len() {
        let (end, next) = next_part(text, start + usize::from(of.is_some()));
        parts.push(Part { range: start..end, of });
        (start, of) = (end, next);
    }
    parts
}

/// Where the next part begins, and which of the long lists it adds to. What only looks like a header, in a text of several lines, leaves a part that
/// does not parse.
fn next_part(text: &str, from: usize) -> (usize, Option<usize>) {
    memchr::memmem::find_iter(&text.as_bytes()[from..], "[[")
        .map(|at| from + at)
        .filter(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n')
        .find_map(|at| {
            LONG.iter().position(|name| text[at + 2..].strip_prefix(name).is_some_and(|rest| rest.starts_with("]]"))).map(|of| (at, Some(of)))
        })
        .unwrap_or((text.len(), None))
}

/// The entries of a table that was parsed, in a part of the text that begins at `base`.
fn entries<'t>(table: DeTable<'t>, base: usize) -> Entries<'t> {
    let key = |key: Spanned<Cow<'t, str>>| Spanned::new(moved(key.span(), base), key.into_inner().into());
    table.into_iter().map(|(name, value)| (key(name), node(value, base))).collect()
}

fn moved(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

fn node(value: Spanned<DeValue<'_>>, base: usize) -> Node<'_> {
    let span = moved(value.span(), base);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::String(text.into()),
        DeValue::Integer(number) => Value::Integer(i128::from_str_radix(number.as_str(), number.radix()).ok()),
        // TOML has no number that Rust does not read.
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(day) => Value::Datetime(day.to_string()),
        DeValue::Array(items) => Value::Array(items.into_iter().map(|item| node(item, base)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, base)),
    };
    Spanned::new(span, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Entries<'_> {
        DeTable::parse(text).map(|table| entries(table.into_inner(), 0)).unwrap_or_default()
    }

    /// Values and places; of the long lists alone the place is not that of the text.
    fn shown(mut entries: Entries<'_>) -> String {
        entries.sort_by_key(|(key, _)| key.get_ref().to_string());
        let show = |(key, value): (Key<'_>, Node<'_>)| match LONG.contains(&&**key.get_ref()) {
            true => format!("{} {:?}\n", &**key.get_ref(), value.get_ref()),
            false => format!("{key:?} {value:?}\n"),
        };
        entries.into_iter().map(show).collect()
    }

    #[test]
    fn parts_say_what_the_whole_says() {
        for text in [
            "a = 1\n[[rule]]\nid = \"a\"\n[[rule.examples]]\nx = 1\n[[rule]]\nid = \"b\"\n[rule.match]\nk = [1, 2.5]\n[[allow]]\nm = true\n[unknown]\nid = 2026-01-01\n",
            "[[allow]]\nm = 'a'\n[[rule]]\nid = 'ä'\n[[allow]]\nm = 'b'\n",
            "",
            "[pack]\nid = 'x'\n",
        ] {
            assert_eq!(shown(parse_in_parts(text).expect(text)), shown(whole(text)), "{text}");
        }
    }

    #[test]
    fn what_does_not_stand_for_itself_is_parsed_as_a_whole() {
        for text in [
            "[[rule]]\nid = 1\n[[allow]]\nm = 1\n[[rule.examples]]\nx = 1\n",
            "t = \"\"\"\n[[rule]]\n\"\"\"\n",
            "[lists]\na = []\n[[rule]]\nid = 1\n[lists.b]\nc = 1\n",
            "rule = [{ id = 1 }]\n",
        ] {
            assert!(parse_in_parts(text).is_none(), "{text}");
            assert_eq!(shown(parse(text).expect(text)), shown(whole(text)), "{text}");
        }
        for text in
            ["[[rule]]\nid = 1\n[[rule]]\nid = \n", "[[rule]]\nid = 1\nid = 2\n", "rule = []\n[[rule]]\nid = 1\n", "[pack]\n[[allow]]\n[pack]\n"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
