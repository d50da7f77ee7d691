//! What code uses: dotted names that it loads, calls and imports, followed through aliases, attributes and the evaluation stack.
//!
//! Bytecode is gone through from its beginning to its end without following jumps, so that no branch is missed. Where more than one version fits,
//! the names of each are given. Names that nothing resolves are given as they stand.

use crate::instruction::Instructions;
use crate::node::{Code, Id, Node, Object};
use crate::tracker::{Alias, Tracker};
use crate::{Part, Version, limits};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use weighbridge_parse_read::{ReadAt, Stop};

/// co_flags: the code has fast locals, so it is a function's; modules and class bodies have none.
pub const OPTIMIZED: i32 = 1;

/// Names, each once, in the order in which they were met.
#[derive(Debug, Clone, Default)]
pub struct Names {
    list: Vec<String>,
    seen: HashSet<String>,
    total: u64,
}

impl Names {
    /// The names that were kept, at most `limits::NAMES`.
    pub fn list(&self) -> &[String] {
        &self.list
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Adds a name; the answer is where it stands, if it is new.
    pub(crate) fn add(&mut self, name: &str) -> Option<usize> {
        if name.is_empty() || self.seen.contains(name) {
            return None;
        }
        self.total += 1;
        if self.list.len() >= limits::NAMES {
            return None;
        }
        self.seen.insert(name.to_owned());
        self.list.push(name.to_owned());
        Some(self.list.len() - 1)
    }

    /// Takes up another's names.
    pub fn merge(&mut self, other: Names) {
        if self.list.is_empty() {
            *self = other;
            return;
        }
        let kept = other.list.len() as u64;
        for name in &other.list {
            self.add(name);
        }
        self.total = self.total.max(other.total).max(self.list.len() as u64).max(kept);
    }

    /// Puts a longer name in the place of the one that it begins with.
    pub(crate) fn extend(&mut self, at: usize, name: &str) -> Option<usize> {
        let replaces = self.list.get(at).is_some_and(|old| name.strip_prefix(old.as_str()).is_some_and(|rest| rest.starts_with('.')));
        if !replaces {
            return self.add(name);
        }
        let old = std::mem::take(&mut self.list[at]);
        self.seen.remove(&old);
        if self.seen.insert(name.to_owned()) {
            self.list[at] = name.to_owned();
            return Some(at);
        }
        // It is there already: the place keeps what it had, which is true too.
        self.seen.insert(old.clone());
        self.list[at] = old;
        None
    }
}

/// What a stream's code uses.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// By code that runs with the outermost code object: modules, class bodies, comprehensions of both.
    pub body: Names,
    /// By functions within it, which run when they are called.
    pub functions: Names,
}

struct Job {
    id: Id,
    in_function: bool,
    outer: Rc<HashMap<String, Alias>>,
}

/// Goes through all code objects as each of `versions`.
pub fn survey<R: ReadAt + ?Sized>(object: &Object<'_, R>, versions: &[Version]) -> Result<Survey, Stop> {
    let mut survey = Survey::default();
    for version in versions {
        let mut globals = HashMap::new();
        let mut found = Survey::default();
        if pass(object, *version, &mut globals, &mut found)? {
            // The second time, what functions make global is known from the beginning.
            found = Survey::default();
            pass(object, *version, &mut globals, &mut found)?;
        }
        survey.body.merge(found.body);
        survey.functions.merge(found.functions);
    }
    Ok(survey)
}

/// The answer is whether a function stored a global name.
fn pass<R: ReadAt + ?Sized>(
    object: &Object<'_, R>,
    version: Version,
    globals: &mut HashMap<String, Alias>,
    survey: &mut Survey,
) -> Result<bool, Stop> {
    let mut stored = false;
    let mut visited = HashSet::new();
    let nested: HashSet<Id> = object.codes().flat_map(|(_, code)| constants_with_code(object, code)).collect();
    let roots: Vec<Id> = object.codes().map(|(id, _)| id).collect();
    // First those that no other holds, then what only a cycle reaches.
    let (first, rest): (Vec<Id>, Vec<Id>) = roots.into_iter().partition(|id| !nested.contains(id));
    for root in first.into_iter().chain(rest) {
        let mut jobs = VecDeque::from([Job { id: root, in_function: false, outer: Rc::default() }]);
        while let Some(job) = jobs.pop_front() {
            if !visited.insert(job.id) {
                continue;
            }
            let Node::Code(code) = object.node(job.id) else { continue };
            let module = job.id == root;
            let function =
                !module && (job.in_function || code.number(crate::Number::Flags) & OPTIMIZED != 0 && !runs_at_once(&object.name(code, Part::Name)?));
            let names = if function { &mut survey.functions } else { &mut survey.body };
            let mut tracker = Tracker::new(object, code, version, names, globals, &job.outer, module)?;
            let bytecode = bytecode(object, code)?;
            let mut since = 0u64;
            for instruction in Instructions::new(&bytecode, version) {
                since += 1;
                if since.is_multiple_of(8_192) {
                    object.input.poll(8_192)?;
                }
                tracker.step(&instruction)?;
            }
            object.input.poll(since % 8_192)?;
            stored |= tracker.stored_global && !module;
            let locals = tracker.finish();
            let outer = Rc::new(locals);
            jobs.extend(constants_with_code(object, code).map(|id| Job { id, in_function: function, outer: Rc::clone(&outer) }));
        }
    }
    Ok(stored)
}

/// Comprehensions are functions by their flags, and run where they stand.
fn runs_at_once(name: &str) -> bool {
    matches!(name, "<listcomp>" | "<setcomp>" | "<dictcomp>" | "<genexpr>")
}

/// The code objects among a code object's constants.
fn constants_with_code<'o, R: ReadAt + ?Sized>(object: &'o Object<'_, R>, code: &'o Code) -> impl Iterator<Item = Id> + 'o {
    object.items(code, Part::Constants).iter().copied().filter(|id| matches!(object.node(*id), Node::Code(_)))
}

/// A code object's bytecode, at most `limits::BYTECODE`.
pub(crate) fn bytecode<R: ReadAt + ?Sized>(object: &Object<'_, R>, code: &Code) -> Result<Vec<u8>, Stop> {
    match code.part(Part::Bytecode).map(|id| object.node(id)) {
        Some(Node::Bytes(span) | Node::Text { span, .. }) => object.bytes(*span, limits::BYTECODE),
        _ => Ok(Vec::new()),
    }
}
