//! What calls and items give where constants alone say so: `getattr(os, 'sys' + 'tem')`, `globals()['__builtins__']['eval']`, `sys.modules['os']`.
//!
//! <https://docs.python.org/3/library/functions.html>, <https://docs.python.org/3/library/sys.html#sys.modules>,
//! <https://docs.python.org/3/reference/executionmodel.html#builtins-and-restricted-execution>. Every way to a module, to its names or to those that are
//! built in that takes a text becomes the dotted name that it leads to.

use crate::limits;
use crate::module::{Alias, Reader};
use crate::scan::Chain;
use crate::token::{Kind, Token};
use crate::words;

/// The names built into Python, as a module or as its dictionary: which of the two depends on who runs the module.
const BUILTINS: &str = "builtins.__builtins__";
/// The names of a module or object.
const NAMES: &str = ".__dict__";
/// Methods of a dictionary that give an item.
const ITEM: [&str; 4] = [".get", ".__getitem__", ".pop", ".setdefault"];
/// Methods of an object that give an attribute.
const ATTRIBUTE: [&str; 3] = [".__getattribute__", ".__getattr__", ".__dict__.__getitem__"];

impl Reader<'_> {
    /// `__builtins__` is `builtins`, and what is in it a name without an import.
    pub(crate) fn plain(&mut self, base: &mut String, scope: usize) {
        if base.starts_with(BUILTINS) && base[BUILTINS.len()..].chars().next().is_none_or(|next| next == '.') {
            self.scopes[scope].add(BUILTINS);
            self.scopes[scope].uses_outside(BUILTINS);
            base.replace_range(..BUILTINS.len(), "builtins");
        }
    }

    /// What `base(…)` or `base[…]` with the bracket at `open` gives, and the token behind.
    pub(crate) fn given(&mut self, base: &str, tokens: &[Token], open: usize, scope: usize, depth: usize) -> Option<(String, usize)> {
        let bracket = tokens.get(open)?;
        if bracket.is("[") {
            let (key, close) = self.key(tokens, open, scope)?;
            return Some((item(base, &key)?, close + 1));
        }
        if !bracket.is("(") {
            return None;
        }
        match base {
            "builtins.getattr" => {
                let object = self.object(tokens, open + 1, scope, depth)?;
                tokens.get(object.end).filter(|token| token.is(","))?;
                let (attribute, after) = self.constant(tokens, object.end + 1, scope);
                let close = closing(tokens, open, after)?;
                Some((format!("{}.{}", object.dotted, attribute?), close + 1))
            }
            // The names of the module itself, of which those built in are one.
            "builtins.globals" | "builtins.locals" | "builtins.vars" if tokens.get(open + 1)?.is(")") => self.own(tokens, open + 2, scope),
            "builtins.vars" => {
                let object = self.object(tokens, open + 1, scope, depth)?;
                tokens.get(object.end).filter(|token| token.is(")"))?;
                Some((object.dotted + NAMES, object.end + 1))
            }
            _ => {
                if let Some(module) = self.imported(base, tokens, open, scope) {
                    return Some(module);
                }
                let getter = |methods: &[&str]| methods.iter().find_map(|method| base.strip_suffix(method));
                let object = getter(&ATTRIBUTE);
                let from = object.or_else(|| getter(&ITEM))?;
                let (key, close) = self.key(tokens, open, scope)?;
                let value = if object.is_some() { format!("{from}.{key}") } else { item(from, &key)? };
                Some((value, close + 1))
            }
        }
    }

    /// An argument that is a chain itself.
    fn object(&mut self, tokens: &[Token], at: usize, scope: usize, depth: usize) -> Option<Chain> {
        let named = tokens.get(at).is_some_and(|token| token.kind == Kind::Name && !words::is_keyword(&token.text));
        (named && depth < limits::CHAINS).then(|| self.chain_within(tokens, at, scope, depth + 1))
    }

    /// `['name']`, `.get('name')` behind a call of `globals`: what the module calls so.
    fn own(&mut self, tokens: &[Token], at: usize, scope: usize) -> Option<(String, usize)> {
        let mut method = String::new();
        let open = crate::scan::attributes(tokens, at, &mut method);
        tokens.get(open).filter(|token| if method.is_empty() { token.is("[") } else { token.is("(") && ITEM.contains(&method.as_str()) })?;
        let (key, close) = self.key(tokens, open, scope)?;
        let value = match self.alias(&key, scope) {
            Some(Alias::Dotted(dotted)) => dotted.clone(),
            Some(Alias::Own) => return None,
            None if words::is_builtin(&key) => format!("builtins.{key}"),
            None => return None,
        };
        Some((value, close + 1))
    }

    /// The constant in the bracket at `open`, and the bracket that closes it.
    fn key(&self, tokens: &[Token], open: usize, scope: usize) -> Option<(String, usize)> {
        let (text, after) = self.constant(tokens, open + 1, scope);
        let close = closing(tokens, open, after)?;
        Some((text?, close))
    }

    /// What `__import__('a.b')` and `import_module('a.b')` give, and the token behind; the bracket stands at `open`.
    fn imported(&mut self, function: &str, tokens: &[Token], open: usize, scope: usize) -> Option<(String, usize)> {
        let whole = function == "importlib.import_module";
        if !(whole || matches!(function, "builtins.__import__" | "importlib.__import__")) {
            return None;
        }
        let (module, close) = self.key(tokens, open, scope)?;
        self.scopes[scope].add(&module);
        // The function gives the package, `import_module` the module in it.
        let value = if whole { module } else { module.split('.').next().unwrap_or("").to_owned() };
        Some((value, close + 1))
    }

    /// Texts beside each other or added, as one: strings, names that stand for one, either of them backwards.
    pub(crate) fn constant(&self, tokens: &[Token], mut at: usize, scope: usize) -> (Option<String>, usize) {
        let mut whole: Option<String> = None;
        while let Some(token) = tokens.get(at) {
            let piece = match token.kind {
                Kind::String => Some(token.text.clone()),
                // A name in place of what is expected, not behind it.
                Kind::Name if whole.is_none() || tokens[at - 1].is("+") => self.known_text(&token.text, scope).map(str::to_owned),
                _ => None,
            };
            if let Some(piece) = piece {
                let backwards = tokens[at + 1..].iter().take(5).map(|token| token.text.as_str()).eq(["[", ":", ":", "-", "1"])
                    && tokens.get(at + 6).is_some_and(|token| token.is("]"));
                let whole = whole.get_or_insert_default();
                if whole.len() + piece.len() <= limits::NAME {
                    if backwards { whole.extend(piece.chars().rev()) } else { whole.push_str(&piece) }
                }
                at += if backwards { 6 } else { 0 };
            } else if whole.is_none() || !token.is("+") {
                break;
            }
            at += 1;
        }
        (whole, at)
    }

    /// The text that a name of the module's own was given.
    fn known_text(&self, name: &str, scope: usize) -> Option<&str> {
        let mut at = Some(scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if let Some(text) = scope.texts.get(name) {
                return Some(text);
            }
            if scope.aliases.contains_key(name) {
                return None;
            }
            at = scope.parent;
        }
        None
    }

    /// `name = 'text'`.
    pub(crate) fn text(&mut self, scope: usize, name: &str, text: String) {
        let texts = &mut self.scopes[scope].texts;
        if texts.len() < limits::ALIASES && text.len() <= limits::NAME {
            texts.insert(name.to_owned(), text);
        }
    }
}

/// What an item of a dictionary of names is: of a module, of an object, of what is built in, of all modules.
fn item(names: &str, key: &str) -> Option<String> {
    match names.strip_suffix(NAMES) {
        Some(object) => Some(format!("{object}.{key}")),
        None if names == "sys.modules" => Some(key.to_owned()),
        None if names == "builtins" => Some(format!("builtins.{key}")),
        // An item of these is the library of that name: https://docs.python.org/3/library/ctypes.html#ctypes.LibraryLoader
        None if matches!(names, "ctypes.cdll" | "ctypes.windll" | "ctypes.oledll" | "ctypes.pydll") => Some(format!("{names}.LoadLibrary")),
        None => None,
    }
}

/// The bracket that closes the one at `open`, if nothing but further arguments stands before it.
fn closing(tokens: &[Token], open: usize, from: usize) -> Option<usize> {
    let depth = tokens.get(open)?.depth;
    if !tokens.get(from).is_some_and(|token| token.is(",") || token.kind == Kind::Close) {
        return None;
    }
    (from..tokens.len().min(from + limits::ARGUMENTS)).find(|at| tokens[*at].kind == Kind::Close && tokens[*at].depth == depth)
}
