//! One statement: imports, names with their attributes, constants.

use crate::limits;
use crate::module::{Alias, Reader};
use crate::token::{Kind, Token};
use crate::words;

pub(crate) trait Scan {
    fn statement(&mut self, tokens: &[Token], scope: usize);
    fn scan(&mut self, tokens: &[Token], scope: usize);
}

/// A name with what follows it.
struct Chain {
    dotted: String,
    /// The token behind it.
    end: usize,
    /// It leads out of the module.
    outside: bool,
}

impl Scan for Reader<'_> {
    fn statement(&mut self, tokens: &[Token], scope: usize) {
        let Some(first) = tokens.first() else { return };
        match &first.text[..] {
            "import" if first.kind == Kind::Name => self.import(&tokens[1..], scope),
            "from" if first.kind == Kind::Name => self.import_from(&tokens[1..], scope),
            "global" if first.kind == Kind::Name => {
                let names: Vec<String> = tokens[1..].iter().filter(|token| token.kind == Kind::Name).map(|token| token.text.clone()).collect();
                self.scopes[scope].globals.extend(names);
            }
            // Documentation.
            _ if tokens.len() == 1 && first.kind == Kind::String => {}
            _ => {
                self.alias_only = is_alias(tokens);
                self.scan(tokens, scope);
                self.alias_only = false;
                self.hidden(tokens, scope);
                self.assignment(tokens, scope);
            }
        }
    }

    /// An expression, or what of a statement is one.
    fn scan(&mut self, tokens: &[Token], scope: usize) {
        for pair in tokens.windows(2) {
            if pair[0].is(".") && pair[1].kind == Kind::Name && !self.scopes[scope].attributes.contains(&pair[1].text) {
                self.scopes[scope].attributes.insert(pair[1].text.clone());
            }
        }
        let (mut at, mut whole) = (0, None);
        while let Some(token) = tokens.get(at) {
            let dotted = at > 0 && tokens[at - 1].is(".");
            match token.kind {
                Kind::String => self.string(token),
                Kind::Name if dotted => {
                    // An attribute of what is no name: its chain begins with a dot.
                    let mut name = String::new();
                    let end = attributes(tokens, at - 1, &mut name);
                    if tokens.get(end).is_some_and(|next| next.is("(")) || name.contains(".__") {
                        self.scopes[scope].add(&name);
                    }
                    at = end;
                    continue;
                }
                // The name of an argument.
                Kind::Name if token.depth > 0 && tokens.get(at + 1).is_some_and(|next| next.is("=")) => {}
                Kind::Name if !words::is_keyword(&token.text) => {
                    let chain = self.chain(tokens, at, scope);
                    let called = tokens.get(chain.end).is_some_and(|next| next.is("("));
                    if chain.outside || called && !chain.dotted.is_empty() || chain.dotted.contains('.') {
                        self.scopes[scope].add(&chain.dotted);
                    }
                    if chain.outside && (called || !self.alias_only) {
                        self.scopes[scope].uses_outside(&chain.dotted);
                    }
                    if called && chain.outside {
                        self.call(&chain.dotted, tokens, chain.end, scope, &mut whole);
                    }
                    at = chain.end.max(at + 1);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl Reader<'_> {
    fn string(&mut self, token: &Token) {
        if self.module.strings.len() < limits::STRINGS && token.text.len() >= 4 {
            self.module.strings.push((token.at, token.text.clone()));
        }
    }

    /// `a.b as c, d`
    fn import(&mut self, tokens: &[Token], scope: usize) {
        for part in tokens.split(|token| token.is(",")) {
            let mut module = String::new();
            let end = dotted(part, 0, &mut module);
            if module.is_empty() {
                continue;
            }
            self.scopes[scope].add(&module);
            match part.get(end..) {
                Some([word, name, ..]) if word.is("as") => self.bind(scope, name.text.clone(), Alias::Dotted(module)),
                _ => {
                    let root = module.split('.').next().unwrap_or("").to_owned();
                    self.bind(scope, root.clone(), Alias::Dotted(root));
                }
            }
        }
    }

    /// `.a.b import (c as d, e)`
    fn import_from(&mut self, tokens: &[Token], scope: usize) {
        let Some(word) = tokens.iter().position(|token| token.is("import")) else { return self.scan(tokens, scope) };
        let mut module: String =
            tokens[..word].iter().filter(|token| token.is(".") || token.kind == Kind::Name).map(|token| token.text.as_str()).collect();
        module.truncate(module.floor_char_boundary(limits::NAME));
        for part in tokens[word + 1..].split(|token| token.is(",")) {
            let mut names = part.iter().filter(|token| token.kind == Kind::Name || token.is("*"));
            let Some(name) = names.next() else { continue };
            let full = if module.ends_with('.') { format!("{module}{}", name.text) } else { format!("{module}.{}", name.text) };
            self.scopes[scope].add(&full);
            let bound = if names.next().is_some_and(|word| word.is("as")) { names.next().unwrap_or(name) } else { name };
            if bound.is("*") {
                if self.stars.len() < limits::STARS && !self.stars.contains(&module) {
                    self.stars.push(module.clone());
                }
            } else {
                self.bind(scope, bound.text.clone(), Alias::Dotted(full));
            }
        }
    }

    fn bind(&mut self, scope: usize, name: String, alias: Alias) {
        let scope = if self.scopes[scope].globals.contains(&name) { 0 } else { scope };
        let aliases = &mut self.scopes[scope].aliases;
        // What once led out of the module is taken to go on doing so: a branch may give a name another meaning.
        if aliases.len() < limits::ALIASES && !(alias == Alias::Own && aliases.contains_key(&name)) {
            aliases.insert(name, alias);
        }
    }

    /// `name = other.name`, `name = anything`.
    fn assignment(&mut self, tokens: &[Token], scope: usize) {
        let [name, equals, rest @ ..] = tokens else { return };
        if name.kind != Kind::Name || !equals.is("=") || rest.is_empty() || words::is_keyword(&name.text) {
            return;
        }
        if rest[0].kind == Kind::Name && !words::is_keyword(&rest[0].text) {
            let chain = self.chain(rest, 0, scope);
            if chain.outside && chain.end >= rest.len() {
                return self.bind(scope, name.text.clone(), Alias::Dotted(chain.dotted));
            }
        }
        if !words::is_builtin(&name.text) {
            self.bind(scope, name.text.clone(), Alias::Own);
        }
    }

    /// A name and its attributes from `at` on; a call of `__import__`, `import_module` or `getattr` with constants is what it gives.
    fn chain(&mut self, tokens: &[Token], at: usize, scope: usize) -> Chain {
        let name = &tokens[at].text;
        let (mut base, mut outside) = match self.alias(name, scope) {
            Some(Alias::Dotted(dotted)) => (dotted.clone(), true),
            Some(Alias::Own) => (String::new(), false),
            None if words::is_builtin(name) => (format!("builtins.{name}"), true),
            None => (name.clone(), false),
        };
        if !outside {
            match self.header.clone() {
                Some(class) if !tokens.get(at + 1).is_some_and(|next| next.is("(")) => self.scopes[scope].bases.push((class, name.clone())),
                _ => {
                    self.scopes[scope].uses.insert(name.clone());
                }
            }
            if !base.is_empty() {
                self.stars(name, scope);
            }
        }
        let mut end = attributes(tokens, at + 1, &mut base);
        for _ in 0..8 {
            if !outside || !tokens.get(end).is_some_and(|token| token.is("(")) {
                break;
            }
            if let Some((module, after)) = self.imported(&base, tokens, end, scope) {
                self.scopes[scope].add(&base);
                self.scopes[scope].uses_outside(&base);
                base = module;
                end = attributes(tokens, after, &mut base);
                continue;
            }
            match base.as_str() {
                "builtins.getattr" if tokens.get(end + 1).is_some_and(|token| token.kind == Kind::Name && !words::is_keyword(&token.text)) => {
                    // The object, once more a chain; not a call within a call, so that nothing recurses.
                    let object = &tokens[end + 1].text;
                    let mut target = match self.alias(object, scope) {
                        Some(Alias::Dotted(dotted)) => dotted.clone(),
                        Some(Alias::Own) => String::new(),
                        None if words::is_builtin(object) => format!("builtins.{object}"),
                        None => object.clone(),
                    };
                    let mut comma = attributes(tokens, end + 2, &mut target);
                    if let Some((module, after)) = self.imported(&target, tokens, comma, scope) {
                        self.scopes[scope].add(&target);
                        target = module;
                        comma = attributes(tokens, after, &mut target);
                    }
                    if !tokens.get(comma).is_some_and(|token| token.is(",")) {
                        break;
                    }
                    let (text, after) = constant(tokens, comma + 1);
                    let Some(attribute) = text else { break };
                    let Some(close) = closing(tokens, end, after) else { break };
                    self.scopes[scope].add(&base);
                    base = format!("{target}.{attribute}");
                    base.truncate(base.floor_char_boundary(limits::NAME));
                    end = close + 1;
                }
                _ => break,
            }
            outside = true;
            end = attributes(tokens, end, &mut base);
        }
        Chain { dotted: base, end, outside }
    }

    /// What `__import__('a.b')` and `import_module('a.b')` give, and the token behind; the bracket stands at `open`.
    fn imported(&mut self, function: &str, tokens: &[Token], open: usize, scope: usize) -> Option<(String, usize)> {
        let whole = function == "importlib.import_module";
        if !(whole || matches!(function, "builtins.__import__" | "importlib.__import__")) || !tokens.get(open)?.is("(") {
            return None;
        }
        let (module, after) = constant(tokens, open + 1);
        let module = module?;
        let close = closing(tokens, open, after)?;
        self.scopes[scope].add(&module);
        // The function gives the package, `import_module` the module in it.
        let value = if whole { module } else { module.split('.').next().unwrap_or("").to_owned() };
        Some((value, close + 1))
    }

    /// What a bare name may be where modules were imported whole.
    fn stars(&mut self, name: &str, scope: usize) {
        for module in &self.stars {
            let name = format!("{module}.{name}");
            self.scopes[scope].add(&name);
            self.scopes[scope].uses_outside(&name);
        }
    }
}

/// `a.b.c` from `at` on; the answer is what follows it.
fn dotted(tokens: &[Token], at: usize, out: &mut String) -> usize {
    match tokens.get(at) {
        Some(name) if name.kind == Kind::Name => {
            out.push_str(&name.text);
            attributes(tokens, at + 1, out)
        }
        _ => at,
    }
}

/// `name = other.name`, and nothing more: what the name stands for is used where it is.
fn is_alias(tokens: &[Token]) -> bool {
    let [name, equals, rest @ ..] = tokens else { return false };
    let chain = |(at, token): (usize, &Token)| if at % 2 == 0 { token.kind == Kind::Name } else { token.is(".") };
    name.kind == Kind::Name && equals.is("=") && !rest.is_empty() && rest.iter().enumerate().all(chain)
}

/// `.b.c` from `at` on.
pub(crate) fn attributes(tokens: &[Token], mut at: usize, out: &mut String) -> usize {
    while let (Some(dot), Some(name)) = (tokens.get(at), tokens.get(at + 1)) {
        if !dot.is(".") || name.kind != Kind::Name {
            break;
        }
        if out.len() + name.text.len() < limits::NAME {
            out.push('.');
            out.push_str(&name.text);
        }
        at += 2;
    }
    at
}

/// Strings beside each other or added, as one.
fn constant(tokens: &[Token], mut at: usize) -> (Option<String>, usize) {
    let mut text: Option<String> = None;
    while let Some(token) = tokens.get(at) {
        if token.kind == Kind::String {
            let text = text.get_or_insert_default();
            if text.len() < limits::NAME {
                text.push_str(&token.text);
            }
        } else if text.is_none() || !token.is("+") {
            break;
        }
        at += 1;
    }
    (text, at)
}

/// The bracket that closes the one at `open`, if nothing but further arguments stands before it.
fn closing(tokens: &[Token], open: usize, from: usize) -> Option<usize> {
    let depth = tokens.get(open)?.depth;
    if !tokens.get(from).is_some_and(|token| token.is(",") || token.kind == Kind::Close) {
        return None;
    }
    (from..tokens.len().min(from + limits::ARGUMENTS)).find(|at| tokens[*at].kind == Kind::Close && tokens[*at].depth == depth)
}
