//! Records of pax extended headers.
//!
//! ```text
//! record = length " " keyword "=" value "\n"      length: decimal, of the whole record
//! ```

use crate::number::decimal;

/// What the records of one or more headers say, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<i128>,
    /// `GNU.sparse.name`: overrides the path, which is then a made-up one.
    pub sparse_name: Option<Vec<u8>>,
    pub sparse_real: Option<i128>,
    /// Offsets and lengths by turns: of `GNU.sparse.map`, or of the older pairs of records.
    pub sparse_map: Vec<u8>,
    pub sparse_major: Option<i128>,
    /// A record that is none.
    pub malformed: bool,
    /// A second path, or link, for the same entry.
    pub twice: bool,
}

impl Records {
    /// Reads the data of a header. Where a record's length is wrong, the next line is tried: Python looks for the pattern as well.
    pub fn read(data: &[u8]) -> Records {
        let mut records = Records::default();
        let mut rest = data;
        while !rest.is_empty() && rest[0] != 0 {
            match record(rest) {
                Some((key, value, next)) => {
                    records.add(key, value);
                    rest = next;
                }
                None => {
                    records.malformed = true;
                    rest = rest.iter().position(|&b| b == b'\n').map_or(&[][..], |at| &rest[at + 1..]);
                }
            }
        }
        records
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"path" => {
                self.twice |= self.path.as_ref().is_some_and(|path| path != value);
                self.path = Some(value.to_vec());
            }
            b"linkpath" => {
                self.twice |= self.link.as_ref().is_some_and(|link| link != value);
                self.link = Some(value.to_vec());
            }
            // Python takes 0 where it cannot read the number.
            b"size" => self.size = Some(decimal(value).unwrap_or(0)),
            b"GNU.sparse.name" => self.sparse_name = Some(value.to_vec()),
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.sparse_real = decimal(value),
            b"GNU.sparse.major" => self.sparse_major = decimal(value),
            b"GNU.sparse.map" => self.sparse_map = value.to_vec(),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                self.sparse_map.extend_from_slice(value);
                self.sparse_map.push(b',');
            }
            _ => {}
        }
    }

    /// What `over` says stands over what this says.
    pub fn overlay(&mut self, over: Records) {
        let Records { path, link, size, sparse_name, sparse_real, sparse_map, sparse_major, malformed, twice } = over;
        self.path = path.or(self.path.take());
        self.link = link.or(self.link.take());
        self.size = size.or(self.size);
        self.sparse_name = sparse_name.or(self.sparse_name.take());
        self.sparse_real = sparse_real.or(self.sparse_real);
        if !sparse_map.is_empty() {
            self.sparse_map = sparse_map;
        }
        self.sparse_major = sparse_major.or(self.sparse_major);
        self.malformed |= malformed;
        self.twice |= twice;
    }

    /// The name that stands over the header's.
    pub fn name(&self) -> Option<&Vec<u8>> {
        self.sparse_name.as_ref().or(self.path.as_ref())
    }
}

fn record(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let digits = data.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let length: usize = std::str::from_utf8(&data[..digits]).ok()?.parse().ok()?;
    if data.get(digits) != Some(&b' ') || length > data.len() || length < digits + 3 || data[length - 1] != b'\n' {
        return None;
    }
    let body = &data[digits + 1..length - 1];
    let equals = body.iter().position(|&b| b == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &data[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_after_a_record_that_is_none() {
        let records = Records::read(b"99 path=lost\n12 path=a/b\n11 size=12\n");
        assert!(records.malformed);
        assert_eq!(records.path.as_deref(), Some(&b"a/b"[..]));
        assert_eq!(records.size, Some(12));
        assert!(Records::read(b"10 path=a\n10 path=b\n").twice);
        assert!(!Records::read(b"5 a=\n").malformed);
        assert!(Records::read(b"3 \n").malformed);
    }
}
