//! One array: magic, version, length of the header, header, body.
//!
//! ```text
//! 0   6  "\x93NUMPY"
//! 6   2  major, minor version
//! 8   2  version 1.0: length of the header, little endian      4 in 2.0 and 3.0
//! 10  …  the header: a Python dictionary in latin-1 (3.0: UTF-8), spaces, a line feed
//! …   …  the elements; a pickle where the type has objects
//! ```

use crate::{header, limits};
use std::ops::Range;
use weighbridge_sdk::{Failure, ReadAt, Stop, read_up_to};

/// What every array file begins with.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// Bytes that a probe reads.
pub(crate) const PROBE: usize = 64;

/// Magic, a version that there is, and the beginning of a dictionary.
pub(crate) fn is_plain(head: &[u8]) -> bool {
    let at = match head.get(6..8) {
        Some([1, 0]) => 10,
        Some([2 | 3, 0]) => 12,
        _ => return false,
    };
    head.get(at..).is_some_and(|text| text.trim_ascii_start().starts_with(b"{"))
}

/// Something that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    pub code: &'static str,
    pub detail: &'static str,
    pub expected: String,
    pub found: String,
    pub at: u64,
    pub length: u64,
}

/// What is behind the header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    /// Objects: one pickle. Where it ends, only a reader of pickles knows.
    Pickle(Range<u64>),
    /// Numbers, or `bytes`: characters and raw memory.
    Elements {
        range: Range<u64>,
        bytes: bool,
    },
    /// What the broken header leaves unsaid.
    Unknown(Range<u64>),
}

/// An array as it was read.
#[derive(Debug)]
pub(crate) struct Array {
    /// From the magic to the body.
    pub header: Range<u64>,
    pub descr: Option<String>,
    pub shape: String,
    pub fortran: bool,
    pub body: Body,
    /// Where the next one would begin.
    pub ends: u64,
    pub issues: Vec<Issue>,
}

impl Array {
    /// How the scan ends, if it ends here.
    pub fn failure(&self) -> Option<Failure> {
        let any = |codes: &[&str]| self.issues.iter().any(|issue| codes.contains(&issue.code));
        if any(&["truncated", "invalid"]) {
            Some(Failure::Malformed)
        } else if any(&["unsupported", "limit-size"]) {
            Some(Failure::Unsupported)
        } else {
            None
        }
    }

    fn issue(&mut self, code: &'static str, detail: &'static str, expected: String, found: String) {
        let (at, length) = (self.header.start, self.header.end - self.header.start);
        self.issues.push(Issue { code, detail, expected, found, at, length });
    }

    /// Everything from `start` on is of a kind that is not known.
    fn rest_unknown(mut self, start: u64) -> Self {
        self.body = Body::Unknown(start..self.ends);
        self
    }
}

/// Reads the array that begins at `start`; its header may have `limit` bytes.
pub(crate) fn read<R: ReadAt + ?Sized>(input: &R, start: u64, limit: u64) -> Result<Array, Stop> {
    let size = input.size();
    let head = read_up_to(input, start, 12)?;
    let mut array = Array {
        header: start..start + head.len().min(8) as u64,
        descr: None,
        shape: String::new(),
        fortran: false,
        body: Body::None,
        ends: size,
        issues: Vec::new(),
    };
    let version = match head.get(6..8) {
        Some(&[major, minor]) => (major, minor),
        _ => {
            array.issue("truncated", "the file ends before the version", "8".into(), head.len().to_string());
            return Ok(array);
        }
    };
    let (preamble, length) = match (version, head.get(8..10), head.get(8..12)) {
        ((1, 0), Some(&[a, b]), _) => (10, u64::from(u16::from_le_bytes([a, b]))),
        ((2 | 3, 0), _, Some(&[a, b, c, d])) => (12, u64::from(u32::from_le_bytes([a, b, c, d]))),
        ((1..=3, 0), _, _) => {
            array.issue("truncated", "the file ends before the header", "12".into(), head.len().to_string());
            return Ok(array);
        }
        ((major, minor), _, _) => {
            array.issue("unsupported", "a version that there is not", "1.0, 2.0, 3.0".into(), format!("{major}.{minor}"));
            return Ok(array.rest_unknown(start + 8));
        }
    };
    let text_at = start + preamble;
    array.header.end = text_at;
    let left = size - text_at;
    if length > left {
        array.issue("truncated", "the header is longer than the file", length.to_string(), left.to_string());
    }
    let length = length.min(left);
    if length > limit {
        array.issue("limit-size", "the header is longer than the limit", limit.to_string(), length.to_string());
        return Ok(array.rest_unknown(text_at));
    }
    let bytes = read_up_to(input, text_at, usize::try_from(length).unwrap_or(usize::MAX))?;
    if !array.issues.is_empty() {
        return Ok(array.rest_unknown(text_at));
    }
    array.header.end = text_at + length;
    if length > limits::HEADER_OF_NUMPY {
        let least = limits::HEADER_OF_NUMPY.to_string();
        array.issue("numpy-long-header", "NumPy reads a header of this length only where pickles are allowed", least, length.to_string());
    }
    let text = decode(&bytes, version.0 == 3, &mut array);
    let header = header::read(&text, version.0 < 3);
    for (code, detail, found) in header.wrong {
        array.issue(code, detail, String::new(), found);
    }
    array.fortran = header.fortran;
    array.shape = header.shape;
    array.descr = header.described.then_some(header.descr);
    let body = array.header.end;
    array.body = if header.dtype.object {
        if body == size {
            array.issue("truncated", "the pickle of the objects is missing", String::new(), "0".into());
        }
        Body::Pickle(body..size)
    } else if let Some((count, element)) = header.count.zip(header.dtype.size) {
        elements(&mut array, count, element, header.dtype.bytes, size)
    } else {
        Body::Unknown(body..size)
    };
    Ok(array)
}

fn decode(bytes: &[u8], utf8: bool, array: &mut Array) -> String {
    if !utf8 {
        return bytes.iter().copied().map(char::from).collect();
    }
    if std::str::from_utf8(bytes).is_err() {
        array.issue("invalid", "the header is not UTF-8", String::new(), String::new());
    }
    String::from_utf8_lossy(bytes).into_owned()
}

fn elements(array: &mut Array, count: u64, element: u64, bytes: bool, size: u64) -> Body {
    let body = array.header.end;
    let left = size - body;
    let Some(length) = count.checked_mul(element).filter(|length| i64::try_from(*length).is_ok()) else {
        array.issue("invalid", "the size of the elements is beyond 63 bits", String::new(), format!("{count} of {element} bytes"));
        return Body::Unknown(body..size);
    };
    if length > left {
        array.issue("truncated", "fewer bytes than the shape asks for", length.to_string(), left.to_string());
    }
    array.ends = body + length.min(left);
    Body::Elements { range: body..array.ends, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(version: u8, text: &str, body: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend([version, 0]);
        match version {
            1 => out.extend((text.len() as u16).to_le_bytes()),
            _ => out.extend((text.len() as u32).to_le_bytes()),
        }
        out.extend(text.as_bytes());
        out.extend(body);
        out
    }

    fn array(bytes: &[u8]) -> Array {
        read(bytes, 0, limits::HEADER).expect("a slice never stops")
    }

    fn text(descr: &str, shape: &str) -> String {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
    }

    fn codes(array: &Array) -> Vec<&'static str> {
        array.issues.iter().map(|issue| issue.code).collect()
    }

    #[test]
    fn reads_every_version() {
        for version in 1..=3 {
            let bytes = npy(version, &text("'<f8'", "(2,)"), &[0; 16]);
            let found = array(&bytes);
            assert_eq!((codes(&found), found.ends, found.failure()), (vec![], bytes.len() as u64, None));
            assert_eq!(found.body, Body::Elements { range: found.header.end..found.header.end + 16, bytes: false });
            assert!(is_plain(&bytes));
        }
    }

    #[test]
    fn objects_are_a_pickle_to_the_end() {
        let bytes = npy(1, &text("[('a', '<i4'), ('b', '|O')]", "(1,)"), b"\x80\x04N.");
        let found = array(&bytes);
        assert_eq!((codes(&found), &found.body), (vec![], &Body::Pickle(found.header.end..bytes.len() as u64)));
        assert_eq!(codes(&array(&npy(1, &text("'|O'", "(1,)"), b""))), ["truncated"]);
    }

    #[test]
    fn another_array_or_other_bytes_may_follow() {
        let one = npy(1, &text("'|u1'", "(2,)"), &[7, 7]);
        let found = array(&[one.clone(), one.clone()].concat());
        assert_eq!(found.ends, one.len() as u64);
        assert_eq!(found.failure(), None);
    }

    #[test]
    fn believes_no_number() {
        let lies = [
            (npy(1, &text("'<f8'", "(3,)"), &[0; 16]), "truncated"),
            (npy(1, &text("'<f8'", "(4611686018427387904,)"), &[0; 16]), "invalid"),
            (npy(1, &text("'|V0'", "(9223372036854775807,)"), &[]), ""),
            (npy(4, &text("'<f8'", "(3,)"), &[]), "unsupported"),
            (npy(3, &text("'<f8'", "(3L,)"), &[0; 24]), "invalid"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr': ".to_vec(), "truncated"),
            (b"\x93NUMPY\x02\x00\xff".to_vec(), "truncated"),
            (MAGIC.to_vec(), "truncated"),
            (npy(2, &(" ".repeat(20_000) + &text("'<f8'", "(1,)")), &[0; 8]), "numpy-long-header"),
        ];
        for (bytes, code) in &lies {
            assert_eq!(codes(&array(bytes)).first().copied().unwrap_or(""), *code);
        }
        let long = npy(2, &" ".repeat(50), b"");
        assert_eq!(read(&long[..], 0, 10).map(|array| codes(&array)), Ok(vec!["limit-size"]));
    }

    #[test]
    fn a_file_cut_anywhere_is_read_to_its_end() {
        let bytes = npy(1, &text("'|O'", "(1,)"), b"\x80\x04N.");
        for end in 0..bytes.len() {
            let found = array(&bytes[..end]);
            let body = match &found.body {
                Body::None => 0..0,
                Body::Pickle(range) | Body::Unknown(range) | Body::Elements { range, .. } => range.clone(),
            };
            assert!(found.header.end <= end as u64 && body.end <= end as u64 && found.ends <= end as u64);
        }
    }
}
