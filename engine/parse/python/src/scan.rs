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
pub(crate) struct Chain {
    pub dotted: String,
    /// The token behind it.
    pub end: usize,
    /// It leads out of the module.
    pub outside: bool,
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
        self.trusts(tokens, scope);
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
        if let (Some(text), after) = self.constant(rest, 0, scope)
            && after == rest.len()
        {
            self.text(scope, &name.text, text);
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

    /// A name and what follows it from `at` on: attributes, and calls and items of which constants say what they give.
    fn chain(&mut self, tokens: &[Token], at: usize, scope: usize) -> Chain {
        self.chain_within(tokens, at, scope, 0)
    }

    /// Likewise; `depth` chains lie around it.
    pub(crate) fn chain_within(&mut self, tokens: &[Token], at: usize, scope: usize, depth: usize) -> Chain {
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
        for _ in 0..limits::STEPS {
            if !outside {
                break;
            }
            self.plain(&mut base, scope);
            let Some((value, after)) = self.given(&base, tokens, end, scope, depth) else { break };
            self.scopes[scope].add(&base);
            self.scopes[scope].uses_outside(&base);
            (base, outside) = (value, true);
            base.truncate(base.floor_char_boundary(limits::NAME));
            end = attributes(tokens, after, &mut base);
        }
        if outside {
            self.plain(&mut base, scope);
        }
        Chain { dotted: base, end, outside }
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
