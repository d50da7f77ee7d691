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

    pub(super) fn is_operator(&self, operators: &[&str]) -> Option<String> {
        let token = self.peek().filter(|token| token.kind == Kind::Operator)?;
        operators.contains(&&*token.text).then(|| token.text.to_string())
    }

    pub(super) fn fail(&mut self, expected: &'static str) -> Value {
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

    pub(super) fn name(&mut self, name: &str) {
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

    pub(super) fn add_gates(&mut self, value: &mut Value, words: Vec<String>) {
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

    pub(super) fn primary(&mut self) -> Value {
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
}

/// Whether a name is one under which a chat keeps what was said.
pub(crate) fn is_content(name: &str) -> bool {
    matches!(name, "content" | "text" | "prompt" | "query" | "user_message" | "user_input" | "last_user_message" | "user_prompt")
}
