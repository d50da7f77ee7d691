//! What is known of a file beside the facts in it: where it lies, and what lies beside it. Rules ask for it as facts too.

use super::callable::Callable;
use super::evaluate::readings;
use super::names::Names;
use crate::fact::{Fact, InputId, InputInfo, Place, Value};
use crate::record::FileFacts;
use crate::source::{Neighbour, NeighbourKind};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Where a file lies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// As reports give it, with / between parts.
    pub path: &'a str,
    /// The artifact that it belongs to: the path of a directory that is one model.
    pub artifact: Option<&'a str>,
    /// What lies in the same folder, where a folder was given, in the order of the names.
    pub beside: &'a [Neighbour],
}

/// Ids of facts that the engine itself says; those of others are hashes.
const FILES: u64 = 1 << 40;
const BESIDE: u64 = 2 << 40;

/// The facts that the engine itself says of a file, made when they are first asked for.
#[derive(Debug)]
pub struct Surroundings<'a> {
    pub around: Around<'a>,
    facts: &'a FileFacts,
    files: OnceCell<Vec<Fact>>,
    members: OnceCell<Vec<Fact>>,
    /// What the name that was asked for last may mean: several conditions ask of one fact, and calls of one callable stand side by side.
    read: RefCell<Option<Read>>,
}

/// A module and a name, and every reading of the two.
#[derive(Debug)]
struct Read {
    module: String,
    name: String,
    readings: Rc<[String]>,
}

impl<'a> Surroundings<'a> {
    pub fn new(facts: &'a FileFacts, around: Around<'a>) -> Self {
        Surroundings { around, facts, files: OnceCell::new(), members: OnceCell::new(), read: RefCell::default() }
    }

    /// With one file's fact as it is given, for examples.
    pub fn with_file(self, file: Fact) -> Self {
        Surroundings { files: OnceCell::from(vec![file]), ..self }
    }

    /// Every reading of the callable that a fact names.
    pub fn readings(&self, names: &Names, fact: &Fact) -> Rc<[String]> {
        let Some(callable) = Callable::of(fact) else { return Rc::default() };
        let (module, name) = callable.read;
        let mut read = self.read.borrow_mut();
        if let Some(known) = read.as_ref().filter(|known| known.module == module && known.name == name) {
            return known.readings.clone();
        }
        let readings: Rc<[String]> = readings(names, callable).into();
        *read = Some(Read { module: module.to_owned(), name: name.to_owned(), readings: readings.clone() });
        readings
    }

    /// A `file` fact for each input; their order is that of the inputs' ids.
    pub fn files(&self) -> &[Fact] {
        self.files.get_or_init(|| {
            let inputs = &self.facts.inputs;
            let mut depths: Vec<u64> = Vec::with_capacity(inputs.len());
            for input in inputs {
                let depth = input.parent.and_then(|parent| depths.get(parent.0 as usize)).map_or(0, |depth| depth + 1);
                depths.push(depth);
            }
            inputs.iter().zip(depths).map(|(input, depth)| self.file(input, depth)).collect()
        })
    }

    /// A `member` fact for each name beside the file, without the file itself.
    pub fn members(&self) -> &[Fact] {
        self.members.get_or_init(|| {
            let own = base_name(self.around.path);
            let beside = self.around.beside.iter().filter(|neighbour| neighbour.name != own);
            beside.enumerate().map(|(at, neighbour)| member(BESIDE + at as u64, &neighbour.name, neighbour.kind, None)).collect()
        })
    }

    /// The `member` facts of those beside the file whose name is `name`, with or without an extension.
    pub fn members_named(&self, name: &str) -> Vec<Fact> {
        let (own, beside) = (base_name(self.around.path), self.around.beside);
        let from = |text: &str| beside.partition_point(|neighbour| neighbour.name.as_str() < text);
        let dotted = format!("{name}.");
        let whole = (from(name)..beside.len()).take_while(|at| beside[*at].name == name);
        let extended = (from(&dotted)..beside.len()).take_while(|at| beside[*at].name.starts_with(&dotted));
        let other = whole.chain(extended).filter(|at| beside[*at].name != own);
        other.map(|at| member(BESIDE + at as u64, &beside[at].name, beside[at].kind, None)).collect()
    }

    fn file(&self, input: &InputInfo, depth: u64) -> Fact {
        let path = if depth == 0 { self.around.path } else { &input.name };
        let formats = input.formats.iter().map(|format| Value::text(format.as_str())).collect();
        let mut fields = named(base_name(path));
        fields.push(("path".into(), Value::text(path)));
        fields.push(("formats".into(), Value::List(formats, input.formats.len() as u64)));
        fields.push(("depth".into(), Value::U64(depth)));
        fields.push(("size".into(), Value::U64(input.size)));
        own(FILES + u64::from(input.id.0), "file", fields, input.id)
    }
}

/// A `member` fact for a file or folder; `name` is relative to the folder that holds it.
pub fn member(id: u64, name: &str, kind: NeighbourKind, size: Option<u64>) -> Fact {
    let mut fields = named(base_name(name));
    fields.retain(|(field, _)| field != "name");
    fields.push(("name".into(), Value::text(name)));
    fields.push(("type".into(), Value::text(kind.name())));
    fields.extend(size.map(|size| ("size".into(), Value::U64(size))));
    own(id, "member", fields, InputId(0))
}

fn own(id: u64, kind: &str, mut fields: Vec<(String, Value)>, input: InputId) -> Fact {
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let places = vec![Place { input, offset: 0, length: 0 }];
    Fact { id, kind: kind.into(), parent: None, fields, places, count: 1, plugin: "core".into() }
}

/// Name, stem and extension.
fn named(name: &str) -> Vec<(String, Value)> {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension.to_ascii_lowercase()),
        _ => (name, String::new()),
    };
    vec![("name".into(), Value::text(name)), ("stem".into(), Value::text(stem)), ("extension".into(), Value::text(extension))]
}

/// The last part of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
