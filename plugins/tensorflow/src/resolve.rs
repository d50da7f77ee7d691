//! Constant arguments: what an operator's inputs are, followed back through the graph and out of functions to their callers.
//!
//! No index of nodes is kept, which would cost memory by the size of the graph: the graph is walked again for the few nodes that are asked for.

use crate::arguments;
use crate::graph::Scope;
use crate::limits;
use crate::walk::Walk;
use std::collections::{HashMap, HashSet};
use weighbridge_parse_proto::{Message, Value};
use weighbridge_sdk::{Span, Stop};

/// Nodes that stand together: those of a graph, or of a function.
#[derive(Clone, Copy)]
pub(crate) struct Body {
    pub message: Message,
    /// The number of the field that holds a node.
    pub nodes: u32,
}

/// An operator whose arguments are wanted.
pub(crate) struct Query {
    pub body: usize,
    pub node: Message,
}

/// A node, as far as arguments are concerned.
#[derive(Default)]
pub(crate) struct Node {
    pub op: String,
    pub inputs: Vec<String>,
    /// Attributes that are text.
    pub texts: Vec<(String, String)>,
    /// Functions in attributes.
    pub functions: Vec<String>,
    /// Of a constant.
    pub strings: Vec<String>,
}

/// Where a name of an input leads.
pub(crate) enum Source {
    Node(Node),
    /// An argument of the function that the body is of.
    Argument {
        function: String,
        index: usize,
    },
    Unknown,
}

/// What has been found so far.
#[derive(Default)]
pub(crate) struct Known {
    pub sources: HashMap<(usize, String), Source>,
    /// By name of a function: where it is called from, and with what.
    pub callers: HashMap<String, Vec<(usize, Vec<String>)>>,
}

impl Known {
    /// The arguments of a node: its inputs by their position, and its attributes that are text.
    pub fn arguments(&self, body: usize, node: &Node) -> Vec<String> {
        let inputs = node.inputs.iter().filter(|input| base(input).is_some()).take(limits::ARGUMENTS);
        let mut args: Vec<String> =
            inputs.enumerate().map(|(index, input)| format!("{index}={}", render(self, body, input, limits::ROUNDS))).collect();
        let texts = node.texts.iter().filter(|(key, value)| arguments::is_told(key) && !value.is_empty());
        args.extend(texts.take(limits::ARGUMENTS).map(|(key, value)| format!("{key}={value}")));
        args
    }
}

/// `^name` is an order of execution; `name:0` and `name:output:0` are outputs of a node.
fn base(input: &str) -> Option<&str> {
    (!input.starts_with('^')).then(|| input.split(':').next().unwrap_or(input))
}

/// Operators that give on, put together, or change the shape of, what they get.
pub(crate) fn gives_on(op: &str) -> bool {
    matches!(
        op,
        "Identity"
            | "IdentityN"
            | "Reshape"
            | "Squeeze"
            | "ExpandDims"
            | "StopGradient"
            | "PlaceholderWithDefault"
            | "StringJoin"
            | "Pack"
            | "ConcatV2"
            | "ShardedFilename"
            | "AsString"
            | "StringStrip"
            | "Snapshot"
            | "EnsureShape"
            | "Fill"
    )
}

impl Walk<'_, '_> {
    /// Says the operators that were put off until their arguments could be known.
    pub fn answer(&mut self, scope: Scope) -> Result<(), Stop> {
        let mut known = Known::default();
        let mut asked = Vec::new();
        let mut wanted = HashSet::new();
        for query in &scope.queries {
            let node = self.read(query.node)?;
            wanted.extend(node.inputs.iter().take(limits::ARGUMENTS).filter_map(|input| base(input)).map(|name| (query.body, name.to_owned())));
            asked.push((query, node));
        }
        let mut functions = HashSet::new();
        for _ in 0..limits::ROUNDS {
            self.look(&scope, &mut wanted, &mut functions, &mut known)?;
            self.callers(&scope, &mut functions, &mut wanted, &mut known)?;
            if wanted.is_empty() {
                break;
            }
        }
        for (query, node) in asked {
            let args = known.arguments(query.body, &node);
            let local = scope.functions.contains_key(&node.op);
            self.report.operator("tensorflow", &node.op, args, false, local, query.node.span())?;
        }
        Ok(())
    }

    /// Looks for the wanted nodes, each in its body, and then wants what they are made of.
    fn look(&mut self, scope: &Scope, wanted: &mut HashSet<(usize, String)>, functions: &mut HashSet<String>, known: &mut Known) -> Result<(), Stop> {
        wanted.retain(|name| !known.sources.contains_key(name));
        let mut bodies: Vec<usize> = wanted.iter().map(|(body, _)| *body).collect();
        bodies.sort_unstable();
        bodies.dedup();
        for body in bodies {
            let Some(&Body { message, nodes }) = scope.bodies.get(body) else { continue };
            let mut next = Vec::new();
            self.again(message, |walk, message, field| {
                if field.number != nodes || known.sources.len() >= limits::NODES {
                    return Ok(());
                }
                let Some(Ok(node)) = field.bytes().map(|span| message.nested(span)) else { return Ok(()) };
                let key = (body, walk.called_name(node)?);
                if wanted.remove(&key) {
                    let node = walk.read(node)?;
                    if gives_on(&node.op) {
                        next.extend(node.inputs.iter().take(limits::ARGUMENTS).filter_map(|input| base(input)).map(|name| (body, name.to_owned())));
                    }
                    known.sources.insert(key, Source::Node(node));
                }
                Ok(())
            })?;
            // What is no node is an argument of the function.
            let left: Vec<_> = wanted.extract_if(|(of, _)| *of == body).collect();
            if !left.is_empty() {
                let (function, arguments) = if nodes == 1 { Default::default() } else { self.signature(message)? };
                for key in left {
                    let source = match arguments.iter().position(|argument| *argument == key.1) {
                        Some(index) => {
                            functions.insert(function.clone());
                            Source::Argument { function: function.clone(), index }
                        }
                        None => Source::Unknown,
                    };
                    known.sources.insert(key, source);
                }
            }
            wanted.extend(next.into_iter().filter(|key| !known.sources.contains_key(key)));
        }
        Ok(())
    }

    /// Looks for the nodes that call the functions whose arguments are wanted.
    fn callers(
        &mut self,
        scope: &Scope,
        functions: &mut HashSet<String>,
        wanted: &mut HashSet<(usize, String)>,
        known: &mut Known,
    ) -> Result<(), Stop> {
        functions.retain(|function| !known.callers.contains_key(function));
        if functions.is_empty() {
            return Ok(());
        }
        for function in functions.iter() {
            known.callers.insert(function.clone(), Vec::new());
        }
        for (index, body) in scope.bodies.iter().enumerate() {
            self.again(body.message, |walk, message, field| {
                if field.number != body.nodes {
                    return Ok(());
                }
                let Some(Ok(node)) = field.bytes().map(|span| message.nested(span)) else { return Ok(()) };
                let node = walk.read(node)?;
                for function in node.functions.iter().chain([&node.op]).filter(|function| functions.contains(*function)) {
                    let Some(callers) = known.callers.get_mut(function) else { continue };
                    if callers.len() < limits::CALLERS {
                        wanted
                            .extend(node.inputs.iter().take(limits::ARGUMENTS).filter_map(|input| base(input)).map(|name| (index, name.to_owned())));
                        callers.push((index, node.inputs.clone()));
                    }
                }
                Ok(())
            })?;
        }
        functions.clear();
        Ok(())
    }

    /// A node's name, which stands first in what TensorFlow writes.
    fn called_name(&mut self, node: Message) -> Result<String, Stop> {
        let mut name = String::new();
        self.again(node, |walk, _, field| {
            if let (1, Value::Bytes(span)) = (field.number, field.value) {
                name = walk.name(span)?;
            }
            Ok(())
        })?;
        Ok(name)
    }

    /// A node that has been, or will be, walked for what is in it.
    fn read(&mut self, node: Message) -> Result<Node, Stop> {
        let mut found = Node::default();
        self.again(node, |walk, message, field| match (field.number, field.value) {
            (2, Value::Bytes(span)) => {
                found.op = walk.name(span)?;
                Ok(())
            }
            (3, Value::Bytes(span)) if found.inputs.len() < limits::ARGUMENTS * 4 => {
                found.inputs.push(walk.name(span)?);
                Ok(())
            }
            (5, Value::Bytes(span)) => walk.read_attribute(message, span, &mut found),
            _ => Ok(()),
        })?;
        Ok(found)
    }

    fn read_attribute(&mut self, message: &Message, span: Span, found: &mut Node) -> Result<(), Stop> {
        let Some((key, entry, value)) = self.entry_again(message, span)? else { return Ok(()) };
        let Ok(value) = entry.nested(value) else { return Ok(()) };
        self.again(value, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => {
                let Ok(list) = message.nested(span) else { return Ok(()) };
                walk.again(list, |walk, message, field| match (field.number, field.value) {
                    (2, Value::Bytes(span)) => walk.read_text(&key, span, found),
                    (9, Value::Bytes(span)) => walk.read_function(message, span, found),
                    _ => Ok(()),
                })
            }
            (2, Value::Bytes(span)) => walk.read_text(&key, span, found),
            (8, Value::Bytes(span)) if key == "value" => {
                found.strings = walk.texts(message, span)?;
                Ok(())
            }
            (10, Value::Bytes(span)) => walk.read_function(message, span, found),
            _ => Ok(()),
        })
    }

    fn read_text(&mut self, key: &str, span: Span, found: &mut Node) -> Result<(), Stop> {
        if found.texts.len() < limits::ARGUMENTS {
            let text = self.reader.text(span, limits::ARGUMENT)?;
            found.texts.push((key.to_owned(), text));
        }
        Ok(())
    }

    fn read_function(&mut self, message: &Message, span: Span, found: &mut Node) -> Result<(), Stop> {
        let Ok(function) = message.nested(span) else { return Ok(()) };
        self.again(function, |walk, _, field| {
            if let (1, Value::Bytes(span), true) = (field.number, field.value, found.functions.len() < limits::ARGUMENTS) {
                found.functions.push(walk.name(span)?);
            }
            Ok(())
        })
    }
}

/// An input as text: the constant that it is, or what it comes from in angle brackets.
fn render(known: &Known, body: usize, input: &str, depth: usize) -> String {
    let Some(name) = base(input) else { return String::new() };
    let cut = |mut text: String| {
        text.truncate(text.floor_char_boundary(limits::ARGUMENT.min(text.len())));
        text
    };
    if depth == 0 {
        return format!("<{name}>");
    }
    match known.sources.get(&(body, name.to_owned())) {
        Some(Source::Node(node)) => {
            let part = |index: usize| node.inputs.get(index).map(|input| render(known, body, input, depth - 1)).unwrap_or_default();
            let parts = || node.inputs.iter().filter(|input| base(input).is_some()).take(limits::ARGUMENTS).enumerate();
            match node.op.as_str() {
                "Const" if node.strings.is_empty() => "<Const>".into(),
                "Const" => cut(node.strings.join(", ")),
                "StringJoin" => {
                    let separator = node.texts.iter().find(|(key, _)| key == "separator").map_or("", |(_, text)| text.as_str());
                    cut(parts().map(|(index, _)| part(index)).collect::<Vec<_>>().join(separator))
                }
                "Pack" | "ConcatV2" => cut(parts().map(|(index, _)| part(index)).collect::<Vec<_>>().join(", ")),
                "Fill" => part(1),
                op if gives_on(op) => part(0),
                op => format!("<{op}>"),
            }
        }
        Some(Source::Argument { function, index }) => {
            let mut values = Vec::new();
            for (caller, inputs) in known.callers.get(function).into_iter().flatten() {
                let inputs: Vec<&String> = inputs.iter().filter(|input| base(input).is_some()).collect();
                if let Some(input) = inputs.get(*index) {
                    let value = render(known, *caller, input, depth - 1);
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
            }
            // Whoever calls the function from outside gives the rest.
            if values.is_empty() { "<argument>".into() } else { cut(values.join(" or ")) }
        }
        Some(Source::Unknown) | None => format!("<{name}>"),
    }
}
