//! Words of the language, and modules that reach the system.

pub(crate) use weighbridge_parse_read::python::is_builtin;

/// Words that are never names.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Words that begin a statement with a block.
const COMPOUND: &[&str] = &["async", "case", "elif", "else", "except", "finally", "for", "if", "match", "try", "while", "with"];

pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok()
}

pub(crate) fn is_compound(word: &str) -> bool {
    COMPOUND.binary_search(&word).is_ok()
}

/// Modules whose functions start programs, run text, connect, or load what is no Python; those of `os` that only look are left out.
const SYSTEM: &[&str] = &[
    "subprocess",
    "pty",
    "socket",
    "urllib",
    "requests",
    "http",
    "httpx",
    "ctypes",
    "marshal",
    "pickle",
    "runpy",
    "importlib",
    "shutil",
    "commands",
    "webbrowser",
];

/// Whether a function from outside reaches the system.
pub(crate) fn reaches_system(name: &str) -> bool {
    let (module, function) = name.split_once('.').unwrap_or((name, ""));
    match module {
        "os" => {
            let start = ["system", "popen", "exec", "spawn", "posix_spawn", "fork", "startfile", "remove", "unlink", "kill", "dup"];
            start.iter().any(|start| function.starts_with(start))
        }
        "builtins" => matches!(function, "eval" | "exec" | "execfile" | "compile" | "__import__"),
        _ => SYSTEM.contains(&module),
    }
}

/// Keywords where a statement begins: Python 2's statements, and those of one place.
pub(crate) fn is_soft(word: &str) -> bool {
    matches!(word, "print" | "exec" | "match" | "case" | "type")
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_are_sorted() {
        assert!(super::KEYWORDS.is_sorted() && super::COMPOUND.is_sorted());
        assert!(super::is_builtin("eval") && super::is_builtin("zip") && !super::is_builtin("system"));
    }
}
