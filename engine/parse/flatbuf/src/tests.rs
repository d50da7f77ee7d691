//! The walk, over an honest buffer and over broken ones.

use crate::{Broken, Buffer, Error, Fault, Span};

/// `root -> { 0: 7 (u8), 1: "hi", 2: [{ 0: -1 (i32) }; 2], 3: [u16; 3] }`; slot 4 is empty.
fn sample() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |part: &[u8]| bytes.extend_from_slice(part);
    put(b"\x18\0\0\0TEST"); // 0: the root lies at 24
    put(b"\x0e\0\x14\0\x04\0\x08\0\x0c\0\x10\0\0\0\0\0"); // 8: its vtable
    put(b"\x10\0\0\0\x07\0\0\0"); // 24: the table, slot 0 at 28
    put(b"\x0c\0\0\0"); // 32: string at 44
    put(b"\x10\0\0\0"); // 36: vector at 52
    put(b"\x18\0\0\0"); // 40: vector at 64
    put(b"\x02\0\0\0hi\0\0"); // 44
    put(b"\x02\0\0\0\x1c\0\0\0\x18\0\0\0"); // 52: both elements lead to 84
    put(b"\x03\0\0\0\x01\0\x02\0\x03\0\0\0"); // 64
    put(b"\x06\0\x08\0\x04\0\0\0"); // 76: a vtable
    put(b"\x08\0\0\0\xff\xff\xff\xff"); // 84: a table
    bytes
}

fn fault<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<(u64, Fault)> {
    match result {
        Err(Error::Broken(Broken { at, fault })) => {
            assert!(!fault.expected().is_empty() && !fault.found().is_empty());
            Some((at, fault))
        }
        _ => None,
    }
}

#[test]
fn reads_what_a_schema_names() -> Result<(), Error> {
    let bytes = sample();
    let mut buffer = Buffer::new(bytes.as_slice());
    assert_eq!(buffer.identifier()?, Some(*b"TEST"));
    let root = buffer.root()?;
    assert_eq!((root.at, root.size, buffer.slots(&root)), (24, 20, 5));
    assert_eq!(buffer.number(&root, 0, 0, u8::from_le_bytes)?, 7);
    assert_eq!(buffer.number(&root, 4, 9, u8::from_le_bytes)?, 9);
    assert_eq!(buffer.number(&root, 60_000, 9, u8::from_le_bytes)?, 9);
    assert_eq!(buffer.string_text(&root, 1, 10)?.as_deref(), Some("hi"));
    let tables = buffer.vector(&root, 2, 4)?.expect("a vector");
    assert_eq!((tables.len(), tables.nth(2)), (2, None));
    for index in 0..2 {
        let table = buffer.table_at(tables.nth(index).expect("an element"))?;
        assert_eq!(buffer.number(&table, 0, 0, i32::from_le_bytes)?, -1);
    }
    let numbers = buffer.vector(&root, 3, 2)?.expect("a vector");
    assert_eq!((numbers.span, numbers.len()), (Span::new(68, 74), 3));
    assert_eq!(buffer.fixed(numbers.nth(1).expect("an element")).map(u16::from_le_bytes)?, 2);
    Ok(())
}

#[test]
fn a_buffer_within_other_bytes_is_bounded_by_its_span() -> Result<(), Error> {
    let bytes = [b"before".as_slice(), &sample(), b"after"].concat();
    let mut buffer = Buffer::within(bytes.as_slice(), Span::new(6, 98));
    let root = buffer.root()?;
    assert_eq!(buffer.string_text(&root, 1, 10)?.as_deref(), Some("hi"));
    let mut short = Buffer::within(bytes.as_slice(), Span::new(6, 56));
    let root = short.root()?;
    assert_eq!(fault(short.string(&root, 1)), None);
    assert_eq!(fault(short.vector(&root, 2, 4)), Some((42, Fault::OffsetOutside(16))));
    Ok(())
}

#[test]
fn breaks_are_named() {
    let broken = |at: usize, with: &[u8]| {
        let mut bytes = sample();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    let root = |bytes: Vec<u8>| fault(Buffer::new(bytes.as_slice()).root());
    assert_eq!(root(broken(0, &[0; 4])), Some((0, Fault::OffsetZero)));
    assert_eq!(root(broken(0, &[0xff; 4])), Some((0, Fault::OffsetOutside(0xffff_ffff))));
    assert_eq!(root(broken(0, &[90, 0, 0, 0])), Some((90, Fault::Truncated(4))));
    assert_eq!(root(broken(24, &[0, 0, 0, 0x80])), Some((24, Fault::VtableOutside(-(1 << 31)))));
    assert_eq!(root(broken(24, &[25, 0, 0, 0])), Some((24, Fault::VtableOutside(25))));
    assert_eq!(root(broken(8, &[2, 0])), Some((8, Fault::VtableSize(2))));
    assert_eq!(root(broken(8, &[15, 0])), Some((8, Fault::VtableSize(15))));
    assert_eq!(root(broken(8, &[0xfe, 0xff])), Some((8, Fault::VtableSize(0xfffe))));
    assert_eq!(root(Vec::new()), Some((0, Fault::Truncated(4))));
    for length in [1u32 << 31, u32::MAX, 100] {
        let bytes = broken(64, &length.to_le_bytes());
        let mut buffer = Buffer::new(bytes.as_slice());
        let root = buffer.root().expect("an honest root");
        assert_eq!(fault(buffer.vector(&root, 3, 2)), Some((64, Fault::VectorOutside { length: length.into(), element: 2 })));
    }
}

#[test]
fn offsets_and_lengths_of_64_bits() -> Result<(), Error> {
    let vector = |length: u64| {
        let mut bytes = b"\x0c\0\0\0\x06\0\x0c\0\x04\0\0\0\x08\0\0\0".to_vec();
        bytes.extend(8u64.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(b"abc");
        bytes
    };
    let bytes = vector(3);
    let mut buffer = Buffer::new(bytes.as_slice());
    let root = buffer.root()?;
    assert_eq!(buffer.vector64(&root, 0, 1, true)?.map(|vector| vector.span), Some(Span::new(32, 35)));
    for length in [4, 1 << 63, u64::MAX] {
        let bytes = vector(length);
        let mut buffer = Buffer::new(bytes.as_slice());
        let root = buffer.root()?;
        assert_eq!(fault(buffer.vector64(&root, 0, 1, true)), Some((24, Fault::VectorOutside { length, element: 1 })));
        assert_eq!(fault(buffer.vector64(&root, 0, 8, true)), Some((24, Fault::VectorOutside { length, element: 8 })));
    }
    Ok(())
}

#[test]
fn tables_named_without_end_are_bounded() -> Result<(), Error> {
    let bytes = sample();
    let mut buffer = Buffer::new(bytes.as_slice());
    let root = buffer.root()?;
    let element = buffer.vector(&root, 2, 4)?.and_then(|tables| tables.nth(0)).expect("an element");
    let end = (0..10_000_000).find_map(|_| fault(buffer.table_at(element)));
    assert_eq!(end, Some((84, Fault::Tables)));
    Ok(())
}

#[test]
fn any_change_of_a_byte_is_survived() {
    let honest = sample();
    for at in 0..honest.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bytes = honest.clone();
            bytes[at] = value;
            let mut buffer = Buffer::new(bytes.as_slice());
            let Ok(root) = buffer.root() else { continue };
            for number in 0..6 {
                let found = [buffer.string(&root, number), buffer.vector(&root, number, 4).map(|vector| vector.map(|vector| vector.span))];
                for span in found.into_iter().flatten().flatten() {
                    assert!(span.end <= bytes.len() as u64);
                }
                if let Ok(Some(table)) = buffer.table(&root, number) {
                    assert!(table.at < bytes.len() as u64);
                }
            }
        }
    }
}
