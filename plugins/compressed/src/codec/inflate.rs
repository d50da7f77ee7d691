//! Deflate (RFC 1951), without a wrapper: gzip and zlib check what comes out by themselves, so that a wrong checksum costs nothing of the content.

use crate::broken::Broken;
use crate::source::Source;
use flate2::{Decompress, FlushDecompress, Status};
use weighbridge_sdk::ReadAt;

pub(crate) struct Inflate(Box<Decompress>);

impl Inflate {
    pub fn new() -> Self {
        Inflate(Box::new(Decompress::new(false)))
    }

    pub fn read<R: ReadAt>(&mut self, source: &Source<R>, buf: &mut [u8]) -> Result<usize, Broken> {
        let inflate = &mut self.0;
        loop {
            let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
            let (empty, used, status) = source.with(|bytes| {
                let status = inflate.decompress(bytes, buf, FlushDecompress::None);
                let used = (inflate.total_in() - before_in) as usize;
                (used, (bytes.is_empty(), used, status))
            })?;
            let made = (inflate.total_out() - before_out) as usize;
            // What was made before an error is handed out first: the error comes again.
            if made != 0 {
                return Ok(made);
            }
            match status {
                Ok(Status::StreamEnd) => return Ok(0),
                Err(_) => return Err(Broken::Corrupt("the deflate stream breaks its grammar".into())),
                Ok(_) if empty => return Err(Broken::Truncated),
                Ok(_) if used == 0 => return Err(Broken::Corrupt("the deflate stream does not go on".into())),
                Ok(_) => {}
            }
        }
    }
}

/// CRC-32 and the size, as gzip has them.
#[derive(Default)]
pub(crate) struct Crc {
    hasher: crc32fast::Hasher,
    pub size: u64,
}

impl Crc {
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    pub fn value(&self) -> u32 {
        self.hasher.clone().finalize()
    }
}

/// Adler-32 (RFC 1950, 8.2) and the size.
pub(crate) struct Adler {
    a: u32,
    b: u32,
    size: u64,
}

impl Default for Adler {
    fn default() -> Self {
        Adler { a: 1, b: 0, size: 0 }
    }
}

impl Adler {
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        // So many bytes of 255 can be added before the sums are over 32 bits.
        for part in bytes.chunks(5552) {
            for &byte in part {
                self.a += u32::from(byte);
                self.b += self.a;
            }
            self.a %= 65521;
            self.b %= 65521;
        }
    }

    pub fn check<R: ReadAt>(&self, source: &mut Source<R>, declared: u64) -> Result<(), Broken> {
        let (expected, found) = (u32::from_be_bytes(source.array()?), self.b << 16 | self.a);
        if expected != found {
            return Err(Broken::Checksum(format!("the Adler-32 is {found:08x}, and {expected:08x} is declared")));
        }
        if declared != 0 && declared != self.size {
            return Err(Broken::Checksum(format!("the size is {}, and {declared} is declared", self.size)));
        }
        Ok(())
    }
}
