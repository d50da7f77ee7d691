//! Expressions, folded while they are read.
//!
//! Precedence as in <https://github.com/pallets/jinja/blob/main/src/jinja2/parser.py>: conditional, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`,
//! `**` and signs, then attributes, items, calls, filters and tests behind a primary.

use crate::fold;
use crate::limits;
use crate::prose;
use crate::scope::Scope;
use crate::seen::{Feature, Seen, is_dunder};
use crate::token::{Kind, Lexer, Token};
use crate::value::{Shape, Value};
use std::collections::BTreeMap;

/// The tokens of one construct, with one of them looked ahead at.
pub(crate) struct Expression<'p, 's> {
    pub lexer: &'p mut Lexer<'s>,
    pub scope: &'p mut Scope,
    pub seen: &'p mut Seen,
    next: Option<Token<'s>>,
    depth: u32,
    /// Something was not understood: the rest of the construct is read token by token.
    pub failed: bool,
    /// Something worth showing was met.
    pub notable: bool,
    /// Texts that stand in it, which are said if it is put out.
    pub texts: Vec<(usize, String)>,
}

type Arguments = (Vec<Value>, BTreeMap<String, Value>);

impl<'p, 's> Expression<'p, 's> {
    pub fn new(lexer: &'p mut Lexer<'s>, scope: &'p mut Scope, seen: &'p mut Seen) -> Self {
        let next = lexer.token();
        Expression { lexer, scope, seen, next, depth: 0, failed: false, notable: false, texts: Vec::new() }
    }

    pub fn peek(&self) -> Option<&Token<'s>> {
        self.next.as_ref()
    }

    pub fn at(&self) -> usize {
        self.next.as_ref().map_or(self.lexer.source.len(), |token| token.at)
    }

    /// Whether the construct ends here.
    pub fn ends(&self) -> bool {
        self.next.as_ref().is_none_or(|token| token.kind == Kind::End)
    }

    /// The next token, unless the construct ends.
    pub fn take(&mut self) -> Option<Token<'s>> {
        if self.ends() {
            return None;
        }
        let next = self.lexer.token();
        std::mem::replace(&mut self.next, next)
    }

    pub fn take_name(&mut self, name: &str) -> bool {
        self.peek().is_some_and(|token| token.is_name(name)) && self.take().is_some()
    }

    pub fn take_operator(&mut self, operator: &str) -> bool {
        self.peek().is_some_and(|token| token.is(operator)) && self.take().is_some()
    }

    fn is_operator(&self, operators: &[&str]) -> Option<String> {
        let token = self.peek().filter(|token| token.kind == Kind::Operator)?;
        operators.contains(&&*token.text).then(|| token.text.to_string())
    }

    fn fail(&mut self, expected: &'static str) -> Value {
        if !self.failed {
            self.failed = true;
            let found = self.peek().map_or("the end".to_owned(), |token| token.text.to_string());
            self.seen.issue(self.at(), expected, found);
        }
        Value::default()
    }

    /// A statement that is none.
    pub fn fail_statement(&mut self, at: usize, found: &str) {
        self.failed = true;
        self.seen.issue(at, "a statement", found);
    }

    /// What a loop goes over: an expression in which `if` begins the loop's own condition.
    pub fn iterated(&mut self) -> Value {
        let first = self.or();
        if !self.peek().is_some_and(|token| token.is(",")) {
            return first;
        }
        let mut items = vec![first];
        while self.take_operator(",") {
            items.push(self.or().light());
        }
        Value::list(items)
    }

    /// Filters behind a block's word: `filter upper`, `set x | trim`.
    pub fn filters(&mut self) {
        self.take_operator("|");
        let mut value = Value::default();
        while !self.ends() && !self.failed {
            value = self.filter(&value);
            if !self.take_operator("|") {
                return;
            }
        }
    }

    /// Passes over what is left of the construct, naming what looks like a name with double underscores.
    pub fn finish(&mut self) {
        while let Some(token) = self.take() {
            let text = token.text.trim_matches('.');
            if matches!(token.kind, Kind::Name | Kind::String) && is_dunder(text) {
                self.notable = true;
                if token.escaped {
                    self.seen.feature(Feature::AssembledName, token.at);
                }
                let name = format!("?.{text}");
                self.name(&name);
            } else if token.kind == Kind::Name && self.peek().is_some_and(|next| next.is("(")) {
                let name = token.text.to_string();
                self.name(&name);
            }
        }
    }

    fn name(&mut self, name: &str) {
        self.seen.name(name);
    }

    /// An expression, conditional ones among them.
    pub fn expression(&mut self) -> Value {
        if self.failed {
            return Value::default();
        }
        if self.depth >= limits::DEPTH {
            self.seen.deep.get_or_insert(self.lexer.at);
            self.failed = true;
            return Value::default();
        }
        self.depth += 1;
        let mut value = self.or();
        while self.take_name("if") {
            let test = self.or();
            let other = if self.take_name("else") { self.expression() } else { Value::default() };
            let gates = Value::default().carries(&test);
            value = value.or(other);
            // What is chosen by a test of content is not itself content, but says as much as a branch does.
            value.gates.extend(gates.gates);
            value.gates.truncate(limits::ALTERNATIVES);
        }
        self.depth -= 1;
        value
    }

    /// Expressions with commas between them: a tuple, unless there is only one.
    pub fn expressions(&mut self) -> Value {
        let first = self.expression();
        if !self.peek().is_some_and(|token| token.is(",")) {
            return first;
        }
        let mut items = vec![first];
        while self.take_operator(",") {
            if self.ends() || self.peek().is_some_and(|token| token.kind == Kind::Operator && matches!(&*token.text, ")" | "]" | "=")) {
                break;
            }
            items.push(self.expression().light());
        }
        Value::list(items)
    }

    fn or(&mut self) -> Value {
        let mut value = self.and();
        while self.take_name("or") {
            let right = self.and();
            value = value.or(right);
        }
        value
    }

    fn and(&mut self) -> Value {
        let mut value = self.not();
        while self.take_name("and") {
            let right = self.not();
            // Either side decides; the value is the right one.
            value = right.carries(&value);
        }
        value
    }

    fn not(&mut self) -> Value {
        let mut not = false;
        while self.take_name("not") {
            not = true;
        }
        let value = self.compare();
        if not { Value::default().carries(&value) } else { value }
    }

    fn compare(&mut self) -> Value {
        let mut left = self.sum();
        loop {
            let operator = if self.is_operator(&["==", "!=", "<", ">", "<=", ">="]).is_some() {
                self.take().map_or(String::new(), |token| token.text.to_string())
            } else if self.take_name("in") {
                "in".to_owned()
            } else if self.peek().is_some_and(|token| token.is_name("not")) {
                // `not in`; `not` alone cannot stand here.
                self.take();
                if !self.take_name("in") {
                    return self.fail("`in`");
                }
                "in".to_owned()
            } else {
                return left;
            };
            let right = self.sum();
            left = self.gate(&operator, &left, &right);
        }
    }

    /// A comparison of what a message says with a text.
    fn gate(&mut self, operator: &str, left: &Value, right: &Value) -> Value {
        let mut result = Value::default();
        let words = match operator {
            "in" if right.content => left.alternatives(),
            "in" if left.content => match &right.shape {
                Shape::List(items) => items.iter().flat_map(Value::alternatives).collect(),
                _ => Vec::new(),
            },
            "==" | "!=" if left.content => right.alternatives(),
            "==" | "!=" if right.content => left.alternatives(),
            _ => Vec::new(),
        };
        self.add_gates(&mut result, words);
        result.carries(&Value { content: false, ..left.clone() }).carries(&Value { content: false, ..right.clone() })
    }

    fn add_gates(&mut self, value: &mut Value, words: Vec<String>) {
        let words = words.into_iter().filter(|word| prose::is_word(word));
        value.gates.extend(words.take(limits::ALTERNATIVES.saturating_sub(value.gates.len())));
    }

    fn sum(&mut self) -> Value {
        let mut left = self.joined();
        while let Some(operator) = self.is_operator(&["+", "-"]) {
            self.take();
            let right = self.joined();
            let folded = match (operator.as_str(), &left.shape, &right.shape) {
                ("+", Shape::Number(a), Shape::Number(b)) => Value::number(a.wrapping_add(*b)),
                ("-", Shape::Number(a), Shape::Number(b)) => Value::number(a.wrapping_sub(*b)),
                ("+", ..) => fold::concat(&left, &right),
                _ => Value::default(),
            };
            left = folded.carries(&left).carries(&right);
        }
        left
    }

    fn joined(&mut self) -> Value {
        let mut left = self.product();
        while self.take_operator("~") {
            let right = self.product();
            left = fold::concat(&left, &right).carries(&left).carries(&right);
        }
        left
    }

    fn product(&mut self) -> Value {
        let mut left = self.power();
        while let Some(operator) = self.is_operator(&["*", "/", "//", "%"]) {
            self.take();
            let right = self.power();
            let folded = match (operator.as_str(), &left.shape, &right.shape) {
                ("*", Shape::Number(a), Shape::Number(b)) => Value::number(a.wrapping_mul(*b)),
                ("//", Shape::Number(a), Shape::Number(b)) => a.checked_div_euclid(*b).map_or(Value::default(), Value::number),
                ("%", Shape::Number(a), Shape::Number(b)) => a.checked_rem_euclid(*b).map_or(Value::default(), Value::number),
                ("*", ..) => fold::repeat(&left, &right),
                ("%", Shape::Texts(_), Shape::List(items)) => fold::percent(&left, items),
                ("%", Shape::Texts(_), _) => fold::percent(&left, std::slice::from_ref(&right)),
                _ => Value::default(),
            };
            left = folded.carries(&left).carries(&right);
        }
        left
    }

    fn power(&mut self) -> Value {
        let left = self.unary();
        let mut folded = None;
        while self.take_operator("**") {
            let right = self.unary();
            folded = match (&left.shape, &right.shape) {
                (Shape::Number(a), Shape::Number(b)) => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)).map(Value::number),
                _ => Some(Value::default()),
            };
        }
        folded.unwrap_or(left)
    }

    fn unary(&mut self) -> Value {
        let mut negative = false;
        let mut signs = 0;
        while let Some(sign) = self.is_operator(&["-", "+"]) {
            self.take();
            signs += 1;
            negative ^= sign == "-";
        }
        let value = self.primary();
        let value = self.postfix(value);
        match value.shape {
            Shape::Number(number) if negative => Value::number(number.wrapping_neg()),
            _ if signs > 0 && !matches!(value.shape, Shape::Number(_)) => Value::default().carries(&value),
            _ => value,
        }
    }

    fn primary(&mut self) -> Value {
        let Some(token) = self.peek().cloned() else { return self.fail("an expression") };
        match token.kind {
            Kind::End => self.fail("an expression"),
            Kind::String => {
                let mut text = String::new();
                let mut escaped = false;
                // Texts side by side are one.
                while let Some(token) = self.peek().filter(|token| token.kind == Kind::String).cloned() {
                    self.take();
                    escaped |= token.escaped || !text.is_empty();
                    text.push_str(&token.text);
                    if text.len() > limits::TEXT {
                        text.truncate(text.floor_char_boundary(limits::TEXT));
                    }
                }
                self.texts.push((token.at, text.clone()));
                self.format_string(&text, token.at);
                Value { assembled: escaped && is_dunder(&text), ..Value::text(text) }
            }
            Kind::Integer => {
                self.take();
                token.text.replace('_', "").parse().map_or(Value::default(), Value::number)
            }
            Kind::Float => {
                self.take();
                Value::default()
            }
            Kind::Name => {
                self.take();
                self.variable(&token)
            }
            Kind::Operator => match &*token.text {
                "(" => {
                    self.take();
                    let value = if self.peek().is_some_and(|token| token.is(")")) { Value::list(Vec::new()) } else { self.expressions() };
                    if !self.failed && !self.take_operator(")") {
                        return self.fail(")");
                    }
                    value
                }
                "[" => {
                    self.take();
                    let items = self.items("]");
                    Value::list(items)
                }
                "{" => {
                    self.take();
                    self.dictionary()
                }
                _ => self.fail("an expression"),
            },
        }
    }

    fn items(&mut self, end: &'static str) -> Vec<Value> {
        let mut items: Vec<Value> = Vec::new();
        while !self.failed && !self.take_operator(end) {
            let item = self.expression().light();
            if items.len() < limits::ITEMS {
                items.push(item);
            }
            if !self.take_operator(",") && !self.peek().is_some_and(|token| token.is(end)) {
                self.fail("a comma or a closing bracket");
            }
        }
        items
    }

    fn dictionary(&mut self) -> Value {
        let mut entries = BTreeMap::new();
        while !self.failed && !self.take_operator("}") {
            let key = self.expression();
            if !self.take_operator(":") {
                return self.fail("a colon");
            }
            let value = self.expression().light();
            if entries.len() < limits::ITEMS
                && let Some(key) = key.alternatives().into_iter().next()
            {
                entries.insert(key, value);
            }
            if !self.take_operator(",") && !self.peek().is_some_and(|token| token.is("}")) {
                return self.fail("a comma or }");
            }
        }
        Value { shape: Shape::Dict(entries), ..Value::default() }.light()
    }

    fn variable(&mut self, token: &Token<'s>) -> Value {
        let name = &*token.text;
        match name {
            "true" | "True" | "false" | "False" | "none" | "None" => return Value::default(),
            _ => {}
        }
        if let Some(value) = self.scope.get(name) {
            let mut value = value.clone();
            match value.shape {
                Shape::Unknown => value.shape = Shape::Path(name.to_owned()),
                Shape::Dict(_) => value.named = Some(name.to_owned()),
                _ => {}
            }
            return value;
        }
        let name: String = name.chars().take(limits::NAME).collect();
        self.name(&name);
        self.notable |= is_dunder(&name);
        Value { content: is_content(&name), ..Value::path(name) }
    }

    /// Attributes, items, calls, filters and tests behind a value.
    fn postfix(&mut self, mut value: Value) -> Value {
        while !self.failed {
            let Some(token) = self.peek().cloned() else { break };
            match (token.kind, &*token.text) {
                (Kind::Operator, ".") => {
                    self.take();
                    match self.take() {
                        Some(name) if matches!(name.kind, Kind::Name | Kind::Integer) => {
                            value = self.attribute(&value, &name.text, name.at, false);
                        }
                        _ => return self.fail("a name"),
                    }
                }
                (Kind::Operator, "[") => {
                    self.take();
                    value = self.subscript(&value);
                }
                (Kind::Operator, "(") => {
                    self.take();
                    let said = self.texts.len();
                    let arguments = self.arguments();
                    if value.root() == "raise_exception" {
                        // Said to whoever runs the template, never to a model.
                        self.texts.truncate(said);
                    }
                    value = self.call(&value, &arguments, token.at);
                }
                (Kind::Operator, "|") => {
                    self.take();
                    value = self.filter(&value);
                }
                (Kind::Name, "is") => {
                    self.take();
                    value = self.test(&value);
                }
                _ => break,
            }
        }
        value
    }

    /// An attribute, or an item of a known name.
    fn attribute(&mut self, value: &Value, name: &str, at: usize, assembled: bool) -> Value {
        if let Shape::Dict(entries) = &value.shape {
            // A namespace's entries, and what they were set to later.
            let later = value.named.as_ref().and_then(|owner| self.scope.get(&format!("{owner}.{name}"))).cloned();
            match (entries.get(name).cloned(), later) {
                (Some(entry), Some(later)) => return entry.or(later),
                (Some(one), None) | (None, Some(one)) => return one,
                (None, None) => {}
            }
        }
        let root = value.root();
        let path = if root.is_empty() { format!("?.{name}") } else { format!("{root}.{name}") };
        let path: String = if path.len() > limits::NAME { path[..path.floor_char_boundary(limits::NAME)].to_owned() } else { path };
        if is_dunder(name) {
            self.notable = true;
            self.name(&path);
            if assembled {
                self.seen.feature(Feature::AssembledName, at);
            }
        } else if is_dunder(&path) {
            self.name(&path);
        }
        // What a template stored in a namespace.
        if let Some(stored) = self.scope.get(&path) {
            let mut stored = stored.clone();
            if matches!(stored.shape, Shape::Unknown) {
                stored.shape = Shape::Path(path);
            }
            return stored.carries(value);
        }
        let content = value.content || is_content(name);
        let known = matches!(value.shape, Shape::Texts(_) | Shape::List(_) | Shape::Dict(_));
        let receiver = known.then(|| Box::new(Value { receiver: None, ..value.clone() }));
        Value { content, receiver, ..Value::path(path) }
    }

    fn subscript(&mut self, value: &Value) -> Value {
        let at = self.at();
        let mut parts: [Option<Value>; 3] = [None, None, None];
        let mut part = 0;
        let mut is_slice = false;
        while !self.failed && !self.take_operator("]") {
            if self.take_operator(":") {
                is_slice = true;
                part += 1;
                if part > 2 {
                    return self.fail("]");
                }
                continue;
            }
            let inner = self.expressions();
            parts[part] = Some(inner);
            if !self.peek().is_some_and(|token| token.is("]") || token.is(":")) {
                return self.fail("]");
            }
        }
        if is_slice {
            let number = |part: &Option<Value>| match part.as_ref().map(|value| &value.shape) {
                Some(Shape::Number(number)) => Some(*number),
                _ => None,
            };
            let known = parts.iter().all(|part| part.is_none() || number(part).is_some());
            let folded =
                if known { fold::slice(value, number(&parts[0]), number(&parts[1]), number(&parts[2]).unwrap_or(1)) } else { Value::default() };
            let shape = if matches!((&folded.shape, &value.shape), (Shape::Unknown, Shape::Path(_))) { value.shape.clone() } else { folded.shape };
            return Value { shape, assembled: folded.assembled, ..Value::default() }.carries(value);
        }
        let Some(index) = parts[0].take() else { return self.fail("an expression") };
        match &index.shape {
            Shape::Number(number) => {
                let folded = fold::item(value, *number);
                if matches!(folded.shape, Shape::Unknown) { self.attribute(value, &number.to_string(), at, false) } else { folded.carries(value) }
            }
            Shape::Texts(texts) => {
                let mut result: Option<Value> = None;
                for text in texts {
                    let found = self.attribute(value, text, at, index.assembled);
                    result = Some(result.map_or(found.clone(), |result| result.or(found)));
                }
                result.unwrap_or_default()
            }
            _ if value.root().is_empty() => Value::default().carries(value),
            _ => {
                let root = value.root();
                let name = format!("{}.?", &root[..root.floor_char_boundary(limits::NAME.min(root.len()))]);
                self.name(&name);
                Value { shape: Shape::Path(root.to_owned()), ..Value::default() }.carries(value)
            }
        }
    }

    fn arguments(&mut self) -> Arguments {
        let (mut positional, mut named) = (Vec::new(), BTreeMap::new());
        while !self.failed && !self.take_operator(")") {
            // `*args` and `**kwargs` are taken for what they unpack.
            while self.is_operator(&["*", "**"]).is_some() {
                self.take();
            }
            let key = self.peek().filter(|token| token.kind == Kind::Name).map(|token| token.text.to_string());
            let value = match key {
                Some(key) if self.lexer.rest_begins_with_assignment() => {
                    self.take();
                    self.take();
                    let value = self.expression().light();
                    if named.len() < limits::ITEMS {
                        named.insert(key, value);
                    }
                    None
                }
                _ => Some(self.expression().light()),
            };
            positional.extend(value.filter(|_| positional.len() < limits::ITEMS));
            if !self.take_operator(",") && !self.peek().is_some_and(|token| token.is(")")) {
                self.fail("a comma or )");
            }
        }
        (positional, named)
    }

    fn call(&mut self, callee: &Value, (positional, named): &Arguments, at: usize) -> Value {
        let Shape::Path(path) = &callee.shape else {
            return Value::default().carries(callee);
        };
        self.name(path);
        self.notable |= is_dunder(path);
        match path.as_str() {
            "dict" | "namespace" => return Value { shape: Shape::Dict(named.clone()), ..Value::default() }.light(),
            "getattr" => {
                let (Some(target), Some(names)) = (positional.first(), positional.get(1)) else { return Value::default() };
                return self.attributes(target, names, at);
            }
            "range" | "raise_exception" | "strftime_now" => return Value::default(),
            _ => {}
        }
        let method = path.rsplit('.').next().unwrap_or(path);
        // A method of something known.
        let folded = callee.receiver.as_ref().map_or(Value::default(), |receiver| fold::transform(method, receiver, positional));
        let mut result = Value { shape: folded.shape, assembled: folded.assembled, ..Value::default() };
        if callee.content {
            result.content = true;
            if matches!(method, "startswith" | "endswith" | "find" | "rfind" | "index" | "rindex" | "count" | "match" | "search" | "__contains__") {
                let words = positional.iter().flat_map(|value| match &value.shape {
                    Shape::List(items) => items.iter().flat_map(Value::alternatives).collect(),
                    _ => value.alternatives(),
                });
                self.add_gates(&mut result, words.collect());
            }
        }
        if matches!(result.shape, Shape::Unknown) {
            result.shape = Shape::Path(path.clone());
        }
        for argument in positional.iter().chain(named.values()) {
            result = result.carries(&Value { content: false, ..argument.clone() });
        }
        result
    }

    /// Attributes by names that are values.
    fn attributes(&mut self, value: &Value, names: &Value, at: usize) -> Value {
        let mut result = value.clone();
        for name in names.alternatives() {
            let mut found = value.clone();
            for part in name.split('.') {
                found = self.attribute(&found, part, at, names.assembled);
            }
            result = found;
        }
        result
    }

    fn filter(&mut self, value: &Value) -> Value {
        let Some(name) = self.take().filter(|token| token.kind == Kind::Name) else { return self.fail("a filter's name") };
        let mut filter = name.text.to_string();
        while self.take_operator(".") {
            if let Some(part) = self.take() {
                filter.push('.');
                filter.push_str(&part.text);
            }
        }
        let (positional, named) = if self.take_operator("(") { self.arguments() } else { Arguments::default() };
        match filter.as_str() {
            "attr" => {
                self.seen.feature(Feature::AttributeFilter, name.at);
                return positional.first().map_or(Value::default(), |names| self.attributes(value, &names.clone(), name.at));
            }
            "map" | "selectattr" | "rejectattr" | "sort" | "unique" | "groupby" | "sum" | "min" | "max" | "join" => {
                let attribute = named.get("attribute").or(match filter.as_str() {
                    "selectattr" | "rejectattr" | "groupby" => positional.first(),
                    "map" if positional.first().is_some_and(|first| first.alternatives() == ["attr"]) => positional.get(1),
                    _ => None,
                });
                if let Some(names) = attribute.cloned() {
                    if names.alternatives().iter().any(|name| is_dunder(name)) {
                        self.seen.feature(Feature::AttributeFilter, name.at);
                    }
                    let looked_up = self.attributes(value, &names, name.at);
                    if filter == "map" {
                        return looked_up.carries(value);
                    }
                }
            }
            _ => {}
        }
        let folded = if filter == "format" { fold::percent(value, &positional) } else { fold::transform(&filter, value, &positional) };
        let mut result = Value { shape: folded.shape, assembled: folded.assembled, ..Value::default() }.carries(value);
        if matches!(result.shape, Shape::Unknown) && matches!(value.shape, Shape::Path(_)) {
            // What comes out of a filter is a text or a list, reached through the same name.
            result.shape = value.shape.clone();
        }
        if filter == "default" || filter == "d" {
            result = positional.first().map_or(result.clone(), |default| result.or(default.clone()));
        }
        result
    }

    fn test(&mut self, value: &Value) -> Value {
        self.take_name("not");
        let Some(name) = self.take().filter(|token| token.kind == Kind::Name) else { return self.fail("a test's name") };
        let mut arguments = Vec::new();
        if self.take_operator("(") {
            arguments = self.arguments().0;
        } else if self.peek().is_some_and(|token| match token.kind {
            Kind::String | Kind::Integer | Kind::Float => true,
            Kind::Name => !matches!(&*token.text, "else" | "or" | "and" | "is" | "if" | "in" | "not" | "recursive"),
            Kind::Operator => matches!(&*token.text, "[" | "{"),
            Kind::End => false,
        }) {
            let argument = self.primary();
            arguments.push(self.postfix_of_test(argument));
        }
        let mut result = Value::default().carries(&Value { content: false, ..value.clone() });
        if value.content && matches!(&*name.text, "containing" | "eq" | "equalto" | "sameas" | "in" | "ne" | "startingwith" | "endingwith") {
            self.add_gates(&mut result, arguments.iter().flat_map(Value::alternatives).collect());
        }
        result
    }

    /// Behind the argument of a test only attributes, items and calls belong to it.
    fn postfix_of_test(&mut self, mut value: Value) -> Value {
        while self.peek().is_some_and(|token| token.kind == Kind::Operator && matches!(&*token.text, "." | "[" | "(")) && !self.failed {
            let Some(token) = self.take() else { break };
            value = match &*token.text {
                "." => match self.take() {
                    Some(name) => self.attribute(&value, &name.text.clone(), name.at, false),
                    None => return self.fail("a name"),
                },
                "[" => self.subscript(&value),
                _ => {
                    let arguments = self.arguments();
                    self.call(&value, &arguments, token.at)
                }
            };
        }
        value
    }

    /// `{0.__class__}` in a text that may be formatted.
    fn format_string(&mut self, text: &str, at: usize) {
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            rest = &rest[open + 1..];
            let field = rest.split(['}', ':', '!']).next().unwrap_or("");
            if field.len() < limits::NAME && field.contains("__") {
                let dotted = field.replace('[', ".").replace(']', "");
                if is_dunder(&dotted) {
                    self.notable = true;
                    self.seen.feature(Feature::FormatString, at);
                    let name = format!("str.format.{dotted}");
                    self.name(&name);
                }
            }
        }
    }
}

/// Whether a name is one under which a chat keeps what was said.
fn is_content(name: &str) -> bool {
    matches!(name, "content" | "text" | "prompt" | "query" | "user_message" | "user_input" | "last_user_message" | "user_prompt")
}
