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
        for text in ["conv1/weights", "feature_0", "binary:logistic", "0.5 0.25", "sigmoid:1"] {
            assert!(!could_be_code(text), "{text}");
        }
    }
}
