//! A rule's `with`, `without` and `same`, held against the vocabulary.

use super::condition::Condition;
use super::error::{Code, Problem};
use super::join::{Join, Part, Scope, Side};
use super::read::{Key, Node, Problems, Value, text_of, wrong};
use super::read_condition::Reader;
use super::suggest;
use crate::limits::{JOIN_FIELDS, JOINS};
use std::ops::Range;
use toml::Spanned;
use weighbridge_abi::vocabulary;

/// As a rule says it.
pub struct Written<'t> {
    pub scope: Scope,
    /// Of the rule's id.
    pub span: Range<usize>,
    pub with: Vec<(Key<'t>, Node<'t>)>,
    pub without: Vec<(Key<'t>, Node<'t>)>,
    pub same: Option<Node<'t>>,
}

/// The joins of a rule; `own` is the condition on the fact that it judges.
pub fn joins(written: Written<'_>, own: Option<&Condition>, reader: &Reader<'_>, problems: &mut Problems) -> Vec<Join> {
    let mut joins = Vec::new();
    for (absent, tables) in [(false, written.with), (true, written.without)] {
        for (key, node) in tables {
            joins.extend(join(key, node, absent, reader, problems));
        }
    }
    let span = written.span;
    match (written.scope, joins.is_empty()) {
        (Scope::Fact, false) => problems.push(
            Problem::new(Code::MissingKey, span.clone(), "this rule asks for other facts, and looks at one alone")
                .help("scope = \"file\" looks at all facts of a file, scope = \"artifact\" at those of all files of a model"),
        ),
        (Scope::File | Scope::Artifact, true) => problems.push(
            Problem::new(Code::MissingKey, span.clone(), format!("a rule of scope {} says what else there is", written.scope.name()))
                .help("with = { member = { extension = \"py\" } }, or without = { … }"),
        ),
        _ => {}
    }
    if joins.len() > JOINS {
        problems.push(Problem::new(Code::WrongValue, span, format!("a rule asks for at most {JOINS} other facts")));
    }
    let own = own.and_then(Condition::kinds).unwrap_or_default();
    for pair in written.same.map(|node| pairs(node, problems)).unwrap_or_default() {
        same(pair, own, &mut joins, reader, problems);
    }
    joins
}

fn join(key: Key<'_>, node: Node<'_>, absent: bool, reader: &Reader<'_>, problems: &mut Problems) -> Option<Join> {
    let (span, name) = (key.span(), key.into_inner().into_owned());
    // The name is the kind, unless the condition says which.
    let says_kind = node.get_ref().as_table().is_some_and(|table| table.iter().any(|(key, _)| &**key.get_ref() == "kind"));
    let condition = if says_kind {
        reader.condition(node, &[], problems)?
    } else {
        let kind = Spanned::new(span.clone(), name.clone());
        reader.check_kind(&kind, problems);
        let of_kind = Condition::Kind(vec![name.clone()]);
        let is_empty = node.get_ref().as_table().is_some_and(|table| table.is_empty());
        match is_empty {
            true => of_kind,
            false => Condition::All(vec![of_kind, reader.condition(node, std::slice::from_ref(&name), problems)?]),
        }
    };
    if condition.kinds().is_none_or(<[String]>::is_empty) {
        problems.push(Problem::new(Code::MissingKey, span, "what else there is needs a `kind`"));
    }
    Some(Join { name, condition, absent, same: Vec::new() })
}

/// `["a.x", "b.y"]`, or a list of such pairs.
fn pairs(node: Node<'_>, problems: &mut Problems) -> Vec<[Spanned<String>; 2]> {
    let span = node.span();
    let Value::Array(items) = node.into_inner() else {
        problems.push(Problem::new(Code::WrongValue, span, "`same` is a pair of fields, or a list of pairs").help(HELP));
        return Vec::new();
    };
    let nested = items.iter().any(|item| item.get_ref().is_array());
    let lists = if nested { items.into_iter().collect() } else { vec![Spanned::new(span, Value::Array(items))] };
    let mut pairs = Vec::new();
    for list in lists {
        let span = list.span();
        match list.into_inner() {
            Value::Array(items) => {
                let texts: Vec<_> = items.into_iter().filter_map(|item| text_of(item, "a field has to be text", problems)).collect();
                match <[Spanned<String>; 2]>::try_from(texts) {
                    Ok(pair) => pairs.push(pair),
                    Err(_) => problems.push(Problem::new(Code::WrongValue, span, "a pair has two fields").help(HELP)),
                }
            }
            other => problems.push(wrong(&other, span, "a pair is a list of two fields")),
        }
    }
    pairs
}

const HELP: &str = "same = [\"member.stem\", \"global.module\"]: what the fact is called (its kind, or its name under `with`), and a field of it";

fn same(pair: [Spanned<String>; 2], own: &[String], joins: &mut [Join], reader: &Reader<'_>, problems: &mut Problems) {
    let span = pair[0].span().start..pair[1].span().end;
    let sides = pair.map(|text| side(&text, own, joins, reader, problems));
    let [Some(a), Some(b)] = sides else { return };
    let (own, other, at) = match (a, b) {
        ((None, own), (Some(at), other)) | ((Some(at), other), (None, own)) => (own, other, at),
        _ => {
            let message = "one of the fields is of the fact that the rule judges, the other of what `with` or `without` asks for";
            problems.push(Problem::new(Code::WrongValue, span, message).help(HELP));
            return;
        }
    };
    let join = &mut joins[at];
    if join.same.len() == JOIN_FIELDS {
        problems.push(Problem::new(Code::WrongValue, span, format!("at most {JOIN_FIELDS} fields of two facts are compared")));
        return;
    }
    join.same.push((own, other));
}

/// Whose field it is (a join by number, or the judged fact), and which.
fn side(text: &Spanned<String>, own: &[String], joins: &[Join], reader: &Reader<'_>, problems: &mut Problems) -> Option<(Option<usize>, Side)> {
    let whole = text.get_ref().as_str();
    let of = |who: &str| whole.strip_prefix(who).and_then(|rest| rest.strip_prefix('.'));
    let join = joins.iter().enumerate().find_map(|(at, join)| of(&join.name).map(|field| (Some(at), field, join.kinds())));
    let found = join.or_else(|| own.iter().find_map(|kind| of(kind)).or_else(|| of("this")).map(|field| (None, field, own)));
    let Some((who, field, kinds)) = found else {
        let who = whole.split('.').next().unwrap_or(whole);
        let known: Vec<&str> = joins.iter().map(|join| join.name.as_str()).chain(own.iter().map(String::as_str)).chain(["this"]).collect();
        let mut problem = Problem::new(Code::UnknownField, text.span(), format!("no fact of this rule is called `{who}`"));
        problem.help = suggest::help(who, known.iter().copied());
        problems.push(problem);
        return None;
    };
    let is_field =
        |name: &str| kinds.iter().filter_map(|kind| vocabulary::kind(kind)).any(|kind| kind.fields.iter().any(|(field, _)| *field == name));
    let (field, part) = match field.rsplit_once('.') {
        Some((field, "first")) if !is_field(whole) => (field, Part::First),
        Some((field, "last")) if !is_field(whole) => (field, Part::Last),
        Some((field, "folder")) if !is_field(whole) => (field, Part::Folder),
        _ => (field, Part::Whole),
    };
    let before = problems.len();
    reader.check_field(field, text.span(), kinds, problems);
    (problems.len() == before).then(|| (who, Side { field: field.to_owned(), part }))
}
