//! Names: what is odd about them. 7z archives have UTF-16, with `/` between parts.

/// The oddities of one name.
pub(crate) fn oddities(name: &str) -> impl Iterator<Item = &'static str> + use<> {
    let mut parts = name.split(['/', '\\']);
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    [
        ("name-empty", name.is_empty()),
        ("name-traversal", parts.any(|part| part == "..")),
        ("name-absolute", name.starts_with(['/', '\\'])),
        ("name-drive", drive),
        ("name-backslash", name.contains('\\')),
        ("name-control", name.chars().any(char::is_control)),
        ("name-not-unicode", name.contains(char::REPLACEMENT_CHARACTER)),
    ]
    .into_iter()
    .filter_map(|(code, is)| is.then_some(code))
}

/// Whether a link's target leads out of the root, seen from where the link lies.
pub(crate) fn leads_out(name: &str, target: &str) -> Option<&'static str> {
    if target.starts_with(['/', '\\']) || target.as_bytes().get(1) == Some(&b':') {
        return Some("link-absolute");
    }
    let mut depth = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").count().saturating_sub(1);
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return Some("link-outside"),
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    None
}

/// The name as the least careful file system takes it.
pub(crate) fn normalized(name: &str) -> String {
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        assert_eq!(leads_out("a/b", "../c"), None);
        assert_eq!(leads_out("b", "../c"), Some("link-outside"));
        assert_eq!(leads_out("b", "/etc"), Some("link-absolute"));
        assert_eq!(oddities("../a").collect::<Vec<_>>(), ["name-traversal"]);
    }
}
