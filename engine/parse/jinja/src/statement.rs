//! Statements, and the blocks that they open.
//!
//! <https://jinja.palletsprojects.com/en/stable/templates/#list-of-control-structures>.

use crate::expression::Expression;
use crate::limits;
use crate::prose;
use crate::scope::Scope;
use crate::seen::{Branch, Feature, Seen, is_dunder};
use crate::token::{Kind, Lexer, Part};
use crate::value::{Shape, Value};

/// A block that is open.
struct Block {
    word: &'static str,
    at: usize,
    /// Words that a message's content was tested for.
    gates: Vec<String>,
    /// The variable that a `set` block sets.
    sets: Option<String>,
}

struct Reader<'s> {
    lexer: Lexer<'s>,
    scope: Scope,
    seen: Seen,
    blocks: Vec<Block>,
    /// Blocks beyond the limit.
    deeper: u64,
}

/// Statements that have an end, and the word of that.
const BLOCKS: [(&str, &str); 13] = [
    ("for", "endfor"),
    ("if", "endif"),
    ("macro", "endmacro"),
    ("call", "endcall"),
    ("filter", "endfilter"),
    ("set", "endset"),
    ("block", "endblock"),
    ("with", "endwith"),
    ("autoescape", "endautoescape"),
    ("trans", "endtrans"),
    ("generation", "endgeneration"),
    ("raw", "endraw"),
    ("verbatim", "endverbatim"),
];

/// Reads a template.
pub fn read(source: &str) -> Seen {
    let mut reader = Reader { lexer: Lexer::new(source), scope: Scope::default(), seen: Seen::default(), blocks: Vec::new(), deeper: 0 };
    while let Some(part) = reader.lexer.part() {
        match part {
            Part::Data(text, at) => reader.say(at, text, &[]),
            Part::Output(at) => reader.output(at),
            Part::Statement(at) => reader.statement(at),
        }
    }
    if let Some(at) = reader.lexer.unclosed {
        reader.seen.issue(at, "its end", "the end of the template");
    }
    if let Some(block) = reader.blocks.last() {
        reader.seen.issue(block.at, "its end", format!("{} without one", block.word));
    }
    reader.seen
}

impl Reader<'_> {
    /// A text that is put out or set.
    fn say(&mut self, at: usize, text: &str, gates: &[String]) {
        self.seen.literal(at, text);
        if !prose::speaks(text) {
            return;
        }
        let mut words: Vec<String> = Vec::new();
        for word in self.blocks.iter().flat_map(|block| &block.gates).chain(gates) {
            if words.len() < limits::ALTERNATIVES && !words.contains(word) {
                words.push(word.clone());
            }
        }
        if !words.is_empty() {
            self.seen.feature(Feature::ContentBranch, at);
            if self.seen.branches.len() < limits::BRANCHES {
                let text = text[..text.floor_char_boundary(limits::LITERAL.min(text.len()))].to_owned();
                self.seen.branches.push(Branch { at, words, text });
            }
        }
    }

    /// Reads a construct with `read`, and what is left of it.
    fn construct<T>(&mut self, at: usize, read: impl FnOnce(&mut Expression<'_, '_>) -> T) -> (T, Vec<(usize, String)>) {
        self.seen.constructs += 1;
        let mut expression = Expression::new(&mut self.lexer, &mut self.scope, &mut self.seen);
        let result = read(&mut expression);
        if !expression.failed && !expression.ends() {
            let found = expression.peek().map_or(String::new(), |token| token.text.to_string());
            let place = expression.at();
            expression.seen.issue(place, "the end of the construct", found);
        }
        expression.finish();
        let closed = expression.peek().is_some();
        let (notable, texts) = (expression.notable, std::mem::take(&mut expression.texts));
        if !closed {
            self.seen.issue(at, "the end of the construct", "the end of the template");
        }
        if notable {
            let text = self.lexer.source[at..self.lexer.at].trim();
            self.seen.notable.get_or_insert((at, self.lexer.at - at));
            let room = limits::EXCERPT.saturating_sub(self.seen.excerpt.len());
            let take = text.floor_char_boundary(room.min(text.len()));
            if take > 0 {
                self.seen.excerpt.push_str(&text[..take]);
                self.seen.excerpt.push('\n');
            }
        }
        (result, texts)
    }

    fn output(&mut self, at: usize) {
        let (value, texts) = self.construct(at, |expression| expression.expressions());
        for (at, text) in texts {
            self.say(at, &text, &value.gates);
        }
    }

    fn open(&mut self, word: &str, at: usize, gates: Vec<String>, sets: Option<String>) {
        let Some((word, _)) = BLOCKS.iter().find(|(open, _)| *open == word) else { return };
        if self.blocks.len() < limits::BLOCKS {
            self.blocks.push(Block { word, at, gates, sets });
        } else {
            self.seen.deep.get_or_insert(at);
            self.deeper += 1;
        }
    }

    fn close(&mut self, word: &str, at: usize) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        match self.blocks.iter().rposition(|block| BLOCKS.iter().any(|(open, end)| *open == block.word && *end == word)) {
            Some(found) => {
                if found + 1 < self.blocks.len() {
                    self.seen.issue(at, "the end of an inner block", word);
                }
                if let Some(name) = self.blocks[found].sets.take() {
                    self.scope.set(&name, Value::default());
                }
                self.blocks.truncate(found);
            }
            None => self.seen.issue(at, "a block that it ends", word),
        }
    }

    fn statement(&mut self, at: usize) {
        let ((word, effect), texts) = self.construct(at, |expression| {
            let name = expression.take().filter(|token| token.kind == Kind::Name);
            let word = name.map_or(String::new(), |token| token.text.to_string());
            let effect = statement(expression, &word, at);
            (word, effect)
        });
        if matches!(word.as_str(), "set" | "do" | "print") {
            for (at, text) in texts {
                self.say(at, &text, &effect.gates);
            }
        }
        self.apply(&word, at, effect);
    }

    fn apply(&mut self, word: &str, at: usize, effect: Effect) {
        match word {
            "raw" | "verbatim" => {
                let (text, at) = self.lexer.raw();
                self.say(at, text, &[]);
            }
            "set" if !effect.block => {}
            "elif" => match self.blocks.last_mut().filter(|block| block.word == "if") {
                Some(block) => block.gates = effect.gates,
                None => self.seen.issue(at, "an `if` before it", word),
            },
            "else" => {
                // What is said to everyone else is what the template says.
                if let Some(block) = self.blocks.last_mut() {
                    block.gates.clear();
                }
            }
            _ if word.starts_with("end") => self.close(word, at),
            _ => self.open(word, at, effect.gates, effect.sets),
        }
    }
}

/// What a statement leaves behind for its block.
#[derive(Default)]
struct Effect {
    gates: Vec<String>,
    sets: Option<String>,
    block: bool,
}

/// Reads a statement behind its word.
fn statement(expression: &mut Expression<'_, '_>, word: &str, at: usize) -> Effect {
    let mut effect = Effect::default();
    match word {
        "if" | "elif" => effect.gates = expression.expressions().gates,
        "for" => effect.gates = for_loop(expression),
        "set" => set(expression, &mut effect),
        "macro" => {
            expression.take();
            parameters(expression);
        }
        "call" => {
            parameters(expression);
            expression.expression();
        }
        "with" => {
            while !expression.ends() && !expression.failed {
                let names = targets(expression);
                let value = if expression.take_operator("=") { expression.expression() } else { Value::default() };
                assign(expression, &names, &value);
                expression.take_operator(",");
            }
        }
        "include" | "import" | "extends" | "from" => {
            expression.seen.feature(Feature::OtherTemplate, at);
            let value = expression.expression();
            for text in value.alternatives() {
                if expression.seen.templates.len() < limits::ALTERNATIVES {
                    expression.seen.templates.push(text);
                }
            }
            expression.texts.clear();
            // `as name`, `import a, b as c`, `ignore missing`, `with context`.
            while expression.take().is_some() {}
        }
        "do" | "print" | "autoescape" => {
            expression.expressions();
        }
        "filter" => {
            // As behind a value that nothing is known of.
            expression.filters();
        }
        "debug" => expression.seen.feature(Feature::Debug, at),
        "trans" | "block" | "pluralize" => while expression.take().is_some() {},
        "else" | "raw" | "verbatim" | "generation" | "break" | "continue" => {}
        _ if word.starts_with("end") => while expression.take().is_some() {},
        _ => expression.fail_statement(at, word),
    }
    effect
}

/// `for TARGETS in EXPRESSION [if EXPRESSION] [recursive]`.
fn for_loop(expression: &mut Expression<'_, '_>) -> Vec<String> {
    let names = targets(expression);
    if !expression.take_name("in") {
        expression.fail_statement(expression.at(), "for");
        return Vec::new();
    }
    let list = expression.iterated();
    let value = match &list.shape {
        Shape::List(items) => items.iter().cloned().reduce(Value::or).unwrap_or_default(),
        Shape::Dict(entries) => Value::texts(entries.keys().cloned().collect()),
        Shape::Path(path) if is_dunder(path) => Value::path(path.clone()),
        _ => Value::default(),
    };
    let value = Value { content: list.content, ..value };
    if names.len() == 1 {
        assign(expression, &names, &value);
    } else {
        names.iter().for_each(|name| assign(expression, std::slice::from_ref(name), &Value { content: list.content, ..Value::default() }));
    }
    let gates = if expression.take_name("if") { expression.expression().gates } else { Vec::new() };
    expression.take_name("recursive");
    gates
}

fn set(expression: &mut Expression<'_, '_>, effect: &mut Effect) {
    let names = targets(expression);
    if expression.take_operator("=") {
        let value = expression.expressions();
        assign(expression, &names, &value);
        effect.gates = value.gates;
    } else {
        // A block: its text is what the variable is set to.
        expression.filters();
        effect.block = true;
        effect.gates = Vec::new();
        effect.sets = names.into_iter().next();
    }
}

fn assign(expression: &mut Expression<'_, '_>, names: &[String], value: &Value) {
    if let ([_, _, ..], Shape::List(items)) = (names, &value.shape) {
        for (name, item) in names.iter().zip(items) {
            expression.scope.set(name, item.clone());
        }
        return;
    }
    for name in names {
        expression.scope.set(name, Value { gates: Vec::new(), ..value.clone() });
    }
}

/// Names that are assigned to: `a`, `a, b`, `(a, b)`, `ns.a`.
fn targets(expression: &mut Expression<'_, '_>) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        while expression.take_operator("(") || expression.take_operator(")") {}
        let Some(name) = expression.peek().filter(|token| token.kind == Kind::Name && !token.is_name("in")).map(|token| token.text.to_string())
        else {
            return names;
        };
        expression.take();
        let mut name: String = name.chars().take(limits::NAME).collect();
        while expression.take_operator(".") {
            if let Some(part) = expression.take() {
                name.push('.');
                name.extend(part.text.chars().take(limits::NAME));
            }
        }
        if names.len() < limits::ITEMS {
            names.push(name);
        }
        while expression.take_operator(")") {}
        if !expression.take_operator(",") {
            return names;
        }
    }
}

/// `(a, b=1)` of a macro or a call block.
fn parameters(expression: &mut Expression<'_, '_>) {
    if !expression.take_operator("(") {
        return;
    }
    while !expression.failed && !expression.ends() && !expression.take_operator(")") {
        while expression.take_operator("*") || expression.take_operator("**") {}
        let Some(name) = expression.take().filter(|token| token.kind == Kind::Name) else { continue };
        let value = if expression.take_operator("=") { expression.expression() } else { Value::default() };
        let content = name.text == "content";
        expression.scope.set(&name.text, Value { content, ..value.light() });
        expression.take_operator(",");
    }
}
