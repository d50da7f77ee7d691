//! `GraphDef`, `FunctionDefLibrary`, `NodeDef`, `AttrValue`.
//!
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto>, function.proto, node_def.proto, attr_value.proto.

use crate::arguments;
use crate::limits;
use crate::resolve::{Body, Query};
use crate::walk::Walk;
use std::collections::{HashMap, HashSet};
use weighbridge_parse_proto::{Message, Value};
use weighbridge_sdk::{Fact, Span, Stop};

/// What is known of one graph and its functions.
#[derive(Default)]
pub(crate) struct Scope {
    /// Names of its functions, and which of `bodies` each is.
    pub functions: HashMap<String, usize>,
    /// The graph itself, then its functions.
    pub bodies: Vec<Body>,
    /// Operators whose arguments are to be resolved.
    pub queries: Vec<Query>,
    /// Which functions each body calls.
    calls: HashSet<(usize, usize)>,
}

impl Walk<'_, '_> {
    /// ```text
    /// GraphDef { node = 1, library = 2, _version = 3, _versions = 4, _debug_info = 5 }
    /// ```
    pub fn graph(&mut self, graph: Message) -> Result<(), Stop> {
        let mut scope = Scope::default();
        scope.bodies.push(Body { message: graph, nodes: 1 });
        self.functions(graph, &mut scope)?;
        self.fields("GraphDef", graph, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => walk.node(&mut scope, 0, message, span),
            (2, Value::Bytes(span)) => walk.library(&mut scope, message, span),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })?;
        self.recursion(&scope)?;
        self.answer(scope)
    }

    pub fn graph_in(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        match self.nested("GraphDef", message, span)? {
            Some(graph) => self.graph(graph),
            None => Ok(()),
        }
    }

    /// Which functions there are, since what calls them may come before them.
    fn functions(&mut self, graph: Message, scope: &mut Scope) -> Result<(), Stop> {
        self.again(graph, |walk, message, field| {
            let (2, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            let Ok(library) = message.nested(span) else { return Ok(()) };
            walk.again(library, |walk, message, field| {
                let (1, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
                let Ok(function) = message.nested(span) else { return Ok(()) };
                if scope.bodies.len() > limits::FUNCTIONS {
                    return Ok(());
                }
                let name = walk.signature(function)?.0;
                scope.functions.insert(name, scope.bodies.len());
                scope.bodies.push(Body { message: function, nodes: 3 });
                Ok(())
            })
        })
    }

    /// ```text
    /// FunctionDef { signature = 1: OpDef { name = 1, input_arg = 2: ArgDef { name = 1 } } }
    /// ```
    /// A function's name, and those of its arguments.
    pub fn signature(&mut self, function: Message) -> Result<(String, Vec<String>), Stop> {
        let (mut name, mut arguments) = (String::new(), Vec::new());
        self.again(function, |walk, message, field| {
            let (1, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            let Ok(signature) = message.nested(span) else { return Ok(()) };
            walk.again(signature, |walk, message, field| match (field.number, field.value) {
                (1, Value::Bytes(span)) => {
                    name = walk.name(span)?;
                    Ok(())
                }
                (2, Value::Bytes(span)) => {
                    let Ok(argument) = message.nested(span) else { return Ok(()) };
                    let mut called = String::new();
                    walk.again(argument, |walk, _, field| {
                        if let (1, Value::Bytes(span)) = (field.number, field.value) {
                            called = walk.name(span)?;
                        }
                        Ok(())
                    })?;
                    arguments.push(called);
                    Ok(())
                }
                _ => Ok(()),
            })
        })?;
        Ok((name, arguments))
    }

    /// ```text
    /// FunctionDefLibrary { function = 1, _gradient = 2, _registered_gradients = 3 }
    /// ```
    fn library(&mut self, scope: &mut Scope, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(library) = self.nested("FunctionDefLibrary", message, span)? else { return Ok(()) };
        self.fields("FunctionDefLibrary", library, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => walk.function(scope, message, span),
            _ => Ok(()),
        })
    }

    /// ```text
    /// FunctionDef { signature = 1, node_def = 3, _ret = 4, attr = 5, _control_ret = 6, _arg_attr = 7, _resource_arg_unique_id = 8 }
    /// ```
    fn function(&mut self, scope: &mut Scope, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(function) = self.nested("FunctionDef", message, span)? else { return Ok(()) };
        let body = scope.bodies.iter().position(|body| body.message.span() == span).unwrap_or(usize::MAX);
        let name = if self.report.input.wants_tables() { self.signature(function)?.0 } else { String::new() };
        let around = std::mem::replace(&mut self.report.graph, format!("function {name}"));
        let read = self.fields("FunctionDef", function, |walk, message, field| match (field.number, field.value) {
            (3, Value::Bytes(span)) => walk.node(scope, body, message, span),
            (5, Value::Bytes(span)) => walk.attribute(message, span).map(drop),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        });
        self.report.graph = around;
        read
    }

    /// ```text
    /// NodeDef { name = 1, op = 2, input = 3, device = 4, attr = 5, _experimental_debug_info = 6, _experimental_type = 7 }
    /// ```
    fn node(&mut self, scope: &mut Scope, body: usize, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(node) = self.nested("NodeDef", message, span)? else { return Ok(()) };
        let (mut name, mut op) = (String::new(), String::new());
        let mut called = Vec::new();
        self.fields("NodeDef", node, |walk, message, field| {
            match (field.number, field.value) {
                (1, Value::Bytes(span)) => name = walk.name(span)?,
                (2, Value::Bytes(span)) => op = walk.name(span)?,
                (5, Value::Bytes(span)) => called.extend(walk.attribute(message, span)?),
                (_, Value::Bytes(span)) => walk.left(span)?,
                _ => {}
            }
            Ok(())
        })?;
        self.report.node(&op, span);
        self.report.input.row("nodes", span.start, span.len(), u64::from(body > 0), &[&op, &name])?;
        let local = scope.functions.get(&op).copied();
        for function in called.iter().filter_map(|name| scope.functions.get(name).copied()).chain(local) {
            if scope.calls.len() < limits::FUNCTIONS {
                scope.calls.insert((body, function));
            }
        }
        if arguments::are_told(&op) {
            if scope.queries.len() < limits::QUERIES && body != usize::MAX {
                scope.queries.push(Query { body, node });
                return Ok(());
            }
            return self.report.operator("tensorflow", &op, Vec::new(), true, local.is_some(), span);
        }
        self.report.operator("tensorflow", &op, Vec::new(), false, local.is_some(), span)
    }

    /// ```text
    /// map<string, AttrValue> attr
    /// ```
    /// The names of functions in it.
    pub fn attribute(&mut self, message: &Message, span: Span) -> Result<Vec<String>, Stop> {
        let mut called = Vec::new();
        if let Some((key, entry, value)) = self.entry("NodeDef.attr", message, span)? {
            self.value(&key, &entry, value, &mut called)?;
        }
        Ok(called)
    }

    /// ```text
    /// AttrValue { list = 1, s = 2, _i = 3, _f = 4, _b = 5, _type = 6, _shape = 7, tensor = 8, _placeholder = 9, func = 10 }
    /// ListValue { s = 2, _i = 3, _f = 4, _b = 5, _type = 6, _shape = 7, tensor = 8, func = 9 }
    /// NameAttrList { name = 1, attr = 2 }
    /// ```
    fn value(&mut self, key: &str, message: &Message, span: Span, called: &mut Vec<String>) -> Result<(), Stop> {
        let Some(value) = self.nested("AttrValue", message, span)? else { return Ok(()) };
        self.fields("AttrValue", value, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => {
                let Some(list) = walk.nested("AttrValue.ListValue", message, span)? else { return Ok(()) };
                walk.fields("AttrValue.ListValue", list, |walk, message, field| match (field.number, field.value) {
                    (2, Value::Bytes(span)) => walk.constant(key, span),
                    (8, Value::Bytes(span)) => walk.tensor(key, message, span),
                    (9, Value::Bytes(span)) => walk.called(message, span, called),
                    (_, Value::Bytes(span)) => walk.left(span),
                    _ => Ok(()),
                })
            }
            (2, Value::Bytes(span)) => walk.constant(key, span),
            (8, Value::Bytes(span)) => walk.tensor(key, message, span),
            (10, Value::Bytes(span)) => walk.called(message, span, called),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })
    }

    fn called(&mut self, message: &Message, span: Span, called: &mut Vec<String>) -> Result<(), Stop> {
        let Some(function) = self.nested("NameAttrList", message, span)? else { return Ok(()) };
        self.fields("NameAttrList", function, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => {
                if called.len() < limits::ARGUMENTS {
                    called.push(walk.name(span)?);
                }
                Ok(())
            }
            (2, Value::Bytes(span)) => {
                let Some((key, entry, value)) = walk.entry("NameAttrList.attr", message, span)? else { return Ok(()) };
                walk.value(&key, &entry, value, called)
            }
            _ => Ok(()),
        })
    }

    /// Functions that call themselves, over others or not: TensorFlow before 2.8 overflowed its stack (CVE-2022-23591).
    fn recursion(&mut self, scope: &Scope) -> Result<(), Stop> {
        let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
        for (from, to) in &scope.calls {
            next.entry(*from).or_default().push(*to);
        }
        // Functions that nothing on a circle needs are taken away until none is left, or a circle is.
        let mut calls: HashMap<usize, usize> = next.iter().map(|(from, to)| (*from, to.len())).collect();
        let mut callers: HashMap<usize, Vec<usize>> = HashMap::new();
        for (from, to) in &scope.calls {
            callers.entry(*to).or_default().push(*from);
        }
        let mut leaves: Vec<usize> = (0..scope.bodies.len()).filter(|body| !calls.contains_key(body)).collect();
        while let Some(leaf) = leaves.pop() {
            for caller in callers.get(&leaf).into_iter().flatten() {
                if let Some(left) = calls.get_mut(caller) {
                    *left -= 1;
                    if *left == 0 {
                        leaves.push(*caller);
                    }
                }
            }
        }
        let first = calls.iter().filter(|(_, left)| **left > 0).map(|(body, _)| *body).filter(|body| *body > 0).min();
        let Some(body) = first.and_then(|body| scope.bodies.get(body)) else { return Ok(()) };
        let name = self.signature(body.message)?.0;
        let fact = Fact::anomaly("tensorflow-recursion").text("detail", "functions that call each other in a circle").text_if("target", &name);
        self.report.anomaly(fact, body.message.span())
    }
}
