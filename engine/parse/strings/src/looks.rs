//! What a text could be, by its characters alone.

/// Whether text has what code, commands and addresses have, and names and numbers lack: a bracket of a call, a pipe, a scheme, a path of programs, names
/// with double underscores. Most texts of a model have none of these, and are of no interest to anybody.
pub fn could_be_code(text: &str) -> bool {
    text.contains(['(', '|', '`', '<'])
        || text.contains("://")
        || text.contains("/bin/")
        || text.contains("-c ")
        || text.contains("/dev/")
        || text.contains("rm -")
        || text.matches("__").nth(1).is_some()
        || text.contains("import ")
        || text.contains("powershell")
        || text.contains("cmd.exe")
        || names_execution(text)
        || looks_encoded(text)
}

/// Whether a text is nothing but the name of what executes: a loader that looks names up would find it.
fn names_execution(text: &str) -> bool {
    let modules = ["os.", "posix.", "nt.", "subprocess.", "builtins.", "__builtin__.", "importlib.", "runpy.", "pty.", "ctypes.", "pickle."];
    text.len() < 128 && modules.iter().any(|module| text.starts_with(module))
}

/// The shortest text that is taken for bytes: thirty of them.
const ENCODED: usize = 40;
/// Digits of a number in hexadecimal that is longer than hashes are.
const DIGITS: usize = 130;
/// How base64 and hexadecimal of what runs begin: pickles of protocol 2 on, archives, streams, programs, statements of Python, scripts.
const BEGINNINGS: [&str; 40] = [
    "gAI",
    "gAN",
    "gAS",
    "gAW",
    "H4sI",
    "eJ",
    "eN",
    "QlpoO",
    "QlpoM",
    "/Td6WF",
    "XQAA",
    "N3q8",
    "UEsDB",
    "f0VMR",
    "TVqQ",
    "TVoA",
    "k05VTVBZ",
    "Y29z",
    "Y3Bvc2l4",
    "Y2J1aWx0",
    "Y19f",
    "aW1wb3J0I",
    "ZnJvbSA",
    "ZXhlYyg",
    "ZXZhbCg",
    "X19pbXBvcnRf",
    "b3Muc3lz",
    "IyEv",
    "4wAA",
    "YwAA",
    "Y3VybC",
    "YmFzaC",
    "8002",
    "8003",
    "8004",
    "8005",
    "1f8b08",
    "789c",
    "7f454c46",
    "4d5a",
];

/// Whether a text is, or holds, bytes written as base64 or hexadecimal: one that begins like what runs, or is longer than keys and hashes are.
pub fn looks_encoded(text: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len() >= ENCODED
        && text.as_bytes().split(|byte| !part(*byte)).filter(|run| run.len() >= ENCODED).any(|run| {
            let digits = run.iter().all(u8::is_ascii_hexdigit);
            let mixed = [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].iter().all(|is| run.iter().any(is));
            BEGINNINGS.iter().any(|start| run.starts_with(start.as_bytes()))
                || digits && run.len() >= DIGITS
                || mixed && run.len() >= 2 * DIGITS
                || BEGINNINGS.iter().any(|start| digits && run.to_ascii_lowercase().starts_with(start.as_bytes()))
        })
}

/// Whether a path leads out of the folder that it is relative to: it is absolute, or goes up further than down.
pub fn leads_out(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    if drive || path.starts_with(['/', '\\', '~']) {
        return true;
    }
    let mut depth = 0i64;
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out() {
        for path in ["../x", "a/../../x", "/etc/passwd", "C:\\x", "~/x", "\\\\host\\x", "..\\x"] {
            assert!(leads_out(path), "{path}");
        }
        for path in ["a/b", "a/../b", "./a", "weights/weight.bin", "", "a:b", "..a/b"] {
            assert!(!leads_out(path), "{path}");
        }
    }

    #[test]
    fn texts_that_are_of_interest() {
        for text in ["os.system('id')", "curl http://x", "a | b", "x.__class__.__base__", "import os"] {
            assert!(could_be_code(text), "{text}");
        }
        for text in
            ["gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==", "os.system", "data:x;base64,H4sIAAAAAAAAA2tgYGBgZGRkZGRkZGRkZGRkZGRkZGQ"]
        {
            assert!(could_be_code(text), "{text}");
        }
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in [hash, "block_1_expand_relu_and_more_of_it_to_make_it_long_enough", "ModelForSequenceClassificationWithPooling"] {
            assert!(!looks_encoded(text), "{text}");
        }
        for text in ["conv1/weights", "feature_0", "binary:logistic", "0.5 0.25", "sigmoid:1"] {
            assert!(!could_be_code(text), "{text}");
        }
    }
}
