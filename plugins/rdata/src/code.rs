//! Pieces of code: the names that they call, and how they read.

use crate::limits;

/// What an item came to, as far as code needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// `NULL`, and the end of a pairlist.
    Null,
    /// An argument that is not given.
    Missing,
    /// What a promise has before it is evaluated.
    Unbound,
    /// A symbol: an index into [`Names`].
    Symbol(u32),
    /// A node of the code that is being read.
    Node(u32),
    /// Anything else: what it is.
    Object(&'static str),
}

/// Names of symbols, kept once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    list: Vec<Box<str>>,
    bytes: usize,
}

impl Names {
    /// Takes up a name; `None` when there is no room.
    pub fn add(&mut self, name: &str) -> Option<u32> {
        if self.list.len() >= limits::REFERENCES || self.bytes + name.len() > limits::NAME_BYTES {
            return None;
        }
        self.bytes += name.len();
        self.list.push(name.into());
        u32::try_from(self.list.len() - 1).ok()
    }

    pub fn get(&self, index: u32) -> &str {
        self.list.get(index as usize).map_or("", |name| name)
    }
}

/// A part of an expression.
#[derive(Debug)]
pub(crate) enum Node {
    /// `fun(args)`; each argument with its tag.
    Call { fun: Value, args: Vec<(Option<u32>, Value)>, depth: u32 },
    /// A vector of strings.
    Text(Vec<String>),
    /// A vector of numbers, as R would print them.
    Numbers(Vec<f64>),
    /// A primitive function by its name.
    Primitive(String),
}

/// Which piece of code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Closure,
    /// A promise; whether it has its value already comes to light within.
    Promise,
    /// A call, a formula, an expression: stored, not run.
    Language,
    Bytecode,
}

/// A piece of code while it is read.
#[derive(Debug)]
pub(crate) struct Code {
    pub kind: Kind,
    pub start: u64,
    pub names: Vec<String>,
    /// Names beyond the limit.
    pub dropped: u64,
    nodes: Vec<Node>,
    /// Bytes of constants in the nodes.
    bytes: usize,
}

/// Functions that take another one by its name or value.
const BY_NAME: [&str; 32] = [
    "get",
    "get0",
    "mget",
    "match.fun",
    "getFunction",
    "getFromNamespace",
    "getAnywhere",
    "getExportedValue",
    "as.name",
    "as.symbol",
    "do.call",
    "lapply",
    "sapply",
    "vapply",
    "mapply",
    "tapply",
    "apply",
    "eapply",
    "rapply",
    "outer",
    "Map",
    "Filter",
    "Reduce",
    "Position",
    "Find",
    "Vectorize",
    "call",
    "as.call",
    "dynGet",
    "getElement",
    "existsFunction",
    "delayedAssign",
];

/// Functions that make code of text.
const OF_TEXT: [&str; 10] =
    ["parse", "str2lang", "str2expression", "eval", "evalq", "eval.parent", "source", "textConnection", "rlang::parse_expr", "rlang::eval_tidy"];

/// What every R program consists of, and says nothing of what it does.
const SYNTAX: [&str; 46] = [
    "{", "(", "<-", "<<-", "=", "+", "-", "*", "/", "^", "~", "if", "for", "while", "repeat", "break", "next", "function", "[", "[[", "$", "@",
    "[<-", "[[<-", "$<-", "@<-", "==", "!=", "<", ">", "<=", ">=", "!", "&", "&&", "|", "||", ":", "c", "return", "%%", "%/%", "%in%", "%*%", "%o%",
    "quote",
];

impl Code {
    pub fn new(kind: Kind, start: u64) -> Self {
        Code { kind, start, names: Vec::new(), dropped: 0, nodes: Vec::new(), bytes: 0 }
    }

    /// Keeps a node, while there is room.
    pub fn node(&mut self, node: Node) -> Value {
        self.bytes += match &node {
            Node::Call { .. } => 0,
            Node::Text(texts) => texts.iter().map(String::len).sum(),
            Node::Numbers(numbers) => 8 * numbers.len(),
            Node::Primitive(name) => name.len(),
        };
        if self.bytes > limits::CONSTANTS {
            return Value::Object("…");
        }
        match u32::try_from(self.nodes.len()) {
            Ok(index) if self.nodes.len() < limits::NODES => {
                self.nodes.push(node);
                Value::Node(index)
            }
            _ => Value::Object("…"),
        }
    }

    fn get(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(index) => self.nodes.get(index as usize),
            _ => None,
        }
    }

    pub fn name(&mut self, name: String) {
        if name.is_empty() || SYNTAX.contains(&name.as_str()) || self.names.contains(&name) {
            return;
        }
        if self.names.len() < limits::NAMES { self.names.push(name) } else { self.dropped += 1 }
    }

    /// Takes over what a piece within this one names: it is code of this one too.
    pub fn absorb(&mut self, inner: &Code) {
        for name in &inner.names {
            self.name(name.clone());
        }
        self.dropped += inner.dropped;
    }

    /// A call was read: what it names, and its node.
    pub fn call(&mut self, names: &Names, fun: Value, args: Vec<(Option<u32>, Value)>) -> Value {
        let callee = self.callee(names, fun);
        let bare = callee.rsplit(':').next().unwrap_or("");
        if BY_NAME.contains(&bare) || callee.is_empty() {
            let given: Vec<String> = args.iter().filter_map(|(_, value)| self.given_name(names, *value)).collect();
            given.into_iter().for_each(|name| self.name(name));
        }
        if OF_TEXT.contains(&bare) || OF_TEXT.contains(&callee.as_str()) {
            let texts: Vec<String> = args.iter().filter_map(|(_, value)| self.folded(names, *value, 0)).collect();
            texts.iter().for_each(|text| self.called_in(text));
        }
        self.name(callee);
        self.list(fun, args)
    }

    /// A call or list as a node, unless it is nested too deep to be shown.
    pub fn list(&mut self, fun: Value, args: Vec<(Option<u32>, Value)>) -> Value {
        let depth = 1 + args.iter().map(|(_, value)| *value).chain([fun]).map(|value| self.depth(value)).max().unwrap_or(0);
        if depth > limits::SHOWN_DEPTH {
            return Value::Object("…");
        }
        self.node(Node::Call { fun, args, depth })
    }

    /// The first argument of a call or list.
    pub fn first_argument(&self, value: Value) -> Option<Value> {
        match self.get(value)? {
            Node::Call { args, .. } => args.first().map(|(_, value)| *value),
            _ => None,
        }
    }

    fn depth(&self, value: Value) -> u32 {
        match self.get(value) {
            Some(Node::Call { depth, .. }) => *depth,
            _ => 0,
        }
    }

    /// The name of what is called: a symbol, a primitive, `package::name`, or a call that gives a function by its name.
    fn callee(&self, names: &Names, fun: Value) -> String {
        match (fun, self.get(fun)) {
            (Value::Symbol(index), _) => names.get(index).to_owned(),
            (_, Some(Node::Primitive(name))) => name.clone(),
            (_, Some(Node::Call { fun: Value::Symbol(index), args, .. })) => match (names.get(*index), args.as_slice()) {
                ("::" | ":::", [(_, package), (_, name)]) => {
                    let part = |value| self.given_name(names, value).unwrap_or_default();
                    format!("{}::{}", part(*package), part(*name))
                }
                ("(", [(_, inner)]) => self.callee(names, *inner),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// A symbol, or text that could be one.
    fn given_name(&self, names: &Names, value: Value) -> Option<String> {
        if let Value::Symbol(index) = value {
            return Some(names.get(index).to_owned());
        }
        let qualified = self.callee(names, value);
        if !qualified.is_empty() && qualified != "::" {
            return Some(qualified);
        }
        self.folded(names, value, 0).filter(|text| text.len() <= 64 && !text.is_empty() && text.chars().all(is_name))
    }

    /// The text that an expression of constants comes to.
    fn folded(&self, names: &Names, value: Value, depth: u32) -> Option<String> {
        if depth > 8 {
            return None;
        }
        let Node::Call { fun, args, .. } = (match self.get(value)? {
            Node::Text(texts) => return Some(texts.concat()),
            other => other,
        }) else {
            return None;
        };
        let fold = |value: Value| self.folded(names, value, depth + 1);
        let tagged = |tag: &Option<u32>, wanted: &str| tag.is_some_and(|tag| names.get(tag) == wanted);
        match self.callee(names, *fun).rsplit(':').next()? {
            name @ ("paste" | "paste0") => {
                let separator = args.iter().find(|(tag, _)| tagged(tag, "sep")).and_then(|(_, value)| fold(*value));
                let separator = separator.unwrap_or_else(|| if name == "paste" { " ".into() } else { String::new() });
                let parts: Option<Vec<String>> =
                    args.iter().filter(|(tag, _)| !tagged(tag, "sep") && !tagged(tag, "collapse")).map(|(_, value)| fold(*value)).collect();
                parts.map(|parts| parts.join(&separator))
            }
            "(" | "c" | "as.character" | "trimws" | "I" | "parse" | "str2lang" | "str2expression" | "textConnection" | "enquote" | "invisible" => {
                let parts: Vec<String> = args.iter().filter_map(|(_, value)| fold(*value)).collect();
                (!parts.is_empty()).then(|| parts.concat())
            }
            "rawToChar" | "intToUtf8" => self.characters(args.first()?.1, depth),
            _ => None,
        }
    }

    /// `as.raw(c(115, 121, …))` and the like, as text.
    fn characters(&self, value: Value, depth: u32) -> Option<String> {
        if depth > 8 {
            return None;
        }
        match self.get(value)? {
            Node::Numbers(numbers) => numbers.iter().map(|number| char::from_u32(*number as u32)).collect(),
            Node::Call { args, .. } => {
                let parts: Vec<String> = args.iter().filter_map(|(_, value)| self.characters(*value, depth + 1)).collect();
                (!parts.is_empty()).then(|| parts.concat())
            }
            _ => None,
        }
    }

    /// Names that text, were it code, would call: each before a parenthesis.
    pub fn called_in(&mut self, text: &str) {
        for (at, _) in text.match_indices('(') {
            let before = text[..at].trim_end();
            let start = before.rfind(|c| !is_name(c) && c != ':').map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
            self.name(before[start..].replace(":::", "::"));
        }
    }

    /// The value as R source, cut to [`limits::TEXT`].
    pub fn text(&self, names: &Names, value: Value) -> String {
        let mut out = String::new();
        self.write(names, value, &mut out);
        out
    }

    fn write(&self, names: &Names, value: Value, out: &mut String) {
        if out.len() >= limits::TEXT {
            if !out.ends_with('…') {
                out.push('…');
            }
            return;
        }
        match value {
            Value::Null => out.push_str("NULL"),
            Value::Missing => {}
            Value::Unbound => out.push_str("<unbound>"),
            Value::Symbol(index) => out.push_str(names.get(index)),
            Value::Object(what) => out.push_str(what),
            Value::Node(_) => match self.get(value) {
                Some(Node::Call { fun, args, .. }) => self.write_call(names, *fun, args, out),
                Some(Node::Text(texts)) => vector(out, texts.iter().map(|text| format!("{text:?}"))),
                Some(Node::Numbers(numbers)) => vector(out, numbers.iter().map(f64::to_string)),
                Some(Node::Primitive(name)) => out.push_str(name),
                None => out.push('…'),
            },
        }
    }

    fn write_call(&self, names: &Names, fun: Value, args: &[(Option<u32>, Value)], out: &mut String) {
        let operator = match fun {
            Value::Symbol(index) => names.get(index),
            _ => "",
        };
        match (operator, args) {
            ("(", [(_, inner)]) => {
                out.push('(');
                self.write(names, *inner, out);
                out.push(')');
            }
            ("{", _) => {
                out.push_str("{ ");
                for (_, statement) in args {
                    self.write(names, *statement, out);
                    out.push_str("; ");
                }
                out.push('}');
            }
            ("::" | ":::" | "$" | "@", [(_, left), (_, right)]) => {
                self.write(names, *left, out);
                out.push_str(operator);
                self.write(names, *right, out);
            }
            (_, [(_, left), (_, right)]) if is_infix(operator) => {
                self.write(names, *left, out);
                out.push(' ');
                out.push_str(operator);
                out.push(' ');
                self.write(names, *right, out);
            }
            ("-" | "+" | "!" | "~", [(_, only)]) => {
                out.push_str(operator);
                self.write(names, *only, out);
            }
            _ => {
                self.write(names, fun, out);
                out.push('(');
                for (at, (tag, value)) in args.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    if let Some(tag) = tag {
                        out.push_str(names.get(*tag));
                        out.push_str(" = ");
                    }
                    self.write(names, *value, out);
                }
                out.push(')');
            }
        }
    }
}

fn vector(out: &mut String, mut items: impl ExactSizeIterator<Item = String>) {
    if items.len() == 1 {
        out.push_str(&items.next().unwrap_or_default());
        return;
    }
    out.push_str("c(");
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        if out.len() > limits::TEXT {
            out.push('…');
            break;
        }
        out.push_str(&item);
    }
    out.push(')');
}

fn is_infix(operator: &str) -> bool {
    matches!(operator, "+" | "-" | "*" | "/" | "^" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "&" | "&&" | "|" | "||" | "~" | "<-" | "<<-" | "=" | ":")
        || operator.len() > 2 && operator.starts_with('%') && operator.ends_with('%')
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: &mut Code, text: &str) -> Value {
        code.node(Node::Text(vec![text.into()]))
    }

    #[test]
    fn names_that_constants_spell_are_found() {
        let mut names = Names::default();
        let mut symbol = |name: &str| names.add(name).map_or(Value::Null, Value::Symbol);
        let (get, paste0, eval, parse, base, qualify) =
            (symbol("get"), symbol("paste0"), symbol("eval"), symbol("parse"), symbol("base"), symbol("::"));
        let shell = symbol("shell");
        let mut code = Code::new(Kind::Language, 0);
        let (left, right) = (text(&mut code, "sys"), text(&mut code, "tem"));
        let joined = code.call(&names, paste0, vec![(None, left), (None, right)]);
        let got = code.call(&names, get, vec![(None, joined)]);
        let id = text(&mut code, "echo weighbridge");
        let whole = code.call(&names, got, vec![(None, id)]);
        assert!(code.names.contains(&"system".to_owned()), "{:?}", code.names);
        assert_eq!(code.text(&names, whole), "get(paste0(\"sys\", \"tem\"))(\"echo weighbridge\")");
        let source = text(&mut code, "x <- 1; base::pipe ('id')");
        let parsed = code.call(&names, parse, vec![(None, source)]);
        code.call(&names, eval, vec![(None, parsed)]);
        assert!(code.names.contains(&"base::pipe".to_owned()), "{:?}", code.names);
        let qualified = code.call(&names, qualify, vec![(None, base), (None, shell)]);
        code.call(&names, qualified, vec![]);
        assert!(code.names.contains(&"base::shell".to_owned()), "{:?}", code.names);
    }
}
