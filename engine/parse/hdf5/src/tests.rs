//! Files that were made to hurt, and the shape of what is met.
#![allow(clippy::unwrap_used)]

use crate::checksum::lookup3;
use crate::{Attribute, Dataset, Issue, Link, LinkTarget, Object, Problem, SIGNATURE, Span, Superblock, Visitor, walk};
use std::cell::Cell;
use weighbridge_parse_read::{ReadAt, Stop};

/// What a walk met.
#[derive(Default)]
struct Met {
    paths: Vec<String>,
    links: Vec<(String, LinkTarget)>,
    attributes: Vec<(String, Span)>,
    datasets: Vec<Dataset>,
    issues: Vec<Issue>,
}

impl Visitor for Met {
    fn superblock(&mut self, _superblock: &Superblock) -> Result<(), Stop> {
        Ok(())
    }
    fn object(&mut self, object: &Object<'_>) -> Result<(), Stop> {
        self.paths.push(object.path.to_owned());
        Ok(())
    }
    fn attribute(&mut self, _object: &Object<'_>, attribute: &Attribute) -> Result<(), Stop> {
        self.attributes.push((attribute.name.clone(), attribute.data));
        Ok(())
    }
    fn link(&mut self, _object: &Object<'_>, link: &Link) -> Result<(), Stop> {
        self.links.push((link.name.clone(), link.target.clone()));
        Ok(())
    }
    fn dataset(&mut self, _object: &Object<'_>, dataset: &Dataset, _values: &mut dyn FnMut() -> Result<Vec<Span>, Stop>) -> Result<(), Stop> {
        self.datasets.push(dataset.clone());
        Ok(())
    }
    fn issue(&mut self, _object: &Object<'_>, issue: &Issue) -> Result<(), Stop> {
        self.issues.push(issue.clone());
        Ok(())
    }
}

fn met(bytes: &[u8]) -> Met {
    let mut met = Met::default();
    walk(bytes, 0, &mut met).unwrap();
    met
}

fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = lookup3(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

fn header(messages: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, data) in messages {
        body.push(*kind);
        body.extend((data.len() as u16).to_le_bytes());
        body.push(0);
        body.extend(data);
    }
    let mut bytes = b"OHDR\x02\x02".to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    summed(bytes)
}

fn link(name: &str, at: u64) -> (u8, Vec<u8>) {
    let mut data = vec![1, 8, 0, name.len() as u8];
    data.extend(name.as_bytes());
    data.extend(at.to_le_bytes());
    (6, data)
}

/// A file of the new format; headers follow the superblock of 48 bytes.
fn file(root: u64, headers: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([2, 8, 8, 0]);
    for number in [0, u64::MAX, 48 + headers.len() as u64, root] {
        bytes.extend(number.to_le_bytes());
    }
    let mut bytes = summed(bytes);
    bytes.extend(headers);
    bytes
}

#[test]
fn groups_200_000_deep_are_walked_in_bounded_memory() {
    let each = header(&[link("a", 0)]).len() as u64;
    let mut headers = Vec::new();
    for depth in 0..200_000u64 {
        headers.extend(header(&[link("a", 48 + (depth + 1) * each)]));
    }
    headers.extend(header(&[]));
    let met = met(&file(48, &headers));
    assert_eq!(met.paths.len(), 200_001);
    assert!(met.issues.is_empty(), "{:?}", &met.issues[..1]);
    assert!(met.paths.iter().all(|path| path.len() < 400));
}

#[test]
fn cycles_and_hard_links_are_walked_once() {
    let first = header(&[link("self", 48), link("other", 48), link("child", 0)]);
    let child = 48 + first.len() as u64;
    let mut headers = header(&[link("self", 48), link("other", child), link("child", child)]);
    headers.extend(header(&[link("up", 48)]));
    let met = met(&file(48, &headers));
    assert_eq!(met.paths, ["/", "/other"]);
    assert_eq!(met.links.len(), 4);
}

#[test]
fn paths_are_those_by_which_objects_were_reached_first() {
    let root = |a: u64, b: u64| header(&[link("a", a), link("b", b)]);
    let len = root(0, 0).len() as u64;
    let group = header(&[link("x", 0)]).len() as u64;
    let mut headers = root(48 + len, 48 + len + group);
    headers.extend(header(&[link("x", 48 + len + 2 * group)]));
    headers.extend(header(&[link("y", 48 + len + 2 * group)]));
    headers.extend(header(&[]));
    assert_eq!(met(&file(48, &headers)).paths, ["/", "/a", "/a/x", "/b"]);
}

#[test]
fn a_wrong_checksum_is_said_and_hides_nothing() {
    let mut bytes = file(48, &header(&[link("a", 48)]));
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let met = met(&bytes);
    assert_eq!(met.links.len(), 1);
    assert_eq!(met.issues.iter().map(|issue| issue.problem).collect::<Vec<_>>(), [Problem::Checksum]);
}

/// A file of ten gigabytes of which little is there, and a count of what is read.
struct Sparse {
    bytes: Vec<u8>,
    size: u64,
    read: Cell<u64>,
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        buf.fill(0);
        let wanted = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(buf.len());
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let held = (self.bytes.len() - start).min(wanted);
        buf[..held].copy_from_slice(&self.bytes[start..start + held]);
        self.read.set(self.read.get() + wanted as u64);
        Ok(wanted)
    }
    fn poll(&self, _steps: u64) -> Result<(), Stop> {
        Ok(())
    }
}

#[test]
fn what_is_read_follows_structure_and_not_size() {
    let float = vec![0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0];
    let mut space = vec![1, 1, 0, 0, 0, 0, 0, 0];
    space.extend(2_500_000_000u64.to_le_bytes());
    let mut layout = vec![3, 1];
    layout.extend(4096u64.to_le_bytes());
    layout.extend(10_000_000_000u64.to_le_bytes());
    let mut attribute = vec![3, 0, 13, 0, 8, 0, 4, 0, 0];
    attribute.extend(b"model_config\0");
    attribute.extend([0x13, 0, 0, 0, 20, 0, 0, 0]);
    attribute.extend([2, 0, 0, 0]);
    attribute.extend(b"{\"class_name\": null}");
    let dataset = header(&[(1, space), (3, float), (8, layout)]);
    let mut headers = header(&[link("kernel", 0), (12, attribute.clone())]);
    let root = headers.len() as u64;
    headers = header(&[link("kernel", 48 + root), (12, attribute)]);
    headers.extend(dataset);
    let bytes = file(48, &headers);
    let input = Sparse { bytes, size: 10_000_004_096, read: Cell::new(0) };
    let mut met = Met::default();
    let account = walk(&input, 0, &mut met).unwrap();
    assert!(met.issues.is_empty(), "{:?}", met.issues);
    assert_eq!(met.attributes.len(), 1);
    assert_eq!((met.attributes[0].0.as_str(), met.attributes[0].1.len), ("model_config", 20));
    assert_eq!(met.datasets[0].declared(), 10_000_000_000);
    assert_eq!(account.finish(input.size).last(), Some((crate::Class::Payload, 4096, 10_000_000_000)));
    assert!(input.read.get() < 8 << 10, "{} bytes were read", input.read.get());
}

#[test]
fn lists_that_lie_over_each_other_are_bounded() {
    // A tree of 60,000 children, each the same node of 60,000 symbols, and twenty groups that have it.
    const MANY: u16 = 60_000;
    let mut headers = Vec::new();
    let at = |headers: &Vec<u8>| 48 + headers.len() as u64;
    let data = at(&headers);
    headers.extend(b"\0\0\0\0\0\0\0\0a\0\0\0\0\0\0\0");
    let heap = at(&headers);
    headers.extend(b"HEAP\0\0\0\0");
    for number in [16, 1, data] {
        headers.extend(number.to_le_bytes());
    }
    let node = at(&headers);
    headers.extend(b"SNOD\x01\0");
    headers.extend(MANY.to_le_bytes());
    for _ in 0..MANY {
        headers.extend(8u64.to_le_bytes());
        headers.extend(48u64.to_le_bytes());
        headers.extend([0; 24]);
    }
    let tree = at(&headers);
    headers.extend(b"TREE\0\0");
    headers.extend(MANY.to_le_bytes());
    headers.extend([0xff; 16]);
    for _ in 0..MANY {
        headers.extend(0u64.to_le_bytes());
        headers.extend(node.to_le_bytes());
    }
    headers.extend(8u64.to_le_bytes());
    let mut table = tree.to_le_bytes().to_vec();
    table.extend(heap.to_le_bytes());
    let mut groups = Vec::new();
    for _ in 0..20 {
        groups.push(link("g", at(&headers)));
        headers.extend(header(&[(0x11, table.clone())]));
    }
    let root = at(&headers);
    headers.extend(header(&groups));
    let met = met(&file(root, &headers));
    assert!(met.issues.iter().any(|issue| issue.problem == Problem::Cycle));
    assert_eq!(met.links.len(), 20 + 20 * usize::from(MANY));
}
