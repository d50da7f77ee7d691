//! One code object gone through: a stack of which only names and constants are known.

use crate::instruction::Instruction;
use crate::node::{Code, Id, Node, Object};
use crate::opcodes::Op;
use crate::survey::Names;
use crate::{Layout, Part, Version, limits};
use std::collections::HashMap;
use weighbridge_parse_read::python::is_builtin;
use weighbridge_parse_read::{ReadAt, Stop};

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alias {
    /// Another name.
    Dotted(String),
    /// A function or class of the code itself.
    Own,
}

/// A value on the stack.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Unknown,
    /// What a call has in place of an object that a method belongs to.
    Null,
    /// A name, and where it was put down when this value brought it.
    Name(String, Option<usize>),
    Constant(Id),
    Text(String),
    /// A function or class that the code makes.
    Own,
}

pub(crate) struct Tracker<'t, 'i, R: ?Sized> {
    object: &'t Object<'i, R>,
    version: Version,
    names: &'t mut Names,
    globals: &'t mut HashMap<String, Alias>,
    outer: &'t HashMap<String, Alias>,
    locals: HashMap<String, Alias>,
    module: bool,
    constants: &'t [Id],
    /// co_names, and whether an instruction used each.
    attributes: Vec<String>,
    used: Vec<bool>,
    variables: Vec<String>,
    /// Cells and free variables.
    free: Vec<String>,
    stars: Vec<String>,
    stack: Vec<Value>,
    pub stored_global: bool,
}

impl<'t, 'i, R: ReadAt + ?Sized> Tracker<'t, 'i, R> {
    pub fn new(
        object: &'t Object<'i, R>,
        code: &'t Code,
        version: Version,
        names: &'t mut Names,
        globals: &'t mut HashMap<String, Alias>,
        outer: &'t HashMap<String, Alias>,
        module: bool,
    ) -> Result<Self, Stop> {
        let attributes = object.names(code, Part::Names)?;
        let variables = object.names(code, Part::Variables)?;
        let free = if object.layout == Layout::Py311 {
            variables.clone()
        } else {
            let mut free = object.names(code, Part::Cells)?;
            free.extend(object.names(code, Part::Free)?);
            free
        };
        let constants = object.items(code, Part::Constants);
        let used = vec![false; attributes.len()];
        let (locals, stars, stack) = (HashMap::new(), Vec::new(), Vec::new());
        Ok(Tracker {
            object,
            version,
            names,
            globals,
            outer,
            locals,
            module,
            constants,
            attributes,
            used,
            variables,
            free,
            stars,
            stack,
            stored_global: false,
        })
    }

    /// Puts down what no instruction used, and hands on the variables that nested code may use.
    pub fn finish(self) -> HashMap<String, Alias> {
        for (name, used) in self.attributes.iter().zip(&self.used) {
            if !used {
                self.names.add(name);
            }
        }
        let mut locals = self.locals;
        for (name, alias) in self.outer {
            if locals.len() >= limits::ALIASES {
                break;
            }
            locals.entry(name.clone()).or_insert_with(|| alias.clone());
        }
        locals
    }

    pub fn step(&mut self, instruction: &Instruction) -> Result<(), Stop> {
        let argument = instruction.argument as usize;
        match instruction.entry.op {
            Op::Nop | Op::Extended | Op::Resume | Op::KeywordNames => {}
            Op::Unknown | Op::Clear => self.stack.clear(),
            Op::Plain(pops, pushes) => {
                self.pop_many(usize::from(pops));
                (0..pushes).for_each(|_| self.push(Value::Unknown));
            }
            Op::Build(each) => {
                self.pop_many(argument.saturating_mul(usize::from(each)));
                self.push(Value::Unknown);
            }
            Op::Constant => {
                let value = self.constants.get(argument).map_or(Value::Unknown, |id| Value::Constant(*id));
                self.push(value);
            }
            Op::Number | Op::Common => self.push(Value::Unknown),
            Op::ReturnConstant => self.stack.clear(),
            Op::Exec => {
                self.pop_many(3);
                self.names.add("builtins.exec");
            }
            Op::Null => self.push(Value::Null),
            Op::LoadName => {
                let name = self.attribute(argument);
                let value = self.load(&name, true);
                self.push(value);
            }
            Op::LoadGlobal => {
                let shift = self.version >= Version::V3_11;
                let name = self.attribute(if shift { argument >> 1 } else { argument });
                let value = self.load(&name, false);
                if shift && argument & 1 != 0 {
                    self.push(Value::Null);
                }
                self.push(value);
            }
            Op::LoadFast => self.load_fast(argument),
            Op::LoadFastPair => {
                self.load_fast(argument >> 4);
                self.load_fast(argument & 15);
            }
            Op::LoadFree => {
                let alias = self.free.get(argument).and_then(|name| self.locals.get(name).or_else(|| self.outer.get(name))).cloned();
                let value = self.known(alias);
                self.push(value);
            }
            Op::LoadAttribute => {
                let (index, method) = if self.version >= Version::V3_12 { (argument >> 1, argument & 1 != 0) } else { (argument, false) };
                self.load_attribute(index, method);
            }
            Op::LoadMethod => self.load_attribute(argument, true),
            Op::LoadSuper => {
                self.pop_many(3);
                let name = self.attribute(argument >> 2);
                self.names.add(&format!(".{name}"));
                self.push(Value::Unknown);
                if argument & 1 != 0 {
                    self.push(Value::Null);
                }
            }
            Op::StoreName => {
                let name = self.attribute(argument);
                let value = self.pop();
                self.store(name, value, self.module);
            }
            Op::StoreGlobal => {
                let name = self.attribute(argument);
                let value = self.pop();
                self.stored_global = true;
                self.store(name, value, true);
            }
            Op::StoreFast => self.store_fast(argument),
            Op::StoreFastLoadFast => {
                self.store_fast(argument >> 4);
                self.load_fast(argument & 15);
            }
            Op::StoreFastPair => {
                self.store_fast(argument >> 4);
                self.store_fast(argument & 15);
            }
            Op::StoreFree => {
                let name = self.free.get(argument).cloned().unwrap_or_default();
                let value = self.pop();
                self.store(name, value, false);
            }
            Op::StoreAttribute => {
                self.attribute(argument);
                self.pop_many(2);
            }
            Op::DeleteName => {
                self.attribute(argument);
                self.stack.clear();
            }
            Op::DeleteFast => {}
            Op::ImportName => self.import(argument),
            Op::ImportFrom => {
                let name = self.attribute(argument);
                let value = match self.stack.last() {
                    Some(Value::Name(module, at)) => {
                        let (module, at) = (module.clone(), *at);
                        self.extend(&module, at, &name)
                    }
                    _ => Value::Unknown,
                };
                self.push(value);
            }
            Op::ImportStar => {
                if let Value::Name(module, _) = self.pop() {
                    self.names.add(&format!("{module}.*"));
                    if self.stars.len() < 16 {
                        self.stars.push(module);
                    }
                }
            }
            Op::Add => self.add(),
            Op::Binary if matches!(argument, 0 | 13) => self.add(),
            Op::Binary => {
                self.pop_many(2);
                self.push(Value::Unknown);
            }
            Op::Duplicate => self.copy(1),
            Op::Copy => self.copy(argument),
            Op::Swap => self.swap(argument),
            Op::Rotate2 => self.swap(2),
            Op::Rotate3 => {
                self.swap(3);
                self.swap(2);
            }
            Op::MakeFunction => {
                let extras = match self.version {
                    Version::V2_7 => argument + usize::from(instruction.entry.name == "MAKE_CLOSURE"),
                    Version::V3_13 | Version::V3_14 | Version::V3_15 => 0,
                    _ => (argument & 15).count_ones() as usize + usize::from(self.version < Version::V3_11),
                };
                self.pop_many(extras + 1);
                self.push(Value::Own);
            }
            Op::BuildClass => self.push(Value::Own),
            Op::Call2(more) => {
                self.pop_many(usize::from(more));
                let pairs = argument >> 8 & 0xff;
                self.pop_many(2 * pairs);
                self.call(argument & 0xff, false);
            }
            Op::CallFunction => self.call(argument, false),
            Op::CallFunctionKeywords => {
                self.pop();
                self.call(argument, false);
            }
            Op::CallFunctionExtended => {
                let keywords = self.version >= Version::V3_14 || argument & 1 != 0;
                self.pop_many(1 + usize::from(keywords));
                self.call(0, self.version >= Version::V3_11);
            }
            Op::CallMethod | Op::Call => self.call(argument, true),
            Op::CallKeywords => {
                self.pop();
                self.call(argument, true);
            }
        }
        Ok(())
    }

    fn push(&mut self, value: Value) {
        if self.stack.len() >= limits::STACK {
            self.stack.clear();
        }
        self.stack.push(value);
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Unknown)
    }

    fn pop_many(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count));
    }

    fn copy(&mut self, depth: usize) {
        let value = depth.checked_sub(1).and_then(|depth| self.stack.iter().rev().nth(depth)).cloned().unwrap_or(Value::Unknown);
        self.push(value);
    }

    fn swap(&mut self, depth: usize) {
        let top = self.stack.len();
        match top.checked_sub(depth) {
            Some(other) if depth > 0 => self.stack.swap(top - 1, other),
            _ => self.stack.clear(),
        }
    }

    fn attribute(&mut self, index: usize) -> String {
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        self.attributes.get(index).cloned().unwrap_or_default()
    }

    fn name(&mut self, name: String) -> Value {
        let at = self.names.add(&name);
        Value::Name(name, at)
    }

    /// A name in the scopes that it is looked up in.
    fn load(&mut self, name: &str, local: bool) -> Value {
        let alias = if local { self.locals.get(name) } else { None };
        match alias.or_else(|| self.globals.get(name)) {
            Some(Alias::Dotted(dotted)) => self.name(dotted.clone()),
            Some(Alias::Own) => Value::Own,
            None if is_builtin(name) => self.name(format!("builtins.{name}")),
            None => {
                for star in self.stars.clone() {
                    self.names.add(&format!("{star}.{name}"));
                }
                self.name(name.to_owned())
            }
        }
    }

    fn known(&mut self, alias: Option<Alias>) -> Value {
        match alias {
            Some(Alias::Dotted(dotted)) => self.name(dotted),
            Some(Alias::Own) => Value::Own,
            None => Value::Unknown,
        }
    }

    fn load_fast(&mut self, index: usize) {
        let alias = self.variables.get(index).and_then(|name| self.locals.get(name)).cloned();
        let value = self.known(alias);
        self.push(value);
    }

    fn store_fast(&mut self, index: usize) {
        let name = self.variables.get(index).cloned().unwrap_or_default();
        let value = self.pop();
        self.store(name, value, false);
    }

    /// A variable keeps what it once stood for: a branch that gives it something else takes nothing back.
    fn store(&mut self, name: String, value: Value, global: bool) {
        let alias = match value {
            Value::Name(dotted, _) => Alias::Dotted(dotted),
            Value::Own => Alias::Own,
            // A name of the code's own. One that is there without an import stays what it was, whatever a branch makes of it.
            _ if !is_builtin(&name) => Alias::Own,
            _ => return,
        };
        let scope = if global { &mut *self.globals } else { &mut self.locals };
        let own = alias == Alias::Own;
        if scope.len() < limits::ALIASES && !(own && scope.contains_key(&name)) {
            scope.insert(name, alias);
        }
    }

    fn extend(&mut self, base: &str, at: Option<usize>, attribute: &str) -> Value {
        let mut dotted = format!("{base}.{attribute}");
        dotted.truncate(dotted.floor_char_boundary(limits::NAME));
        let at = match at {
            Some(at) => self.names.extend(at, &dotted),
            None => self.names.add(&dotted),
        };
        Value::Name(dotted, at)
    }

    fn load_attribute(&mut self, index: usize, method: bool) {
        let attribute = self.attribute(index);
        let value = match self.pop() {
            Value::Name(base, at) => self.extend(&base, at, &attribute),
            // Of what it is an attribute is not known: its chain begins with a dot.
            _ => self.extend("", None, &attribute),
        };
        self.push(value);
        if method {
            self.push(Value::Null);
        }
    }

    /// `import a.b` gives `a`, `from a.b import c` gives `a.b`.
    fn import(&mut self, argument: usize) {
        let mut module = self.attribute(if self.version >= Version::V3_15 { argument >> 2 } else { argument });
        let list = self.pop();
        let level = match self.pop() {
            Value::Constant(id) => match self.object.node(id) {
                Node::Int(level) => usize::try_from(*level).unwrap_or(0).min(8),
                _ => 0,
            },
            _ => 0,
        };
        let from = matches!(list, Value::Constant(id) if matches!(self.object.node(id), Node::Tuple(_)));
        module.insert_str(0, &".".repeat(level));
        let at = self.names.add(&module);
        let value = match module.split_once('.') {
            Some((root, _)) if !from && level == 0 => Value::Name(root.to_owned(), None),
            _ => Value::Name(module, at),
        };
        self.push(value);
    }

    fn string(&self, value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text.clone()),
            Value::Constant(id) => self.object.text(*id, limits::NAME).ok().flatten().map(|cut| cut.text),
            _ => None,
        }
    }

    fn add(&mut self) {
        let (right, left) = (self.pop(), self.pop());
        let value = match (self.string(&left), self.string(&right)) {
            (Some(left), Some(right)) if left.len() + right.len() <= limits::NAME => Value::Text(left + &right),
            _ => Value::Unknown,
        };
        self.push(value);
    }

    /// Pops arguments and callee; `pair` where a method's object, or nothing, stands beside the callee.
    fn call(&mut self, count: usize, pair: bool) {
        let keep = self.stack.len().saturating_sub(count);
        let arguments = self.stack.split_off(keep);
        let (mut callee, other) = (self.pop(), if pair { self.pop() } else { Value::Null });
        if callee == Value::Null {
            callee = other;
        }
        let text = |at: usize| arguments.get(at).and_then(|value| self.string(value));
        let value = match callee {
            Value::Name(name, _) => match name.as_str() {
                "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => match text(0) {
                    // The function gives the package, `import_module` the module in it.
                    Some(module) => {
                        self.names.add(&module);
                        let root = if name == "importlib.import_module" { module.clone() } else { module.split('.').next().unwrap_or("").to_owned() };
                        Value::Name(root, None)
                    }
                    None => Value::Unknown,
                },
                "builtins.getattr" => match (arguments.first(), text(1)) {
                    (Some(Value::Name(base, at)), Some(attribute)) => {
                        let (base, at) = (base.clone(), *at);
                        self.extend(&base, at, &attribute)
                    }
                    (_, Some(attribute)) => {
                        self.names.add(&format!(".{attribute}"));
                        Value::Unknown
                    }
                    _ => Value::Unknown,
                },
                _ => Value::Unknown,
            },
            // A class, or what a decorator made of a function of this code.
            Value::Own => Value::Own,
            _ => Value::Unknown,
        };
        self.push(value);
    }
}
