//! Bytes as rows of a listing.

use super::view::View;
use crate::fact::{Column, ColumnKind, Place, Row};
use crate::limits;
use crate::record::Record;

/// The listing's name.
const LISTING: &str = "bytes";

/// Gives the bytes of a place, a line each: in hexadecimal, and as ASCII where they are.
pub(super) fn rows(view: &View<'_>, place: Place, record: &mut dyn FnMut(Record)) {
    let column = |name: &str| Column { name: name.into(), kind: ColumnKind::Text };
    record(Record::Columns { input: place.input, listing: LISTING.into(), columns: vec![column("hex"), column("ascii")] });
    let end = place.offset.saturating_add(place.length).min(view.size());
    let mut offset = place.offset;
    let mut rows = 0;
    while offset < end {
        let mut line = [0; limits::DUMP_LINE as usize];
        let wanted = (end - offset).min(limits::DUMP_LINE) as usize;
        let got = view.read_at(offset, &mut line[..wanted]).map_or(0, |(got, _)| got);
        if got == 0 {
            break;
        }
        let hex: Vec<String> = line[..got].iter().map(|byte| format!("{byte:02x}")).collect();
        let ascii = line[..got].iter().map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }).collect();
        let at = Place { offset, length: got as u64, ..place };
        record(Record::Row(Row { listing: LISTING.into(), place: at, depth: 0, cells: vec![hex.join(" "), ascii] }));
        rows += 1;
        offset += got as u64;
    }
    record(Record::Listed { input: place.input, listing: LISTING.into(), rows });
}
