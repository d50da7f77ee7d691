//! What stands behind a value: attributes, items, calls, filters and tests.

use crate::expression::{Expression, is_content};
use crate::fold;
use crate::limits;
use crate::seen::{Feature, is_dunder};
use crate::token::Kind;
use crate::value::{Shape, Value};
use std::collections::BTreeMap;

type Arguments = (Vec<Value>, BTreeMap<String, Value>);

impl<'s> Expression<'_, 's> {
    /// Attributes, items, calls, filters and tests behind a value.
    pub(super) fn postfix(&mut self, mut value: Value) -> Value {
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

    pub(super) fn filter(&mut self, value: &Value) -> Value {
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
                let Some(names) = positional.first().cloned() else { return Value::default() };
                if names.alternatives().is_empty() {
                    self.seen.feature(Feature::ComputedAttribute, name.at);
                    self.name(&format!("{}.?", value.root()));
                }
                return self.attributes(value, &names, name.at);
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
    pub(super) fn format_string(&mut self, text: &str, at: usize) {
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
