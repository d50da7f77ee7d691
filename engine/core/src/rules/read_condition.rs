//! Conditions from TOML, held against the vocabulary.

use super::condition::{Condition, Number, Range as Numbers, Test};
use super::error::{Code, Problem};
use super::field_types;
use super::marks::Marks;
use super::name_map::{Listed, Members, NameSet};
use super::names::Names;
use super::pattern::Pattern;
use super::read::{Node, Problems, Table, Value, name_of, wrong};
use super::suggest;
use super::text::{Str, part};
use crate::limits::CONDITION_DEPTH;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use weighbridge_abi::vocabulary;

const GLOBAL_KINDS: &[&str] = &["global", "call", "layer"];

/// What conditions of one pack are read with.
pub struct Reader<'a> {
    /// Aliases, roots and their lists.
    pub names: &'a Names,
    /// The pack's own lists.
    pub lists: BTreeMap<String, Vec<Str>>,
    /// Whether a test has compiled its patterns and looked up its fields before.
    pub trusted: bool,
    /// Whether names are read as they are written.
    pub exact: bool,
    /// Where things stand, if anybody asks.
    pub marks: Option<RefCell<Marks>>,
}

impl Reader<'_> {
    /// Notes where something stands.
    pub fn mark(&self, note: impl FnOnce(&mut Marks)) {
        if let Some(marks) = &self.marks {
            note(&mut marks.borrow_mut());
        }
    }

    /// A condition; `kinds` are those that the surroundings pin it to (none: any).
    pub fn condition(&self, node: Node<'_>, kinds: &[String], problems: &mut Problems) -> Option<Condition> {
        self.nested(node, kinds, CONDITION_DEPTH, problems)
    }

    fn nested(&self, node: Node<'_>, kinds: &[String], depth: usize, problems: &mut Problems) -> Option<Condition> {
        if depth == 0 {
            problems.push(Problem::new(Code::WrongValue, node.span(), "conditions are nested too deeply"));
            return None;
        }
        let span = node.span();
        let mut table = Table::of(node, "a condition", problems)?;
        let mut all = Vec::new();
        let mut kinds = kinds.to_vec();
        if let Some(kind) = table.take("kind") {
            let named: Vec<Spanned<String>> =
                self.texts_or_one(kind, problems).into_iter().map(|kind| Spanned::new(kind.span(), kind.into_inner().into_owned())).collect();
            for kind in &named {
                self.check_kind(kind, problems);
            }
            kinds = named.into_iter().map(Spanned::into_inner).collect();
            all.push(Condition::Kind(kinds.clone()));
        }
        if let Some(globals) = table.take("globals") {
            if kinds.is_empty() {
                kinds = GLOBAL_KINDS.iter().map(|kind| (*kind).to_owned()).collect();
                all.push(Condition::Kind(kinds.clone()));
            }
            all.push(Condition::Globals(Arc::new(NameSet::new(self.listed(globals, problems), self.exact))));
        }
        for (key, make) in [("all", Condition::All as fn(_) -> _), ("any", Condition::Any as fn(_) -> _)] {
            let Some(list) = table.take(key) else { continue };
            let list_span = list.span();
            let Value::Array(items) = list.into_inner() else {
                problems.push(Problem::new(Code::WrongValue, list_span, format!("`{key}` has to be a list of conditions")));
                continue;
            };
            if items.is_empty() {
                problems.push(Problem::new(Code::WrongValue, list_span, format!("`{key}` is empty")));
            }
            let parts = items.into_iter().filter_map(|item| self.nested(item, &kinds, depth - 1, problems)).collect();
            all.push(make(parts));
        }
        if let Some(inner) = table.take("not") {
            all.push(Condition::Not(Box::new(self.nested(inner, &kinds, depth - 1, problems)?)));
        }
        if let Some(inner) = table.take("parent") {
            all.push(Condition::Parent(Box::new(self.nested(inner, &[], depth - 1, problems)?)));
        }
        if let Some(inner) = table.take("within") {
            let file = ["file".to_owned()];
            let inner = self.nested(inner, &file, depth - 1, problems)?;
            all.push(Condition::Within(Box::new(Condition::All(vec![Condition::Kind(file.to_vec()), inner]))));
        }
        if let Some(count) = table.take("count") {
            let span = count.span();
            match self.test(count, depth - 1, problems) {
                Some(Test::Range(range)) => all.push(Condition::Count(range)),
                Some(_) => problems.push(Problem::new(Code::WrongValue, span, "`count` is a number, or { min = …, max = … }")),
                None => {}
            }
        }
        for (field, node) in table.into_entries() {
            self.check_field(field.get_ref(), field.span(), &kinds, problems);
            let span = node.span();
            if let Some(test) = self.test(node, depth - 1, problems) {
                self.check_test(field.get_ref(), &test, span, &kinds, problems);
                all.push(Condition::Field(field.into_inner().into_owned(), test));
            }
        }
        if all.is_empty() {
            let problem = Problem::new(Code::WrongValue, span, "this condition matches everything");
            problems.push(problem.help("ask for something: a kind (kind = \"call\"), callables (globals = { … }), or a field of the fact"));
            return None;
        }
        Some(if all.len() == 1 { all.remove(0) } else { Condition::all(all) })
    }

    /// A kind has to be one of the vocabulary, or a vendor's.
    pub fn check_kind(&self, kind: &Spanned<String>, problems: &mut Problems) {
        self.mark(|marks| marks.kinds.push((kind.get_ref().clone(), kind.span())));
        if self.trusted || vocabulary::is_vendor(kind.get_ref()) || vocabulary::kind(kind.get_ref()).is_some() {
            return;
        }
        let mut problem = Problem::new(Code::UnknownKind, kind.span(), format!("no fact is of the kind `{}`", kind.get_ref()));
        problem.help = suggest::help(kind.get_ref(), vocabulary::KINDS.iter().map(|kind| kind.name));
        problems.push(problem);
    }

    /// A field has to be one that facts of at least one of the kinds can have.
    pub fn check_field(&self, field: &str, span: Range<usize>, kinds: &[String], problems: &mut Problems) {
        self.mark(|marks| marks.fields.push((field.to_owned(), kinds.to_vec(), span.clone())));
        if self.trusted || vocabulary::is_vendor(field) {
            return;
        }
        // Of a vendor's kinds the fields are not known, and of one that does not exist was told already.
        if kinds.iter().any(|kind| vocabulary::kind(kind).is_none()) {
            return;
        }
        let meant = |kind: &&vocabulary::Kind| kinds.is_empty() || kinds.iter().any(|name| name == kind.name);
        let fields = vocabulary::KINDS.iter().filter(meant).flat_map(|kind| kind.fields.iter().map(|(name, _)| *name));
        if fields.clone().any(|name| name == field) {
            return;
        }
        let whose = if kinds.is_empty() { "no fact has".into() } else { format!("facts of kind {} have no", kinds.join(", ")) };
        let mut problem = Problem::new(Code::UnknownField, span, format!("{whose} field `{field}`"));
        let keys = ["kind", "globals", "all", "any", "not", "parent", "within", "count"];
        problem.help = suggest::help(field, fields.chain(keys));
        problems.push(problem);
    }

    /// A test has to be one that a value of the field may pass.
    fn check_test(&self, field: &str, test: &Test, span: Range<usize>, kinds: &[String], problems: &mut Problems) {
        if self.trusted {
            return;
        }
        if let Some((message, help)) = field_types::impossible(field, kinds, test) {
            problems.push(Problem::new(Code::WrongValue, span, message).help(help));
            return;
        }
        self.mark(|marks| {
            let words = field_types::unlisted(field, kinds, test).into_iter();
            marks.words.extend(words.map(|(message, help)| (message, help, span.clone())));
        });
    }

    fn test(&self, node: Node<'_>, depth: usize, problems: &mut Problems) -> Option<Test> {
        let span = node.span();
        if depth == 0 {
            problems.push(Problem::new(Code::WrongValue, span, "conditions are nested too deeply"));
            return None;
        }
        match node.get_ref() {
            Value::String(_) | Value::Array(_) => {
                let texts = self.texts_or_one(node, problems);
                Some(Test::OneOf(Arc::new(texts.into_iter().map(Spanned::into_inner).collect())))
            }
            Value::Integer(_) | Value::Float(_) => Some(Test::Range(Numbers::exactly(number(&node, problems)?))),
            Value::Table(_) => self.test_table(node, depth, problems),
            other => {
                problems.push(wrong(other, span, "a test is text, a list of text, a number or a table"));
                None
            }
        }
    }

    fn test_table(&self, node: Node<'_>, depth: usize, problems: &mut Problems) -> Option<Test> {
        let span = node.span();
        let mut table = Table::of(node, "a test", problems)?;
        let mut tests = Vec::new();
        for (key, make) in [
            ("glob", Test::Glob as fn(String) -> Test),
            ("prefix", Test::Prefix as fn(String) -> Test),
            ("suffix", Test::Suffix as fn(String) -> Test),
            ("contains", Test::Contains as fn(String) -> Test),
        ] {
            if let Some(text) = table.text(key, problems) {
                if key == "glob" {
                    self.mark(|marks| marks.globs.push((text.get_ref().clone(), text.span())));
                }
                tests.push(make(text.into_inner()));
            }
        }
        if let Some(text) = table.prose("regex", problems) {
            tests.push(Test::Matches(self.pattern(&text, problems)?));
        }
        if let Some(parts) = table.take("component") {
            let parts = self.texts_or_one(parts, problems);
            for part in parts.iter().filter(|part| part.get_ref().is_empty() || part.get_ref().contains('.')) {
                let message = format!("`{}` is no part of a dotted name", part.get_ref());
                problems.push(Problem::new(Code::WrongValue, part.span(), message).help("`component` is what stands between two dots"));
            }
            tests.push(Test::Component(Arc::new(parts.into_iter().map(Spanned::into_inner).collect())));
        }
        if table.has("min") || table.has("max") {
            let [min, max] = ["min", "max"].map(|key| table.take(key).and_then(|node| number(&node, problems)));
            let range = Numbers { min, max };
            if range.is_empty() {
                problems.push(Problem::new(Code::WrongValue, span.clone(), "no number is in this range").help("`min` is above `max`"));
            }
            tests.push(Test::Range(range));
        }
        if let Some(present) = table.flag("present", problems) {
            tests.push(Test::Present(present));
        }
        if let Some(globals) = table.take("globals") {
            let set = NameSet::new(self.listed(globals, problems), self.exact);
            tests.push(Test::Globals(Arc::new(set)));
        }
        for (key, make) in [
            ("any_item", Test::AnyItem as fn(Box<Test>) -> Test),
            ("every_item", Test::EveryItem as fn(Box<Test>) -> Test),
            ("not", Test::Not as fn(Box<Test>) -> Test),
        ] {
            if let Some(inner) = table.take(key) {
                tests.push(make(Box::new(self.test(inner, depth - 1, problems)?)));
            }
        }
        if let Some(at) = table.number("item", problems) {
            match table.take("is") {
                Some(inner) => {
                    tests.push(Test::Item(at.into_inner() as usize, Box::new(self.test(inner, depth - 1, problems)?)));
                }
                None => problems.push(Problem::new(Code::MissingKey, at.span(), "`item` needs `is`, the test of that item")),
            }
        }
        let before = problems.len();
        table.finish(problems);
        if tests.len() > 1 {
            problems.push(Problem::new(Code::WrongValue, span, "a test says one thing").help("put several under `all` or `any`"));
        } else if tests.is_empty() && problems.len() == before {
            problems.push(Problem::new(Code::WrongValue, span, "this test says nothing"));
        }
        tests.pop()
    }

    /// An expression.
    pub fn pattern(&self, text: &Spanned<Str>, problems: &mut Problems) -> Option<Arc<Pattern>> {
        if self.trusted {
            return Some(Arc::new(Pattern::lazy(text.get_ref().clone())));
        }
        match Pattern::checked(text.get_ref()) {
            Ok(pattern) => {
                let pattern = Arc::new(pattern);
                self.mark(|marks| marks.patterns.push((pattern.clone(), text.span())));
                Some(pattern)
            }
            Err(reason) => {
                let message = "this expression cannot be used";
                let help = "write it with fewer and smaller repetitions and classes, as the crate `regex` reads them";
                problems.push(Problem::new(Code::Pattern, text.span(), message).label(reason).help(help));
                None
            }
        }
    }

    /// `globals`: a table of modules, or a list of dotted names (`os.*`, `builtins.eval`, `@list`).
    fn listed(&self, node: Node<'_>, problems: &mut Problems) -> Listed {
        let span = node.span();
        let mut listed = Vec::new();
        match node.into_inner() {
            Value::Callables(modules) => {
                let members = |names: &'static str| if names == "*" { Members::All } else { Members::Joined(names) };
                listed.extend(modules.into_iter().map(|(module, names)| (module.into(), members(names))));
            }
            Value::Table(modules) => {
                listed.reserve(modules.len());
                for (module, members) in modules {
                    let Some(members) = self.members(members, problems) else { continue };
                    let module = Spanned::new(module.span(), module.into_inner().into_str());
                    for module in self.expanded([module], problems) {
                        self.check_module(&module, problems);
                        listed.push((module.into_inner(), members.clone()));
                    }
                }
            }
            array @ Value::Array(_) => {
                let paths = names_of(Spanned::new(span.clone(), array), "names have to be text", problems);
                for path in self.expanded(paths, problems) {
                    let path_of = |module: &str| part(path.get_ref(), 0..module.len());
                    listed.push(match path.get_ref().rsplit_once('.') {
                        Some((module, "*")) => (path_of(module), Members::All),
                        Some((_, "**")) if self.exact => (path.get_ref().clone(), Members::All),
                        Some((module, _)) => (path_of(module), Members::one(part(path.get_ref(), module.len() + 1..path.get_ref().len()))),
                        None => {
                            let message = format!("`{}` names no member of a module", path.get_ref());
                            let help = format!("write `{}.*` for a whole module", path.get_ref());
                            problems.push(Problem::new(Code::WrongValue, path.span(), message).help(help));
                            continue;
                        }
                    });
                }
            }
            other => problems.push(wrong(&other, span.clone(), "`globals` is a table of modules or a list of names")),
        }
        if listed.is_empty() {
            let problem = Problem::new(Code::WrongValue, span, "`globals` lists nothing");
            problems.push(problem.help("write modules with their names: globals = { os = [\"system\"], subprocess = \"*\" }"));
        }
        Listed(listed)
    }

    /// `os.**` is how a pack that reads names as they are written says "and what lies below".
    fn check_module(&self, module: &Spanned<Str>, problems: &mut Problems) {
        let (name, below) = super::name_map::below(module.get_ref());
        if name.is_empty() || name.contains('*') || (below && !self.exact) {
            let problem = Problem::new(Code::WrongValue, module.span(), format!("`{}` is not a module", module.get_ref()));
            problems.push(problem.help(match self.exact {
                true => "a module as it is imported; `library.**` is it and every module below",
                false => "a module as it is imported: `library = \"*\"` is it and everything below",
            }));
        }
    }

    fn members(&self, node: Node<'_>, problems: &mut Problems) -> Option<Members> {
        match node.get_ref() {
            Value::String(text) if &**text == "*" => Some(Members::All),
            Value::Array(_) => {
                let names = self.expanded(names_of(node, "names have to be text", problems), problems);
                Some(Members::Named(names.into_iter().map(Spanned::into_inner).collect()))
            }
            Value::Table(_) => {
                let mut table = Table::of(node, "names", problems)?;
                let text = table.required_prose("regex", problems);
                table.finish(problems);
                Some(Members::Matching(self.pattern(&text, problems)?))
            }
            other => {
                let message = "names are \"*\", a list of text, or { regex = \"…\" }";
                problems.push(wrong(other, node.span(), message));
                None
            }
        }
    }

    /// Text, or a list of it, with lists put in.
    fn texts_or_one(&self, node: Node<'_>, problems: &mut Problems) -> Vec<Spanned<Str>> {
        let message = "this has to be text or a list of text";
        let span = node.span();
        let texts: Vec<_> = match node.into_inner() {
            list @ Value::Array(_) => names_of(Spanned::new(span, list), message, problems),
            one => name_of(Spanned::new(span, one), message, problems).into_iter().collect(),
        };
        self.expanded(texts, problems)
    }

    /// Puts lists in where texts are `@name`.
    pub fn expanded(&self, texts: impl IntoIterator<Item = Spanned<Str>>, problems: &mut Problems) -> Vec<Spanned<Str>> {
        let texts = texts.into_iter();
        let mut expanded = Vec::with_capacity(texts.size_hint().0);
        for text in texts {
            match text.get_ref().strip_prefix('@') {
                None => expanded.push(text),
                Some(name) => self.put_in(name, &text.span(), &mut expanded, problems),
            }
        }
        expanded
    }

    fn put_in(&self, name: &str, span: &Range<usize>, expanded: &mut Vec<Spanned<Str>>, problems: &mut Problems) {
        self.mark(|marks| marks.lists.iter_mut().filter(|list| list.name == name).for_each(|list| list.used = true));
        if let Some(list) = self.lists.get(name).or_else(|| self.names.lists().get(name)) {
            expanded.extend(list.iter().map(|item| Spanned::new(span.clone(), item.clone())));
            return;
        }
        let mut problem = Problem::new(Code::UnknownList, span.clone(), format!("there is no list `{name}`"));
        problem.help = suggest::help(name, self.lists.keys().chain(self.names.lists().keys()).map(String::as_str));
        problems.push(problem);
    }
}

/// Names, or mistakes.
pub fn names_of(node: Node<'_>, message: &str, problems: &mut Problems) -> Vec<Spanned<Str>> {
    let span = node.span();
    match node.into_inner() {
        Value::Array(items) => items.into_iter().filter_map(|item| name_of(item, message, problems)).collect(),
        other => {
            problems.push(wrong(&other, span, message));
            Vec::new()
        }
    }
}

/// A number, whole or real.
fn number(node: &Node<'_>, problems: &mut Problems) -> Option<Number> {
    match node.get_ref() {
        Value::Integer(Some(number)) => Some(Number::Whole(*number)),
        Value::Float(real) if real.is_finite() => Some(Number::Real(*real)),
        other => {
            problems.push(wrong(other, node.span(), "this has to be a number"));
            None
        }
    }
}
