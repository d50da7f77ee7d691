//! What is known of an expression's value: the texts that it can be, or the name through which it is reached.

use crate::limits;
use crate::seen::is_dunder;
use std::collections::BTreeMap;

/// What a value is, as far as it follows from the template alone.
#[derive(Debug, Clone, Default)]
pub(crate) enum Shape {
    #[default]
    Unknown,
    /// One of these texts.
    Texts(Vec<String>),
    Number(i64),
    List(Vec<Value>),
    Dict(BTreeMap<String, Value>),
    /// Reached through this dotted name.
    Path(String),
}

/// A value and where it comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Value {
    pub shape: Shape,
    /// It holds what a message says.
    pub content: bool,
    /// Words that it was tested for in such content.
    pub gates: Vec<String>,
    /// A text that was put together, cut or unescaped rather than written.
    pub assembled: bool,
    /// The known value on which an attribute was looked up, for calls of its methods.
    pub receiver: Option<Box<Value>>,
    /// The variable that it is the value of, where that is a dictionary.
    pub named: Option<String>,
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Value { shape: Shape::Texts(vec![cut(text.into())]), ..Value::default() }
    }

    pub fn texts(texts: Vec<String>) -> Self {
        Value { shape: Shape::Texts(texts.into_iter().take(limits::ALTERNATIVES).map(cut).collect()), assembled: true, ..Value::default() }
    }

    pub fn number(number: i64) -> Self {
        Value { shape: Shape::Number(number), ..Value::default() }
    }

    pub fn list(items: Vec<Value>) -> Self {
        let list = Value { shape: Shape::List(items.into_iter().take(limits::ITEMS).collect()), ..Value::default() };
        list.light()
    }

    pub fn path(path: impl Into<String>) -> Self {
        Value { shape: Shape::Path(path.into()), ..Value::default() }
    }

    /// Without what makes it hold too much: values are copied wherever they are named.
    pub fn light(mut self) -> Self {
        self.receiver = None;
        if self.weight() > limits::WEIGHT { Value { shape: Shape::Unknown, ..self } } else { self }
    }

    /// Bytes that it takes, about. Never deep: what is heavy is dropped before it is put into something.
    fn weight(&self) -> usize {
        64 + match &self.shape {
            Shape::Texts(texts) => texts.iter().map(String::len).sum(),
            Shape::Path(path) => path.len(),
            Shape::List(items) => items.iter().map(Value::weight).sum(),
            Shape::Dict(entries) => entries.iter().map(|(key, value)| key.len() + value.weight()).sum(),
            Shape::Unknown | Shape::Number(_) => 0,
        }
    }

    /// The texts that it can be; none where that is not known.
    pub fn alternatives(&self) -> Vec<String> {
        match &self.shape {
            Shape::Texts(texts) => texts.clone(),
            Shape::Number(number) => vec![number.to_string()],
            _ => Vec::new(),
        }
    }

    /// The dotted name of what it is, for what is looked up on it.
    pub fn root(&self) -> &str {
        match &self.shape {
            Shape::Path(path) => path,
            Shape::Texts(_) => "str",
            Shape::Number(_) => "int",
            Shape::List(_) => "list",
            Shape::Dict(_) => "dict",
            Shape::Unknown => "",
        }
    }

    /// Takes over what another value carries beside its shape.
    pub fn carries(mut self, other: &Value) -> Self {
        self.content |= other.content;
        for gate in &other.gates {
            if self.gates.len() < limits::ALTERNATIVES && !self.gates.contains(gate) {
                self.gates.push(gate.clone());
            }
        }
        self
    }

    /// Either of two values.
    pub fn or(self, other: Value) -> Self {
        let assembled = self.assembled || other.assembled;
        let shape = match (&self.shape, &other.shape) {
            (Shape::Texts(a), Shape::Texts(b)) => {
                let mut all = a.clone();
                all.extend(b.iter().filter(|text| !a.contains(text)).cloned());
                all.truncate(limits::ALTERNATIVES);
                Shape::Texts(all)
            }
            (Shape::Unknown, _) => other.shape.clone(),
            // Of two names the one that leads further in.
            (Shape::Path(a), Shape::Path(b)) if is_dunder(b) && !is_dunder(a) => other.shape.clone(),
            _ => self.shape.clone(),
        };
        Value { shape, assembled, ..Value::default() }.carries(&self).carries(&other)
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(limits::TEXT.min(text.len())));
    text
}
