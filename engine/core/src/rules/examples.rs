//! A rule's examples: facts that it matches, and facts that it must not.

use super::around::{Around, Surroundings};
use super::condition::Condition;
use super::error::{Code, Problem};
use super::evaluate::Scene;
use super::join::Found;
use super::names::Names;
use super::pack::Rule;
use super::read::{self, Node, Problems, Table, number_of, wrong};
use super::read_condition::Reader;
use crate::fact::{Fact, InputId, InputInfo, Place, Space, Value};
use crate::record::{FileFacts, Record, Sink};

/// An example of a rule.
#[derive(Debug, Clone)]
pub struct Example {
    /// The fact.
    pub fact: Fact,
    /// The fact that it belongs to.
    pub parent: Option<Fact>,
    /// Other facts of the same file or artifact.
    pub others: Vec<Fact>,
    /// The file that it lies in.
    pub file: Option<Fact>,
    /// Whether the rule has to match it.
    pub matches: bool,
}

impl Example {
    /// The example on one line.
    pub fn shown(&self) -> String {
        let mut shown = fact_shown(&self.fact);
        for (word, fact) in self.parent.iter().map(|fact| ("belongs to", fact)).chain(self.others.iter().map(|fact| ("beside", fact))) {
            shown.push_str(&format!(", {word} {}", fact_shown(fact)));
        }
        if let Some(file) = &self.file {
            shown.push_str(&format!(", in {}", fact_shown(file)));
        }
        shown
    }

    /// The example as what a scan would have given.
    pub fn facts(&self) -> FileFacts {
        let mut file = FileFacts::default();
        file.record(Record::Input(InputInfo {
            id: InputId(0),
            parent: None,
            name: "example".into(),
            raw_name: None,
            index: 0,
            size: 0,
            space: Space::File,
            file_offset: Some(0),
            encoding: String::new(),
            formats: Vec::new(),
            fact: None,
        }));
        for fact in self.parent.iter().chain([&self.fact]).chain(&self.others) {
            file.record(Record::Fact(fact.clone()));
        }
        file
    }
}

impl Rule {
    /// The examples that do not come out as they say.
    pub fn failing_examples<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a Example> {
        self.examples.iter().filter(move |example| self.matches(example, names) != example.matches)
    }

    /// Whether it matches an example, its own or another rule's.
    pub fn matches(&self, example: &Example, names: &Names) -> bool {
        let file = example.facts();
        let mut surroundings = Surroundings::new(&file, Around { path: "example", ..Around::default() });
        if let Some(fact) = &example.file {
            surroundings = surroundings.with_file(fact.clone());
        }
        let scene = Scene { file: &file, surroundings: &surroundings, names, assume: true };
        scene.holds(&self.condition, &example.fact)
            && self.joins.iter().all(|join| {
                let mut found = Found::default();
                for fact in file.facts.iter().filter(|fact| join.means(scene, fact)) {
                    found.add(fact.id, join.other_keys(fact), String::new);
                }
                found.answers(join, example.fact.id, &join.keys(&example.fact)).is_some()
            })
    }

    /// The kinds of facts that it judges; none where it takes any.
    pub fn kinds(&self) -> Option<Vec<&str>> {
        kinds_of(&self.condition)
    }
}

fn kinds_of(condition: &Condition) -> Option<Vec<&str>> {
    match condition {
        Condition::Kind(kinds) => Some(kinds.iter().map(String::as_str).collect()),
        Condition::All(parts) => parts.iter().find_map(kinds_of),
        Condition::Any(parts) => parts.iter().map(kinds_of).collect::<Option<Vec<_>>>().map(|kinds| kinds.concat()),
        _ => None,
    }
}

fn fact_shown(fact: &Fact) -> String {
    let fields: Vec<String> = fact.fields.iter().map(|(name, value)| format!("{name} = {}", crate::words::rendered(value))).collect();
    format!("{} {{ {} }}", fact.kind, fields.join(", "))
}

/// A fact from a table: `kind`, and fields.
pub fn fact(node: Node<'_>, id: u64, parent: Option<u64>, reader: &Reader<'_>, problems: &mut Problems) -> Option<Fact> {
    let mut table = Table::of(node, "a fact", problems)?;
    let kind = table.required_text("kind", problems);
    reader.check_kind(&kind, problems);
    let kind = kind.into_inner();
    let kinds = [kind.clone()];
    let mut fields = Vec::new();
    for (field, node) in table.into_entries() {
        reader.check_field(field.get_ref(), field.span(), &kinds, problems);
        if let Some(value) = value(node, problems) {
            fields.push((field.into_inner().into_owned(), value));
        }
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let places = vec![Place { input: InputId(0), offset: 0, length: 0 }];
    Some(Fact { id, kind, parent, fields, places, count: 1, plugin: "example".into() })
}

fn value(node: Node<'_>, problems: &mut Problems) -> Option<Value> {
    let span = node.span();
    match node.into_inner() {
        read::Value::String(text) => Some(Value::text(text.into_owned())),
        read::Value::Array(items) => {
            let items: Vec<Value> = items.into_iter().filter_map(|item| value(item, problems)).collect();
            let len = items.len() as u64;
            Some(Value::List(items, len))
        }
        other => match number_of(&other) {
            Some(number) => u64::try_from(number).map(Value::U64).or(i64::try_from(number).map(Value::I64)).ok(),
            None => {
                problems.push(wrong(&other, span, "a field is text, a number, or a list of these"));
                None
            }
        },
    }
}

/// The `file` fact of an example: what it lies in.
pub fn file(node: Node<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<Fact> {
    let mut table = Table::of(node, "a file", problems)?;
    let kinds = ["file".to_owned()];
    if table.has("kind") {
        let kind = table.text("kind", problems).filter(|kind| kind.get_ref() != "file");
        problems.extend(kind.map(|kind| Problem::new(Code::WrongValue, kind.span(), "this is the file that the fact lies in: its kind is `file`")));
    }
    let mut fields = Vec::new();
    for (field, node) in table.into_entries() {
        reader.check_field(field.get_ref(), field.span(), &kinds, problems);
        fields.extend(value(node, problems).map(|value| (field.into_inner().into_owned(), value)));
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let places = vec![Place { input: InputId(0), offset: 0, length: 0 }];
    Some(Fact { id: 0, kind: "file".into(), parent: None, fields, places, count: 1, plugin: "core".into() })
}
