//! Names that a source calls, in Lua, R, Java and what resembles them, without the source being parsed: comments and strings are passed over, and a name
//! is called where a bracket follows it.
//!
//! Lua: <https://www.lua.org/manual/5.4/manual.html#3.1>; R: <https://cran.r-project.org/doc/manuals/r-release/R-lang.html#Parser>; Java:
//! <https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html>.

use crate::kind::Kind;
use crate::limits;

/// What is called, in the order in which it first is.
#[derive(Default)]
pub(crate) struct Calls {
    pub names: Vec<String>,
    /// All different names.
    pub total: u64,
}

pub(crate) fn calls(text: &str, kind: Kind) -> Calls {
    let mut calls = Calls::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(length) = passed(&text[at..], kind) {
            at += length;
        } else if bytes[at] == b'_' || bytes[at] == b'.' || bytes[at].is_ascii_alphabetic() {
            let length = name(&bytes[at..], kind);
            let after = bytes[at + length..].iter().position(|byte| !byte.is_ascii_whitespace()).map_or(0, |blanks| bytes[at + length + blanks]);
            // Lua calls with a string or a table alone, too.
            if after == b'(' || kind == Kind::Lua && matches!(after, b'"' | b'\'' | b'[' | b'{') {
                calls.add(&text[at..at + length]);
            }
            at += length;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    calls
}

impl Calls {
    fn add(&mut self, name: &str) {
        let name = name.trim_matches('.');
        if name.is_empty() || name.len() > limits::NAME || is_word(name) || self.names.iter().any(|known| known == name) {
            return;
        }
        self.total += 1;
        if self.names.len() < limits::NAMES {
            self.names.push(name.to_owned());
        }
    }
}

/// Words of the languages that stand before brackets.
fn is_word(name: &str) -> bool {
    matches!(
        name,
        "if" | "for" | "while" | "function" | "switch" | "catch" | "return" | "and" | "or" | "not" | "in" | "do" | "then" | "repeat" | "until"
    )
}

/// The length of a dotted name: `os.execute`, `io:popen`, `base::system`, `x$y`.
fn name(bytes: &[u8], kind: Kind) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let joins = match byte {
            b'.' | b'_' => true,
            b':' if kind == Kind::R => bytes.get(at + 1) == Some(&b':') || at > 0 && bytes[at - 1] == b':',
            b':' => kind == Kind::Lua && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic),
            b'$' | b'@' => kind == Kind::R,
            other => other.is_ascii_alphanumeric(),
        };
        if !joins {
            break;
        }
        at += 1;
    }
    at.max(1)
}

/// The length of a comment or a string that begins here.
fn passed(text: &str, kind: Kind) -> Option<usize> {
    let until = |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |found| from + found + end.len());
    let line = || until("\n", 0);
    match kind {
        Kind::Lua if text.starts_with("--") => Some(long_bracket(&text[2..]).map_or_else(line, |length| length + 2)),
        Kind::Lua if text.starts_with('[') => long_bracket(text),
        Kind::R if text.starts_with('#') => Some(line()),
        Kind::Java if text.starts_with("//") => Some(line()),
        Kind::Java if text.starts_with("/*") => Some(until("*/", 2)),
        Kind::Java if text.starts_with("\"\"\"") => Some(until("\"\"\"", 3)),
        _ if text.starts_with(['"', '\'']) => Some(quoted(text.as_bytes())),
        _ => None,
    }
}

/// `[[ … ]]`, `[=[ … ]=]`.
fn long_bracket(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('[')?;
    let level = rest.bytes().take_while(|byte| *byte == b'=').count();
    rest[level..].starts_with('[').then(|| {
        let end = format!("]{}]", "=".repeat(level));
        text.find(&end).map_or(text.len(), |found| found + end.len())
    })
}

fn quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if byte == bytes[0] => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, kind: Kind) -> Vec<String> {
        calls(text, kind).names
    }

    #[test]
    fn calls_are_told_from_comments_and_strings() {
        let lua = "-- os.remove('x')\n--[[ io.open() ]] local s = [[ load() ]]\nos.execute('id (x)') require \"nn\" if (x) then p:close() end";
        assert_eq!(names(lua, Kind::Lua), ["os.execute", "require", "p:close"]);
        let r = "# system('x')\nf <- function(x) base::system(\"echo\"); if (a) eval (parse(text = 'q()'))\nx$run()";
        assert_eq!(names(r, Kind::R), ["base::system", "eval", "parse", "x$run"]);
        let java = "/* exec( */ class A { static { Runtime.getRuntime().exec(\"exec(\"); new ProcessBuilder(\"id\"); } } // x(";
        assert_eq!(names(java, Kind::Java), ["Runtime.getRuntime", "exec", "ProcessBuilder"]);
    }

    #[test]
    fn what_is_not_closed_ends_with_the_text() {
        for text in ["--[[ x(", "'x(", "[==[ x(", "ä'ö", "x:", "\"\\"] {
            assert!(names(text, Kind::Lua).is_empty(), "{text}");
        }
    }
}
