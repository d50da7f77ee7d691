//! Texts that are more than words: templates, code, markup, commands, addresses.

use crate::names;
use weighbridge_parse_python as python;
use weighbridge_parse_strings::looks_encoded;

/// A native library, by its ending.
pub(crate) fn is_library(text: &str) -> bool {
    let path = text.len() < 1_024 && !text.contains([' ', '\n', '*', '{']);
    path && [".so", ".dll", ".dylib", ".pyd"].iter().any(|end| text.ends_with(end) && text.len() > end.len())
}

/// Bytes written as text.
pub(crate) fn is_encoded(text: &str) -> bool {
    looks_encoded(text)
}

/// Whether a text is worth a fact.
pub(crate) fn is_notable(text: &str) -> bool {
    is_template(text)
        || is_code(text)
        || is_loud(text)
        || evaluated(text).is_some()
        || names::in_system(text).is_some()
        || is_library(text)
        || names::runs_answers(text)
        || names::makes_trouble(text)
        || leads_out_of_an_archive(text)
}

/// A file of NeMo's archive, by a path that leads out of it.
pub(crate) fn leads_out_of_an_archive(text: &str) -> bool {
    text.strip_prefix("nemo:").is_some_and(|path| path.starts_with('/') || path.split(['/', '\\']).any(|part| part == ".."))
}

pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Python in a text, or behind the `$` by which some loaders know an expression.
pub(crate) fn is_code(text: &str) -> bool {
    let marks = [
        "__import__",
        "exec(",
        "eval(",
        "os.system",
        "os.popen",
        "subprocess.",
        "import os",
        "import subprocess",
        "import socket",
        "__builtins__",
        "__subclasses__",
        "__globals__",
    ];
    // `subprocess.html` is a page of a manual, and a sentence may speak of `os.system`.
    let stands = |mark: &str| text.match_indices(mark).any(|(at, _)| !(mark.ends_with('.') && names::is_ending(&text[at + mark.len()..])));
    marks.iter().any(|mark| stands(mark)) && !python::is_prose(text)
}

/// What OmegaConf has a resolver evaluate: `${eval:…}`, which many programs register, by that name or a like one.
pub(crate) fn evaluated(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("${")?;
    let (resolver, code) = rest.split_once(':')?;
    let resolver = resolver.trim();
    let last = resolver.rsplit('.').next().unwrap_or(resolver);
    let names = ["eval", "exec", "python", "py", "calc", "import", "call", "get_method", "get_class", "get_object", "shell", "cmd"];
    if !names.contains(&last) {
        return None;
    }
    let code = code.trim();
    Some(code.strip_suffix('}').unwrap_or(code).trim_matches(['\'', '"']))
}

/// Markup, commands and addresses that rules look for.
pub(crate) fn is_loud(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let marks = [
        "<script",
        "onerror=",
        "javascript:",
        "rm -rf",
        "/bin/sh",
        "/bin/bash",
        "bash -c",
        "/dev/tcp/",
        "powershell",
        "curl ",
        "wget ",
        "python -c",
        "python3 -c",
        "nc -e",
        "mkfifo",
    ];
    let addresses = [
        "exfil",
        "payload",
        "malware",
        "backdoor",
        "ngrok",
        "webhook",
        "localtunnel",
        ".onion",
        "tinyurl.com",
        "bit.ly",
        "pastebin",
        "api.telegram.org",
        "transfer.sh",
    ];
    marks.iter().any(|mark| lower.contains(mark)) || lower.contains("://") && (addresses.iter().any(|mark| lower.contains(mark)) || is_number(&lower))
}

/// An address whose host is a number.
fn is_number(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', ':']).next().unwrap_or(""));
    host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok())
}
