//! Archives for tests, block by block.

use crate::{Code, Entry, Issue, Limits, Region, Visitor, walk};
use weighbridge_parse_read::Stop;

/// A header block of its fields.
pub struct Block(pub [u8; 512]);

impl Block {
    pub fn new(name: &str, typeflag: u8, size: &str) -> Self {
        let mut block = Block([0; 512]);
        block.put(0, name.as_bytes()).put(100, b"0000644\0").put(108, b"0000000\0").put(116, b"0000000\0");
        block.put(124, size.as_bytes()).put(136, b"00000000000\0").put(156, &[typeflag]).put(257, b"ustar\x0000");
        block
    }

    pub fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub fn sealed(&mut self) -> Vec<u8> {
        self.put(148, b"        ");
        let sum: u32 = self.0.iter().map(|&b| u32::from(b)).sum();
        let text = format!("{sum:06o}\0 ");
        self.put(148, text.as_bytes());
        self.0.to_vec()
    }
}

/// A header and its data, filled up.
pub fn member(name: &str, typeflag: u8, data: &[u8]) -> Vec<u8> {
    let mut out = Block::new(name, typeflag, &format!("{:011o}\0", data.len())).sealed();
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

pub fn link(name: &str, typeflag: u8, target: &str) -> Vec<u8> {
    Block::new(name, typeflag, "00000000000\0").put(157, target.as_bytes()).sealed()
}

pub fn pax(typeflag: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut data = String::new();
    for (key, value) in records {
        let body = key.len() + value.len() + 3;
        let mut length = body + 1;
        while length != body + length.to_string().len() {
            length = body + length.to_string().len();
        }
        data += &format!("{length} {key}={value}\n");
    }
    member("PaxHeaders/x", typeflag, data.as_bytes())
}

pub fn end() -> Vec<u8> {
    vec![0; 1024]
}

/// All that a walk says.
#[derive(Default)]
pub struct Heard {
    pub entries: Vec<Entry>,
    pub issues: Vec<Issue>,
    pub regions: Vec<Region>,
}

impl Heard {
    pub fn names(&self) -> Vec<String> {
        self.entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect()
    }

    pub fn codes(&self) -> Vec<Code> {
        self.issues.iter().map(|issue| issue.code).collect()
    }
}

impl Visitor for Heard {
    fn entry(&mut self, entry: &Entry) -> Result<(), Stop> {
        self.entries.push(entry.clone());
        Ok(())
    }

    fn issue(&mut self, issue: &Issue) -> Result<(), Stop> {
        self.issues.push(issue.clone());
        Ok(())
    }

    fn region(&mut self, region: Region) -> Result<(), Stop> {
        self.regions.push(region);
        Ok(())
    }
}

pub fn heard(archive: &[u8]) -> Heard {
    let mut heard = Heard::default();
    walk(archive, 0, &Limits::default(), &mut heard).expect("memory is read");
    let mut at = 0;
    for region in &heard.regions {
        assert!(region.offset >= at, "regions are in order and apart: {:?}", heard.regions);
        at = region.offset + region.length;
        assert!(at <= archive.len() as u64);
    }
    heard
}
