//! A Zstandard frame: <https://www.rfc-editor.org/rfc/rfc8878>
//!
//! ```text
//! frame  = magic(4) descriptor(1) [window(1)] [dictionary id(0,1,2,4)] [content size(0,1,2,4,8)] blocks [checksum(4)]
//! window = exponent (5 bits), mantissa (3 bits): 2^(10 + exponent) * (1 + mantissa / 8)
//! ```

use crate::broken::Broken;
use crate::limits;
use crate::source::Source;
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::Read;
use weighbridge_sdk::ReadAt;

/// A block that is the last one and empty, and a checksum: see [`Frame::drain`].
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

pub(crate) struct Frame {
    decoder: FrameDecoder,
    broken: Option<Broken>,
    checked: bool,
}

impl Frame {
    pub fn open<R: ReadAt>(source: &mut Source<R>) -> Result<Frame, Broken> {
        let window = window(&source.peek(18)?).ok_or(Broken::Truncated)?;
        if window > limits::DICTIONARY {
            return Err(Broken::Memory(format!("a window of {window} bytes is over the limit")));
        }
        // A decoder of its own for each frame: for a second one ruzstd would take the whole window at once.
        let mut decoder = FrameDecoder::new();
        match decoder.init(source) {
            Ok(()) => Ok(Frame { decoder, broken: None, checked: false }),
            Err(FrameDecoderError::DictNotProvided { dict_id }) => Err(Broken::Unsupported(format!("the dictionary {dict_id}"))),
            Err(error) => Err(broken(&error)),
        }
    }

    pub fn read<R: ReadAt>(&mut self, source: &mut Source<R>, buf: &mut [u8]) -> Result<usize, Broken> {
        while self.broken.is_none() && !self.decoder.is_finished() && self.decoder.can_collect() < buf.len() {
            let wanted = BlockDecodingStrategy::UptoBytes(buf.len() - self.decoder.can_collect());
            if let Err(error) = self.decoder.decode_blocks(&mut *source, wanted) {
                self.broken = Some(broken(&error));
                self.drain();
            }
        }
        let n = self.decoder.read(buf)?;
        match (n, self.broken.take()) {
            (0, Some(broken)) => Err(broken),
            (0, None) => self.check().map(|()| 0),
            (n, kept) => {
                self.broken = kept;
                Ok(n)
            }
        }
    }

    /// The decoder keeps back as much as the window may refer to, and would not give it after an error. It does after a last block.
    fn drain(&mut self) {
        if self.decoder.decode_blocks(LAST_BLOCK.as_slice(), BlockDecodingStrategy::UptoBlocks(1)).is_err() {
            self.checked = true;
        }
        self.checked = true;
    }

    fn check(&mut self) -> Result<(), Broken> {
        if self.checked {
            return Ok(());
        }
        self.checked = true;
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(expected), Some(found)) if expected != found => {
                Err(Broken::Checksum(format!("the checksum is {found:08x}, and {expected:08x} is declared")))
            }
            _ => Ok(()),
        }
    }
}

/// The window that a frame asks for: its own field, or all of its content.
fn window(head: &[u8]) -> Option<u64> {
    let descriptor = *head.get(4)?;
    let field = *head.get(5)?;
    if descriptor & 0x20 == 0 {
        return Some((1u64 << (10 + (field >> 3))) / 8 * (8 + u64::from(field & 7)));
    }
    let at = 5 + [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = |n: usize| head.get(at..at + n).map(|bytes| bytes.iter().rev().fold(0u64, |size, &byte| size << 8 | u64::from(byte)));
    match descriptor >> 6 {
        0 => size(1),
        1 => size(2).map(|size| size + 256),
        2 => size(4),
        _ => size(8),
    }
}

fn broken(error: &FrameDecoderError) -> Broken {
    // The cause is under several wrappers.
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::UnexpectedEof
        {
            return Broken::Truncated;
        }
        cause = error.source();
    }
    Broken::Corrupt(error.to_string())
}
