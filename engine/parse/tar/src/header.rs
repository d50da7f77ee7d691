//! One header block.
//!
//! ```text
//! offset length field            offset length field
//!      0    100 name                257      6 magic     "ustar\0" POSIX, "ustar " GNU
//!    100      8 mode                263      2 version   "00" POSIX, " \0" GNU
//!    108      8 uid                 265     32 uname
//!    116      8 gid                 297     32 gname
//!    124     12 size                329      8 devmajor
//!    136     12 mtime               337      8 devminor
//!    148      8 chksum              345    155 prefix    (star: 131, then atime, ctime, and "tar\0" at 508)
//!    156      1 typeflag
//!    157    100 linkname
//! ```

use crate::BLOCK;
use crate::number::Readings;

/// Which header it is, by its magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// No magic: version 7 of Unix.
    V7,
    /// POSIX ustar, with or without pax headers.
    Ustar,
    /// GNU's, of any age.
    Gnu,
    /// Schilling's.
    Star,
}

/// A header block whose checksum is right, or that looks like a header all the same.
pub(crate) struct Header<'b> {
    block: &'b [u8; BLOCK],
}

/// Numbers that Python refuses the whole header for.
const NUMBERS: [(&str, usize, usize); 8] = [
    ("mode", 100, 8),
    ("uid", 108, 8),
    ("gid", 116, 8),
    ("size", 124, 12),
    ("mtime", 136, 12),
    ("chksum", 148, 8),
    ("devmajor", 329, 8),
    ("devminor", 337, 8),
];

impl<'b> Header<'b> {
    /// The header in a block whose checksum is right.
    pub fn checked(block: &'b [u8; BLOCK]) -> Option<Self> {
        let header = Header { block };
        header.checksum_fits().then_some(header)
    }

    /// Whether the sum of all bytes, the checksum's own as spaces, is what it says: with unsigned bytes, or signed as old tars added them.
    fn checksum_fits(&self) -> bool {
        let field = self.field(148, 8);
        // No reader writes less than a digit, and without one a block of anything whose sum is 0 would be a header.
        if !matches!(field.iter().find(|&&b| b != b' '), Some(b'0'..=b'7' | 0x80)) {
            return false;
        }
        let (mut unsigned, mut signed) = (0i128, 0i128);
        for (at, &byte) in self.block.iter().enumerate() {
            let byte = if (148..156).contains(&at) { b' ' } else { byte };
            unsigned += i128::from(byte);
            signed += i128::from(byte.cast_signed());
        }
        let readings = Readings::of(field);
        [readings.python, readings.gnu].into_iter().flatten().any(|sum| sum == unsigned || sum == signed)
    }

    pub fn field(&self, offset: usize, length: usize) -> &'b [u8] {
        &self.block[offset..offset + length]
    }

    /// A text field: up to the first NUL.
    fn text(&self, offset: usize, length: usize) -> &'b [u8] {
        self.field(offset, length).split(|&b| b == 0).next().unwrap_or(&[])
    }

    pub fn number(&self, offset: usize, length: usize) -> Readings {
        Readings::of(self.field(offset, length))
    }

    pub fn size(&self) -> Readings {
        self.number(124, 12)
    }

    pub fn mode(&self) -> u32 {
        u32::try_from(self.number(100, 8).best() & 0o177_777).unwrap_or(0)
    }

    pub fn typeflag(&self) -> u8 {
        self.block[156]
    }

    pub fn linkname(&self) -> &'b [u8] {
        self.text(157, 100)
    }

    pub fn dialect(&self) -> Dialect {
        match (self.field(257, 6), self.field(508, 4)) {
            (b"ustar\0", b"tar\0") => Dialect::Star,
            (b"ustar\0", _) => Dialect::Ustar,
            (b"ustar ", _) => Dialect::Gnu,
            _ => Dialect::V7,
        }
    }

    /// The name without a prefix.
    pub fn short_name(&self) -> &'b [u8] {
        self.text(0, 100)
    }

    /// The name as Python joins it: with whatever stands in the prefix, of any dialect, but not of GNU's own types.
    pub fn python_name(&self) -> Vec<u8> {
        let prefix = if matches!(self.typeflag(), b'L' | b'K' | b'S') { &[] } else { self.text(345, 155) };
        joined(prefix, self.short_name())
    }

    /// The name as GNU tar and the specifications join it: only a ustar header has a prefix.
    pub fn posix_name(&self) -> Vec<u8> {
        let prefix = match self.dialect() {
            Dialect::Ustar => self.text(345, 155),
            Dialect::Star => self.text(345, 131),
            Dialect::Gnu | Dialect::V7 => &[],
        };
        joined(prefix, self.short_name())
    }

    /// The names of numbers that Python refuses the header for, and of those that readers read differently.
    pub fn odd_numbers(&self) -> (Option<&'static str>, Option<&'static str>) {
        let mut odd = (None, None);
        for (name, offset, length) in NUMBERS {
            let readings = self.number(offset, length);
            if readings.python.is_none() {
                odd.0 = odd.0.or(Some(name));
            } else if !readings.agree() && name != "chksum" {
                odd.1 = odd.1.or(Some(name));
            }
        }
        odd
    }
}

fn joined(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}
