//! A small value as a tree, within bounds.

use crate::issue::Issues;
use crate::limits::Limits;
use crate::reader::Reader;
use crate::token::{Kind, Token};
use weighbridge_parse_read::{ReadAt, Stop};

/// What a tree may hold. What is beyond is read and left out, and [`Tree::cut`] says so.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Values.
    pub nodes: usize,
    /// Bytes of keys, strings and numbers together.
    pub bytes: usize,
    /// Levels. Trees are dropped by recursion: no more than some hundred.
    pub depth: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { nodes: 65_536, bytes: 4 << 20, depth: 128 }
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Offset of its first byte.
    pub at: u64,
    /// Bytes of the input that it takes.
    pub length: u64,
    /// What it is.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as it stands.
    Number(String),
    /// A string, and its length in bytes where it was cut.
    String(String, u64),
    /// `[…]`.
    Array(Vec<Node>),
    /// `{…}`: every key as often as it comes.
    Object(Vec<Member>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key.
    pub key: String,
    /// Offset of the key's quote.
    pub at: u64,
    /// The value; null where there is none.
    pub node: Node,
}

/// A tree.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The value.
    pub root: Node,
    /// Whether something was left out.
    pub cut: bool,
}

impl Node {
    /// The members of an object.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The value of a key: of the last of that name, as Python takes it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().rev().find(|member| member.key == key).map(|member| &member.node)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text, _) => Some(text),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A whole number.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Any number.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }
}

impl Tree {
    /// Reads a whole input as one value, with what was wrong in it.
    pub fn read<R: ReadAt>(input: R, bounds: &Bounds) -> Result<(Tree, Issues), Stop> {
        let limits = Limits { text: bounds.bytes, ..Limits::default() };
        let mut reader = Reader::with(input, 0, u64::MAX, limits);
        let first = reader.next()?;
        let tree = reader.tree(&first, bounds)?;
        // The end, or what stands behind the value.
        reader.next()?;
        Ok((tree, reader.issues().clone()))
    }
}

/// A container that is being read.
struct Open {
    at: u64,
    object: bool,
    items: Vec<Node>,
    members: Vec<Member>,
    key: Option<(String, u64)>,
}

impl Open {
    fn add(&mut self, node: Node) {
        match self.key.take() {
            Some((key, at)) => self.members.push(Member { key, at, node }),
            // A value without a key, which only a broken object has.
            None if self.object => self.members.push(Member { key: String::new(), at: node.at, node }),
            None => self.items.push(node),
        }
    }

    fn close(mut self, end: u64) -> Node {
        if let Some((key, at)) = self.key.take() {
            self.members.push(Member { key, at, node: Node { at: end, length: 0, value: Value::Null } });
        }
        let value = if self.object { Value::Object(self.members) } else { Value::Array(self.items) };
        Node { at: self.at, length: end.saturating_sub(self.at), value }
    }
}

impl<R: ReadAt> Reader<R> {
    /// Takes the value that begins with `token`, the last one that was read, as a tree.
    pub fn tree(&mut self, token: &Token, bounds: &Bounds) -> Result<Tree, Stop> {
        let mut open: Vec<Open> = Vec::new();
        let (mut nodes, mut bytes, mut cut) = (0, 0usize, false);
        let mut token = *token;
        loop {
            let mut done = None;
            match token.kind {
                Kind::BeginObject | Kind::BeginArray if nodes >= bounds.nodes || open.len() as u64 >= bounds.depth => {
                    cut = true;
                    let end = self.skip(&token)?;
                    done = Some(Node { at: token.at, length: end.saturating_sub(token.at), value: Value::Null });
                }
                Kind::BeginObject | Kind::BeginArray => {
                    let object = token.kind == Kind::BeginObject;
                    open.push(Open { at: token.at, object, items: Vec::new(), members: Vec::new(), key: None });
                }
                Kind::EndObject | Kind::EndArray => done = open.pop().map(|open| open.close(token.end())),
                Kind::End => {
                    // What is open ends with the input.
                    let mut root = None;
                    while let Some(mut inner) = open.pop() {
                        root.take().into_iter().for_each(|node| inner.add(node));
                        root = Some(inner.close(token.at));
                    }
                    return Ok(Tree { root: root.unwrap_or(Node { at: token.at, length: 0, value: Value::Null }), cut });
                }
                Kind::Key => {
                    let text = self.bounded(&mut bytes, bounds, &mut cut);
                    if let Some(open) = open.last_mut() {
                        // A key behind a key: the first has no value.
                        if open.key.is_some() {
                            open.add(Node { at: token.at, length: 0, value: Value::Null });
                        }
                        open.key = Some((text, token.at));
                    }
                }
                Kind::String => {
                    let full = self.text_len();
                    done = Some(node(&token, Value::String(self.bounded(&mut bytes, bounds, &mut cut), full)));
                }
                Kind::Number => done = Some(node(&token, Value::Number(self.bounded(&mut bytes, bounds, &mut cut)))),
                Kind::Bool(value) => done = Some(node(&token, Value::Bool(value))),
                Kind::Null => done = Some(node(&token, Value::Null)),
            }
            if let Some(node) = done {
                match open.last_mut() {
                    None => return Ok(Tree { root: node, cut }),
                    Some(open) if nodes < bounds.nodes => {
                        nodes += 1;
                        open.add(node);
                    }
                    Some(open) => {
                        cut = true;
                        open.key = None;
                    }
                }
            }
            token = self.next()?;
        }
    }

    /// The last text, cut to what is left of a tree's bytes.
    fn bounded(&self, used: &mut usize, bounds: &Bounds, cut: &mut bool) -> String {
        let text = self.text();
        let room = bounds.bytes.saturating_sub(*used);
        let kept = &text[..text.floor_char_boundary(room.min(text.len()))];
        *cut |= kept.len() < text.len() || self.is_cut();
        *used += kept.len();
        kept.to_owned()
    }
}

fn node(token: &Token, value: Value) -> Node {
    Node { at: token.at, length: token.length, value }
}
