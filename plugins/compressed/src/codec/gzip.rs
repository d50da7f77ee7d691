//! A gzip member: <https://www.rfc-editor.org/rfc/rfc1952>
//!
//! ```text
//! header  = ID1 ID2 CM FLG MTIME(4) XFL OS [XLEN(2) extra] [name NUL] [comment NUL] [CRC16(2)]
//! trailer = CRC32(4) ISIZE(4)
//! FLG     = FTEXT 1, FHCRC 2, FEXTRA 4, FNAME 8, FCOMMENT 16
//! ```

use super::inflate::Crc;
use crate::broken::Broken;
use crate::limits;
use crate::source::Source;
use weighbridge_sdk::ReadAt;

/// What a member's header says.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub name: Option<Vec<u8>>,
    pub comment: Option<Vec<u8>>,
}

impl Header {
    pub fn read<R: ReadAt>(source: &mut Source<R>) -> Result<Header, Broken> {
        let [_id1, _id2, _method, flags, _mtime @ .., _extra_flags, _os] = source.array::<10>()?;
        let mut header = Header::default();
        if flags & 4 != 0 {
            let length = u16::from_le_bytes(source.array()?);
            source.skip(length.into());
        }
        if flags & 8 != 0 {
            header.name = Some(text(source)?);
        }
        if flags & 16 != 0 {
            header.comment = Some(text(source)?);
        }
        if flags & 2 != 0 {
            // Python and zlib's gzread skip it unread.
            let _crc16 = source.array::<2>()?;
        }
        Ok(header)
    }
}

fn text<R: ReadAt>(source: &Source<R>) -> Result<Vec<u8>, Broken> {
    let mut text = Vec::new();
    loop {
        let (ended, empty) = source.with(|bytes| match bytes.iter().position(|&b| b == 0) {
            Some(end) => {
                text.extend_from_slice(&bytes[..end]);
                (end + 1, (true, false))
            }
            None => {
                text.extend_from_slice(bytes);
                (bytes.len(), (false, bytes.is_empty()))
            }
        })?;
        if ended {
            return Ok(text);
        }
        if empty {
            return Err(Broken::Truncated);
        }
        if text.len() > limits::GZIP_HEADER {
            return Err(Broken::Corrupt("a name or comment without an end".into()));
        }
    }
}

/// The trailer, compared with what came.
pub(crate) fn check<R: ReadAt>(source: &mut Source<R>, crc: &Crc) -> Result<(), Broken> {
    let (expected, size) = (u32::from_le_bytes(source.array()?), u32::from_le_bytes(source.array()?));
    let found = crc.value();
    if expected != found {
        return Err(Broken::Checksum(format!("the CRC-32 is {found:08x}, and {expected:08x} is declared")));
    }
    if size != crc.size as u32 {
        return Err(Broken::Checksum(format!("the size is {}, and {size} is declared", crc.size)));
    }
    Ok(())
}
