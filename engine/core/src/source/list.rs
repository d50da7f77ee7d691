//! Lists of paths.

use std::ffi::OsString;
use std::io::{self, Read};

/// The paths of a list: one on each line, a carriage return before the line's end is not part of it, empty lines are passed over.
pub fn read_list(mut from: impl Read) -> io::Result<Vec<OsString>> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    bytes.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty()).map(path).collect()
}

#[cfg(unix)]
fn path(line: &[u8]) -> io::Result<OsString> {
    use std::os::unix::ffi::OsStringExt;
    Ok(OsString::from_vec(line.to_vec()))
}

#[cfg(not(unix))]
fn path(line: &[u8]) -> io::Result<OsString> {
    String::from_utf8(line.to_vec()).map(OsString::from).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a path that is not UTF-8"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lines_are_paths() {
        let list = read_list(&b"a b\r\n\n./c\nlast"[..]).unwrap();
        assert_eq!(list, ["a b", "./c", "last"].map(OsString::from));
    }
}
