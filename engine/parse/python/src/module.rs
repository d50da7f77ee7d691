//! A module's blocks: what runs when it is imported, and what when a function is called.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html>. Bodies of classes run at import; headers of functions (defaults, annotations,
//! decorators) where they stand; bodies of functions when something calls them. A function that code of the import names counts as called.

use crate::hidden::Features;
use crate::limits;
use crate::scan::Scan;
use crate::token::{Kind, Line, Token, Tokens};
use crate::words;
use std::collections::{HashMap, HashSet};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alias {
    Dotted(String),
    Own,
}

/// The module's own code, or one of its functions.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    name: String,
    class: Option<String>,
    pub parent: Option<usize>,
    pub names: Vec<String>,
    pub seen: HashSet<String>,
    pub total: u64,
    pub aliases: HashMap<String, Alias>,
    /// Names of its own that stand for a text.
    pub texts: HashMap<String, String>,
    /// Names of its own that it uses.
    pub uses: HashSet<String>,
    /// Functions that a decorator may call.
    pub decorated: Vec<usize>,
    /// Attributes that it names, of whatever object.
    pub attributes: HashSet<String>,
    /// Classes of its own, with the bases of the module's own.
    pub bases: Vec<(String, String)>,
    /// Those of `names` that it uses beyond importing them.
    pub calls: Vec<String>,
    pub called: HashSet<String>,
    /// Names that stand for what was decoded or fetched.
    pub decoded: HashMap<String, u8>,
    pub features: Features,
    pub globals: HashSet<String>,
    /// The first line that calls what reaches the system, and the first that calls anything from outside.
    reaches: Option<(usize, usize)>,
    first: Option<(usize, usize)>,
}

impl Scope {
    pub fn add(&mut self, name: &str) {
        if name.is_empty() || self.seen.contains(name) {
            return;
        }
        self.total += 1;
        if self.names.len() < limits::NAMES {
            self.seen.insert(name.to_owned());
            self.names.push(name.to_owned());
        }
    }
}

impl Scope {
    pub fn uses_outside(&mut self, name: &str) {
        if self.calls.len() < limits::NAMES && self.called.insert(name.to_owned()) {
            self.calls.push(name.to_owned());
        }
    }
}

struct Block {
    indent: u32,
    scope: usize,
    class: Option<String>,
}

/// Dotted names, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The names that were kept.
    pub list: Vec<String>,
    /// How many there were.
    pub total: u64,
}

/// What a module uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Module {
    /// What is imported, called and looked up when the module is imported.
    pub import: Names,
    /// What its functions use beyond that, when they are called.
    pub functions: Names,
    /// Of both, what is more than imported: called, handed on, looked into.
    pub calls: [Vec<String>; 2],
    /// What code at import and in functions does to keep out of sight: `runs-decoded`, `runs-fetched`, `computes-name`,
    /// `unpickles-decoded`; and that it has a loader trust what comes with a model: `trusts-remote-code`.
    pub features: [Vec<&'static str>; 2],
    /// String constants that are more than documentation: offset and value.
    pub strings: Vec<(usize, String)>,
    /// Of code at import and of functions, the line that is worth looking at first: where it begins and ends.
    pub places: [Option<(usize, usize)>; 2],
    /// Lines that use names from outside, as they stand.
    pub excerpt: String,
    /// Whether the excerpt leaves such lines out.
    pub excerpt_cut: bool,
    /// The source is what TorchScript writes into its archives.
    pub torchscript: bool,
    pub(crate) hidden: Features,
    /// What is no Python: characters, brackets, strings that do not end.
    pub faults: u64,
}

/// Reads a module.
pub fn read(source: &str) -> Module {
    read_at(source, 0)
}

/// Reads a module, or a text that one executes: `depth` texts are around it.
fn read_at(source: &str, depth: usize) -> Module {
    let mut first = Reader::new(source, HashMap::new());
    first.run();
    // Functions use what the module imports behind them.
    let globals = first.scopes.swap_remove(0).aliases;
    let mut reader = Reader::new(source, globals);
    reader.run();
    for (scope, text) in std::mem::take(&mut reader.inner).into_iter().filter(|_| depth < limits::DEPTH) {
        let inner = read_at(&text, depth + 1);
        let scope = &mut reader.scopes[scope];
        inner.import.list.iter().for_each(|name| scope.add(name));
        inner.calls[0].iter().for_each(|name| scope.uses_outside(name));
        scope.features.add(inner.hidden);
    }
    reader.finish()
}

pub(crate) struct Reader<'s> {
    source: &'s str,
    pub scopes: Vec<Scope>,
    blocks: Vec<Block>,
    pub module: Module,
    /// The next definition is called by what decorates it.
    decorated: bool,
    torch: Torch,
    faults: u64,
    /// Modules that were imported whole.
    pub stars: Vec<String>,
    /// The statement only gives something another name.
    pub alias_only: bool,
    /// The class whose header is being read.
    pub header: Option<String>,
    /// Tokens of calls that were looked into.
    pub looked: usize,
    /// Texts that are executed as they stand, and where.
    pub inner: Vec<(usize, String)>,
}

#[derive(Default)]
struct Torch {
    module_class: bool,
    parameters: bool,
    buffers: bool,
    version: bool,
    imports: bool,
    names: bool,
    tensors: bool,
}

impl<'s> Reader<'s> {
    fn new(source: &'s str, globals: HashMap<String, Alias>) -> Self {
        let module = Scope { aliases: globals, ..Scope::default() };
        Reader {
            source,
            scopes: vec![module],
            blocks: Vec::new(),
            module: Module::default(),
            decorated: false,
            torch: Torch::default(),
            faults: 0,
            stars: Vec::new(),
            alias_only: false,
            header: None,
            looked: 0,
            inner: Vec::new(),
        }
    }

    fn run(&mut self) {
        let mut tokens = Tokens::new(self.source);
        let mut piece = false;
        while let Some(line) = tokens.line() {
            // A later piece of a line is expression and nothing else.
            if piece {
                let scope = self.scope();
                self.scan(&line.tokens, scope);
            } else {
                self.line(&line);
            }
            piece = line.piece;
        }
        self.faults = tokens.faults + u64::from(tokens.open);
    }

    fn scope(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.scope)
    }

    fn line(&mut self, line: &Line) {
        while self.blocks.last().is_some_and(|block| block.indent >= line.indent) {
            self.blocks.pop();
        }
        let tokens = &line.tokens[..];
        let scope = self.scope();
        self.torch_line(tokens);
        let (before, calls) = (self.scopes[scope].names.len(), self.scopes[scope].calls.len());
        let skip = usize::from(tokens[0].is("async"));
        match tokens.get(skip) {
            Some(word) if word.is("def") => self.define(line, &tokens[skip..], scope),
            Some(word) if word.is("class") => self.class(line, tokens, scope),
            Some(word) if word.is("@") => {
                // A decorator from outside wraps; one of the module's own, or an expression, may call.
                let known = matches!(tokens.get(1), Some(name) if name.kind == Kind::Name && self.resolves(&name.text, scope));
                self.decorated |= !known;
                self.scan(&tokens[1..], scope);
            }
            Some(word) if words::is_compound(&word.text) && word.kind == Kind::Name => {
                if line.indent == 0 && is_main(tokens) {
                    let main = self.open_scope("__main__", None, scope);
                    self.blocks.push(Block { indent: 0, scope: main, class: None });
                    if let Some(colon) = colon(tokens) {
                        self.statements(&tokens[colon + 1..], main);
                    }
                } else {
                    self.compound(tokens, scope);
                }
            }
            _ => self.statements(tokens, scope),
        }
        let here = &mut self.scopes[scope];
        if let Some(new @ [_, ..]) = here.calls.get(calls..) {
            let reaches = new.iter().any(|name| words::reaches_system(name));
            let first = if reaches { &mut here.reaches } else { &mut here.first };
            first.get_or_insert((line.at, line.end));
        }
        if here.names.len() > before {
            self.excerpt(line);
        }
    }

    fn resolves(&self, name: &str, scope: usize) -> bool {
        words::is_builtin(name) || matches!(self.alias(name, scope), Some(Alias::Dotted(_)))
    }

    pub fn alias(&self, name: &str, scope: usize) -> Option<&Alias> {
        let mut at = Some(scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if let Some(alias) = scope.aliases.get(name) {
                return Some(alias);
            }
            at = scope.parent;
        }
        None
    }

    fn open_scope(&mut self, name: &str, class: Option<String>, parent: usize) -> usize {
        if self.scopes.len() >= limits::FUNCTIONS {
            return 0;
        }
        self.scopes.push(Scope { name: name.to_owned(), class, parent: Some(parent), ..Scope::default() });
        self.scopes.len() - 1
    }

    fn push(&mut self, block: Block) {
        if self.blocks.len() < limits::BLOCKS {
            self.blocks.push(block);
        } else {
            self.faults += 1;
        }
    }

    /// `def name(…) -> …:` and what stands behind the colon.
    fn define(&mut self, line: &Line, tokens: &[Token], scope: usize) {
        let name = tokens.get(1).filter(|name| name.kind == Kind::Name).map_or("", |name| &name.text);
        let class = self.blocks.last().and_then(|block| block.class.clone());
        if class.is_none() {
            self.scopes[scope].aliases.insert(name.to_owned(), Alias::Own);
        }
        let decorated = std::mem::take(&mut self.decorated);
        let end = colon(tokens).unwrap_or(tokens.len());
        let function = self.open_scope(name, class, scope);
        if decorated {
            self.scopes[scope].decorated.push(function);
        }
        // Defaults and annotations belong to what stands around; parameters are the function's own, whatever is called so outside.
        let depth = tokens[0].depth + 1;
        let mut from = 2.min(end);
        for at in 3..end {
            let (before, token) = (&tokens[at - 1], &tokens[at]);
            let parameter = before.is("(") || before.depth == depth && matches!(&before.text[..], "," | "*" | "**");
            if token.depth == depth && token.kind == Kind::Name && parameter {
                self.scan(&tokens[from..at], scope);
                from = at + 1;
                if function != scope {
                    self.scopes[function].aliases.insert(token.text.clone(), Alias::Own);
                }
            }
        }
        self.scan(&tokens[from..end], scope);
        self.push(Block { indent: line.indent, scope: function, class: None });
        self.statements(tokens.get(end + 1..).unwrap_or(&[]), function);
    }

    fn class(&mut self, line: &Line, tokens: &[Token], scope: usize) {
        let name = tokens.get(1).filter(|name| name.kind == Kind::Name).map_or("", |name| &name.text);
        self.scopes[scope].aliases.insert(name.to_owned(), Alias::Own);
        if std::mem::take(&mut self.decorated) {
            self.scopes[scope].uses.insert(name.to_owned());
        }
        let end = colon(tokens).unwrap_or(tokens.len());
        // A base is no call of it.
        let header = tokens.get(2..end).unwrap_or(&[]);
        self.alias_only = true;
        // A metaclass is called when the class is made; a base is there for the class's own sake.
        self.header = (!header.iter().any(|token| token.is("metaclass"))).then(|| name.to_owned());
        self.scan(header, scope);
        (self.alias_only, self.header) = (false, None);
        self.push(Block { indent: line.indent, scope, class: Some(name.to_owned()) });
        self.statements(tokens.get(end + 1..).unwrap_or(&[]), scope);
    }

    /// `if …: statement`, `try: import x`.
    fn compound(&mut self, tokens: &[Token], scope: usize) {
        let depth = tokens[0].depth;
        for piece in tokens.split(|token| token.depth == depth && token.is(":")) {
            self.statements(piece, scope);
        }
    }

    fn statements(&mut self, tokens: &[Token], scope: usize) {
        for statement in tokens.split(|token| token.is(";")) {
            self.statement(statement, scope);
        }
    }

    fn torch_line(&mut self, tokens: &[Token]) {
        let torch = &mut self.torch;
        let words = |texts: &[&str]| tokens.len() >= texts.len() && texts.iter().zip(tokens).all(|(text, token)| token.is(text));
        torch.parameters |= words(&["__parameters__", "="]);
        torch.buffers |= words(&["__buffers__", "="]);
        torch.version |= words(&["op_version_set", "="]);
        torch.module_class |= tokens.len() > 5
            && tokens[0].is("class")
            && tokens[2].is("(")
            && matches!(&tokens[3].text[..], "Module" | "NamedTuple" | "Interface" | "Enum");
        let ours = |name: &str| name == "__torch__";
        torch.imports |= (tokens[0].is("import") || tokens[0].is("from")) && !tokens.get(1).is_some_and(|name| ours(&name.text));
        torch.names |= tokens.windows(2).any(|pair| matches!(&pair[0].text[..], "torch" | "ops" | "__torch__") && pair[1].is("."));
        torch.tensors |= tokens.iter().any(|token| token.is("Tensor"));
    }

    fn excerpt(&mut self, line: &Line) {
        let module = &mut self.module;
        let text = self.source.get(line.at..line.end).unwrap_or("").trim_end();
        let room = limits::EXCERPT.saturating_sub(module.excerpt.len());
        let take = text.floor_char_boundary(room.min(text.len()));
        module.excerpt_cut |= take < text.len();
        if take > 0 {
            module.excerpt.push_str(&text[..take]);
            module.excerpt.push('\n');
        }
    }

    /// Which functions run at import: those that its code names; of a class that it names, what Python calls by itself and what it names as an attribute; of a base,
    /// what deriving from it calls.
    fn reached(&self) -> Vec<bool> {
        let mut functions: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut methods: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, scope) in self.scopes.iter().enumerate().skip(1) {
            match &scope.class {
                Some(class) => methods.entry(class).or_default().push(at),
                None => functions.entry(&scope.name).or_default().push(at),
            }
        }
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for at in methods.values().flatten() {
            by_name.entry(&self.scopes[*at].name).or_default().push(*at);
        }
        let mut bases: HashMap<&str, Vec<&str>> = HashMap::new();
        for (class, base) in self.scopes.iter().flat_map(|scope| &scope.bases) {
            bases.entry(class).or_default().push(base);
        }
        let (mut classes, mut attributes): (HashSet<&str>, HashSet<&str>) = (HashSet::new(), HashSet::new());
        let mut reached = vec![false; self.scopes.len()];
        let mut next = vec![0];
        let own = |at: usize| self.scopes[at].name.starts_with("__") && self.scopes[at].name != "__main__";
        while let Some(at) = next.pop() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            let scope = &self.scopes[at];
            next.extend(&scope.decorated);
            for (_, base) in &scope.bases {
                let hooks = methods.get(base.as_str()).into_iter().flatten();
                next.extend(hooks.filter(|at| matches!(self.scopes[**at].name.as_str(), "__init_subclass__" | "__mro_entries__")));
            }
            for name in &scope.uses {
                next.extend(functions.get(name.as_str()).into_iter().flatten());
                // The class, and those that it derives from.
                let mut line = vec![name.as_str()];
                while let Some(class) = line.pop() {
                    if (methods.contains_key(class) || bases.contains_key(class)) && classes.insert(class) {
                        line.extend(bases.get(class).into_iter().flatten());
                        let here = methods.get(class).into_iter().flatten();
                        next.extend(here.filter(|at| own(**at) || attributes.contains(self.scopes[**at].name.as_str())));
                    }
                }
            }
            for name in &scope.attributes {
                if attributes.insert(name) {
                    let named = by_name.get(name.as_str()).into_iter().flatten();
                    next.extend(named.filter(|at| self.scopes[**at].class.as_deref().is_some_and(|class| classes.contains(class))));
                }
            }
        }
        reached
    }

    fn finish(mut self) -> Module {
        let reached = self.reached();
        let (mut import, mut functions) = (Scope::default(), Scope::default());
        for (scope, reached) in self.scopes.iter().zip(&reached) {
            let target = if *reached { &mut import } else { &mut functions };
            scope.names.iter().for_each(|name| target.add(name));
            target.total += scope.total - scope.names.len() as u64;
            scope.calls.iter().for_each(|name| target.uses_outside(name));
            target.features.add(scope.features);
            target.reaches = target.reaches.or(scope.reaches);
            target.first = target.first.or(scope.first);
        }
        self.module.places = [import.reaches.or(import.first), functions.reaches.or(functions.first)];
        functions.calls.retain(|name| !import.called.contains(name));
        self.module.hidden = import.features;
        self.module.features = [import.features.list(), functions.features.list()];
        self.module.calls = [std::mem::take(&mut import.calls), std::mem::take(&mut functions.calls)];
        let before = functions.names.len();
        functions.names.retain(|name| !import.seen.contains(name));
        functions.total -= (before - functions.names.len()) as u64;
        let torch = &self.torch;
        let written = torch.module_class && torch.parameters && torch.buffers || torch.version;
        self.module.torchscript = !torch.imports && (written || torch.names && torch.tensors);
        self.module.import = Names { list: import.names, total: import.total };
        self.module.functions = Names { total: functions.total, list: functions.names };
        self.module.faults = self.faults;
        self.module
    }
}

/// The colon that ends a header: the first outside brackets.
fn colon(tokens: &[Token]) -> Option<usize> {
    let depth = tokens.first()?.depth;
    tokens.iter().position(|token| token.depth == depth && token.is(":"))
}

/// `if __name__ == "__main__":`, which holds for a script and for no import.
fn is_main(tokens: &[Token]) -> bool {
    let name = |token: &Token| token.kind == Kind::Name && token.text == "__name__";
    let main = |token: &Token| token.kind == Kind::String && token.text == "__main__";
    match tokens {
        [word, one, equals, other, colon, ..] => {
            word.is("if") && equals.is("==") && colon.is(":") && (name(one) && main(other) || main(one) && name(other))
        }
        _ => false,
    }
}
