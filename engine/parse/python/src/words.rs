//! Words of the language, and names that are there without an import: functions and types of `builtins`, Python 2's `__builtin__` among them.

const NAMES: &[&str] = &[
    "__build_class__",
    "__builtins__",
    "__import__",
    "__loader__",
    "__spec__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "apply",
    "ascii",
    "basestring",
    "bin",
    "bool",
    "breakpoint",
    "buffer",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "cmp",
    "coerce",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "execfile",
    "exit",
    "file",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "intern",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "long",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "raw_input",
    "reduce",
    "reload",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "unichr",
    "unicode",
    "vars",
    "xrange",
    "zip",
];

/// Words that are never names.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Words that begin a statement with a block.
const COMPOUND: &[&str] = &["async", "case", "elif", "else", "except", "finally", "for", "if", "match", "try", "while", "with"];

/// Whether a name is there without an import.
pub(crate) fn is_builtin(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

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
        assert!(super::NAMES.is_sorted() && super::KEYWORDS.is_sorted() && super::COMPOUND.is_sorted());
        assert!(super::is_builtin("eval") && super::is_builtin("zip") && !super::is_builtin("system"));
    }
}
