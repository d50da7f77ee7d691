//! Whether text is Python and nothing else: every line a statement that could be one, and some that other languages do not have.

use crate::token::{Kind, Line, Token, Tokens};
use crate::words;

/// Whether a beginning of text is a module's, whatever its name. `whole` says that nothing follows.
pub fn is_module(text: &str, whole: bool) -> bool {
    let mut tokens = Tokens::new(text);
    let mut lines: Vec<Line> = Vec::new();
    while let Some(line) = tokens.line() {
        if tokens.faults > 0 {
            return false;
        }
        lines.push(line);
    }
    // The last line may be cut, and with it a string or a bracket.
    if !whole {
        lines.pop();
    } else if tokens.open {
        return false;
    }
    let mut strong = 0;
    for line in &lines {
        if line.tokens.windows(2).any(|pair| apart(pair, &line.tokens[0])) {
            return false;
        }
        strong += u32::from(line.indent == 0 && is_strong(&line.tokens));
    }
    let called = |pair: &[Token]| pair[0].kind == Kind::Name && pair[1].is("(");
    let python2 = |line: &Line| matches!(&line.tokens[..], [word, text] if matches!(&word.text[..], "print" | "exec") && text.kind == Kind::String);
    let calls = lines.iter().any(|line| python2(line) || line.tokens.windows(2).any(called));
    strong >= 2 || strong == 1 && lines.len() >= 2 && calls
}

/// Whether text that somebody encoded is Python: statements without a fault, of which one imports, or calls what runs text.
pub fn is_statement(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    let (mut imports, mut calls, mut runs) = (false, false, false);
    while let Some(line) = tokens.line() {
        if tokens.faults > 0 || line.tokens.windows(2).any(|pair| apart(pair, &line.tokens[0])) {
            return false;
        }
        imports |= line.tokens.split(|token| token.is(";")).any(|statement| !statement.is_empty() && is_strong(statement));
        for pair in line.tokens.windows(2).filter(|pair| pair[0].kind == Kind::Name && pair[1].is("(")) {
            calls = true;
            runs |= matches!(&pair[0].text[..], "__import__" | "exec" | "eval" | "compile");
        }
    }
    !tokens.open && calls && (imports || runs)
}

/// Whether text cannot run as it is: a line of it has two operands with nothing between them, as prose has, or an address outside strings and comments.
pub fn is_prose(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    while let Some(line) = tokens.line() {
        let address = |three: &[Token]| three[0].kind == Kind::Name && three[1].is(":") && three[2].text.starts_with('/');
        let mut statements = line.tokens.split(|token| token.is(";") || token.is(":"));
        let stray = |statement: &[Token]| statement.windows(2).any(|pair| apart(pair, &statement[0]));
        if statements.any(stray) || line.tokens.windows(3).any(address) {
            return true;
        }
    }
    false
}

/// Two operands without anything between them, which no expression has.
fn apart(pair: &[Token], first: &Token) -> bool {
    let [one, other] = pair else { return false };
    let word = |token: &Token| token.kind == Kind::Name && (words::is_keyword(&token.text) || token.at == first.at && words::is_soft(&token.text));
    let ends = matches!(one.kind, Kind::Name | Kind::Number | Kind::String | Kind::Close);
    let begins = matches!(other.kind, Kind::Name | Kind::Number | Kind::String);
    // Strings join, and the parts of an f-string stand beside its fields.
    let joined = (one.kind == Kind::String || one.is("}")) && other.kind == Kind::String;
    ends && begins && !joined && !word(one) && !word(other)
}

/// An import, a function or a class, written as Python alone writes them.
fn is_strong(tokens: &[Token]) -> bool {
    let name = |at: usize| tokens.get(at).is_some_and(|token| token.kind == Kind::Name && !words::is_keyword(&token.text));
    let ends = |text: &str| tokens.last().is_some_and(|token| token.is(text));
    let plain = |part: &[Token]| part.iter().all(|token| token.kind == Kind::Name || matches!(&token.text[..], "." | "," | "*" | "(" | ")"));
    match &tokens[0].text[..] {
        "import" => name(1) && plain(tokens),
        "from" => plain(tokens) && tokens.iter().any(|token| token.is("import")) && !ends("import"),
        "def" => name(1) && tokens.get(2).is_some_and(|token| token.is("(")) && tokens.iter().any(|token| token.is(":")),
        "class" => name(1) && tokens.get(2).is_some_and(|token| token.is("(") || token.is(":")) && tokens.iter().any(|token| token.is(":")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_prose;

    #[test]
    fn prose_is_told_from_what_could_run() {
        for text in [
            "Based on os.system documentation (see os.path)",
            "https://docs.python.org/3/library/subprocess.html#subprocess.Popen",
            "see https://docs.python.org/3/library/os.html",
            "calls subprocess.run",
        ] {
            assert!(is_prose(text), "{text}");
        }
        for text in [
            "os.system('id')",
            "import os; os.system('see https://x.invalid')  # see https://x.invalid",
            "import os; exec 'x'",
            "if x: print 'y'",
            "lambda x: __import__('os').system(x)",
            "x = 'a' 'b' if y else not z",
            "def f(x): return os.popen(x)\n",
            "async def f(): await g()",
            "f'{x}' 'y'",
            "raise ValueError from None",
        ] {
            assert!(!is_prose(text), "{text}");
        }
    }
}
