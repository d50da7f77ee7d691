//! The name of what comes out.

/// Extensions of compressed files, and what is left in their place.
const EXTENSIONS: [(&str, &str); 20] = [
    ("gz", ""),
    ("gzip", ""),
    ("tgz", "tar"),
    ("taz", "tar"),
    ("z", ""),
    ("zlib", ""),
    ("bz2", ""),
    ("bz", ""),
    ("tbz2", "tar"),
    ("tbz", "tar"),
    ("xz", ""),
    ("txz", "tar"),
    ("lzma", ""),
    ("tlz", "tar"),
    ("lz4", ""),
    ("zst", ""),
    ("tzst", "tar"),
    ("b64", ""),
    ("base64", ""),
    ("hex", ""),
];

/// The name without its compression extension; itself, where it has none.
pub(crate) fn inner(name: &str) -> String {
    let Some((stem, extension)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else { return name.to_owned() };
    match EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known)) {
        Some((_, "")) => stem.to_owned(),
        Some((_, instead)) => format!("{stem}.{instead}"),
        None => name.to_owned(),
    }
}

/// Why a name in a gzip header is none that an honest writer puts there. RFC 1952 asks for "any directory components removed"; writers that leave them are many, and
/// readers take the last part.
pub(crate) fn oddity(name: &[u8]) -> Option<&'static str> {
    match name {
        _ if name.split(|b| matches!(b, b'/' | b'\\')).any(|part| part == b"..") => Some("name-traversal"),
        _ if name.iter().any(|b| *b < 0x20 || *b == 0x7F) => Some("name-control"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions() {
        assert_eq!(inner("model.pkl.gz"), "model.pkl");
        assert_eq!(inner("a.TGZ"), "a.tar");
        assert_eq!(inner("model.joblib"), "model.joblib");
        assert_eq!(inner(".gz"), ".gz");
        assert_eq!(oddity(b"../x"), Some("name-traversal"));
        assert_eq!(oddity(b"model.pkl"), None);
    }
}
