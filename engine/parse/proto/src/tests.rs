//! The walk, over honest and over broken bytes.

use crate::{Error, Fault, Field, Message, Reader, Span, Value, Wire, survey};
use weighbridge_parse_read::{ReadAt, Stop};

/// Number and value of each field, and where and how the message broke.
type Walked = (Vec<(u32, Value)>, Option<(u64, Fault)>);

fn all(bytes: &[u8]) -> Walked {
    let mut reader = Reader::new(bytes);
    let mut message = reader.whole();
    let mut fields = Vec::new();
    loop {
        match reader.next(&mut message) {
            Ok(Some(field)) => fields.push((field.number, field.value)),
            Ok(None) => return (fields, None),
            Err(Error::Broken(broken)) => {
                assert_eq!(reader.next(&mut message), Ok(None), "nothing follows an error");
                return (fields, Some((broken.at, broken.fault)));
            }
            Err(Error::Stop(stop)) => panic!("a slice never stops: {stop}"),
        }
    }
}

#[test]
fn every_wire_type() {
    let bytes = b"\x08\x96\x01\x11\x01\x00\x00\x00\x00\x00\x00\x80\x1a\x02hi\x23\x08\x01\x24\x2d\x00\x00\x80\x3f";
    let fields = vec![
        (1, Value::Varint(150)),
        (2, Value::Fixed64(1 << 63 | 1)),
        (3, Value::Bytes(Span::new(14, 16))),
        (4, Value::Group(Span::new(17, 19))),
        (5, Value::Fixed32(0x3f80_0000)),
    ];
    assert_eq!(all(bytes), (fields, None));
    assert_eq!(all(b""), (vec![], None));
}

#[test]
fn values_at_the_bounds() {
    let max = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    assert_eq!(all(max), (vec![(1, Value::Varint(u64::MAX))], None));
    // A loader drops the bits beyond 64; longer than needed is allowed.
    assert_eq!(all(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), (vec![(1, Value::Varint(u64::MAX))], None));
    assert_eq!(all(b"\x88\x80\x80\x80\x00\x81\x00"), (vec![(1, Value::Varint(1))], None));
    assert_eq!(all(b"\xf8\xff\xff\xff\x0f\x00"), (vec![(0x1fff_ffff, Value::Varint(0))], None));
}

#[test]
fn breaks_are_named() {
    let cases: &[(&[u8], u64, Fault)] = &[
        (b"\x08", 1, Fault::VarintTruncated),
        (b"\x88", 0, Fault::VarintTruncated),
        (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1, Fault::VarintTooLong),
        (b"\xf8\xff\xff\xff\x1f\x00", 0, Fault::TagTooLong),
        (b"\x88\x80\x80\x80\x80\x00\x00", 0, Fault::TagTooLong),
        (b"\x00\x00", 0, Fault::FieldZero),
        (b"\x0e", 0, Fault::WireType(6)),
        (b"\x0f", 0, Fault::WireType(7)),
        (b"\x0c", 0, Fault::GroupEnd { expected: 0, found: 1 }),
        (b"\x0b\x14", 1, Fault::GroupEnd { expected: 1, found: 2 }),
        (b"\x0b\x08\x01", 3, Fault::GroupTruncated(1)),
        (b"\x0b\x12\x05a", 1, Fault::ValueTruncated { expected: 5, found: 1 }),
        (b"\x09\x01\x02", 1, Fault::ValueTruncated { expected: 8, found: 2 }),
        (b"\x0d\x01\x02\x03", 1, Fault::ValueTruncated { expected: 4, found: 3 }),
    ];
    for (bytes, at, fault) in cases {
        assert_eq!(all(bytes), (vec![], Some((*at, *fault))), "{bytes:x?}");
        assert!(!fault.expected().is_empty() && !fault.found().is_empty());
    }
}

#[test]
fn a_value_cut_short_is_given_as_far_as_it_goes() {
    for length in [
        &b"\x05"[..],
        b"\xff\xff\xff\xff\x07",
        b"\xff\xff\xff\xff\x0f",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        let bytes = [b"\x08\x01\x0a", length, b"ab"].concat();
        let (fields, broken) = all(&bytes);
        let start = 3 + length.len() as u64;
        assert_eq!(fields, [(1, Value::Varint(1)), (1, Value::Bytes(Span::new(start, start + 2)))]);
        assert!(matches!(broken, Some((2, Fault::ValueTruncated { found: 2, .. }))));
    }
}

#[test]
fn a_nested_message_ends_where_its_field_does() {
    let bytes: &[u8] = b"\x0a\x02\x0a\x05aaaaa";
    let mut reader = Reader::new(bytes);
    let mut outer = reader.whole();
    let field = reader.next(&mut outer).expect("whole").expect("there");
    let mut inner = outer.nested(field.bytes().expect("bytes")).expect("shallow");
    assert_eq!(inner.depth(), 1);
    assert_eq!(reader.next(&mut inner).map(|field| field.and_then(|field| field.bytes())), Ok(Some(Span::new(4, 4))));
    assert!(matches!(reader.next(&mut inner), Err(Error::Broken(_))));
}

#[test]
fn depth_is_bounded() {
    let mut message = Message::new(Span::new(0, 10));
    for _ in 0..crate::DEPTH {
        message = message.nested(Span::new(0, 10)).expect("not yet");
    }
    assert_eq!(message.nested(Span::new(3, 10)).map_err(|broken| (broken.at, broken.fault)), Err((3, Fault::Depth)));
    let groups = [vec![0x0b; 200_000], vec![0x0c; 200_000]].concat();
    assert!(matches!(all(&groups), (_, Some((_, Fault::Depth)))));
    let groups = [vec![0x0b; 100], vec![0x0c; 100]].concat();
    assert_eq!(all(&groups), (vec![(1, Value::Group(Span::new(1, 199)))], None));
}

#[test]
fn repeated_varints_packed_or_not() {
    let mut reader = Reader::new(&b"\x0a\x04\x01\x96\x01\x02\x08\x07\x0a\x02\x05\x80"[..]);
    let mut message = reader.whole();
    let mut found = Vec::new();
    let mut broken = false;
    while let Ok(Some(field)) = reader.next(&mut message) {
        broken = reader
            .varints(&field, |number| {
                found.push(number);
                true
            })
            .is_err();
    }
    assert_eq!((found, broken), (vec![1, 150, 2, 7, 5], true));
}

#[test]
fn text_is_cut_between_characters_and_read_beyond_the_window() {
    let long = "ü".repeat(20_000);
    let bytes = long.as_bytes();
    let mut reader = Reader::with_window(bytes, 64);
    let whole = Span::new(0, bytes.len() as u64);
    assert_eq!(reader.text(whole, 5), Ok("üü".into()));
    assert_eq!(reader.text(whole, usize::MAX), Ok(long.clone()));
    assert_eq!(Reader::new(&b"a\xffb"[..]).text(Span::new(0, 3), 9), Ok("a\u{fffd}b".into()));
}

#[test]
fn a_survey_says_which_fields_there_are() {
    let bytes: &[u8] = b"\x08\x01\x12\x01a\x12\x01b\x18\x01";
    let mut reader = Reader::new(bytes);
    let whole = reader.whole();
    let found = survey(&mut reader, whole, 100).expect("a slice never stops");
    assert!(found.whole && found.fields == 4 && found.broken.is_none());
    assert_eq!((found.count(2, Wire::Bytes), found.bytes(2)), (2, Some(Span::new(4, 5))));
    assert!(found.fits(&[(1, Wire::Varint), (2, Wire::Bytes), (3, Wire::Varint)]));
    assert!(!found.fits(&[(1, Wire::Varint), (2, Wire::Varint), (3, Wire::Varint)]));
    let first = survey(&mut reader, whole, 1).expect("a slice never stops");
    assert!(!first.whole && first.fields == 1);
    // Any text walks a few fields by chance, and then breaks.
    let text: &[u8] = b"the quick brown fox jumps over the lazy dog";
    let mut reader = Reader::new(text);
    let whole = reader.whole();
    assert!(survey(&mut reader, whole, 100).expect("a slice never stops").broken.is_some());
}

/// An input that is 8 GiB long, has `head` at its beginning, and fails where more than a few KiB are read.
struct Sparse {
    head: Vec<u8>,
    left: std::cell::Cell<usize>,
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        8 << 30
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.left.set(self.left.get().checked_sub(buf.len()).ok_or(Stop::Budget)?);
        buf.fill(0);
        self.head.as_slice().read_at(offset, buf)?;
        Ok(buf.len())
    }

    fn poll(&self, _steps: u64) -> Result<(), Stop> {
        Ok(())
    }
}

#[test]
fn large_values_cost_a_seek() {
    // One value of 8 GiB less the tag and the length's six bytes.
    let mut head = vec![0x0a];
    let mut rest = (8u64 << 30) - 6;
    while rest > 0x7f {
        head.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    head.push(rest as u8);
    assert_eq!(head.len(), 6);
    let input = Sparse { head, left: (64 << 10).into() };
    let mut reader = Reader::new(&input);
    let mut message = reader.whole();
    let field = reader.next(&mut message);
    assert!(matches!(field, Ok(Some(Field { value: Value::Bytes(Span { start: 6, end }), .. })) if end == 8 << 30));
    assert_eq!(reader.next(&mut message), Ok(None));
}

#[test]
fn any_bytes_end() {
    // A generator of bytes that favours tags: each walk ends, and no field lies outside its message.
    let mut state = 1u64;
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..40)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let byte = (state >> 33) as u8;
                if byte & 0x40 == 0 { byte & 0x1f } else { byte }
            })
            .collect();
        let mut reader = Reader::new(bytes.as_slice());
        let mut message = reader.whole();
        let mut at = 0;
        while let Ok(Some(field)) = reader.next(&mut message) {
            assert!(field.at == at && field.end > at && field.end <= 40);
            at = field.end;
        }
    }
}
