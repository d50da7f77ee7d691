//! Structures that grow at their end: one side may know more of them than the other.

use crate::types::*;
use core::mem::MaybeUninit;
use core::ptr;

/// A structure of the header that is marked `[growable]`.
///
/// # Safety
/// It is `repr(C)`, begins with its `struct_size`, and all its bytes may be zero.
pub unsafe trait Growable: Sized {
    /// Bytes that it had in the first version that had it: less is no such structure.
    const FIRST: u64;

    /// Every field zero but the size: what a writer begins with.
    const EMPTY: Self;

    /// The size that its writer knows it with.
    ///
    /// # Safety
    /// `raw` leads to the size at least.
    unsafe fn written_size(raw: *const Self) -> u64;
}

/// A structure that is shorter than it ever was: its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort(pub u64);

/// Reads what the other side has written of a structure. What it does not know of is zero here, and what is not known here is left.
///
/// # Safety
/// `raw` leads to as many bytes as its size says.
pub unsafe fn read<T: Growable>(raw: *const T) -> Result<T, TooShort> {
    // SAFETY: as the caller promises.
    let size = unsafe { T::written_size(raw) };
    if size < T::FIRST {
        return Err(TooShort(size));
    }
    let mut value = MaybeUninit::<T>::zeroed();
    let covered = (size_of::<T>() as u64).min(size) as usize;
    // SAFETY: that many bytes are there on both sides, as the caller promises and by the minimum.
    unsafe { ptr::copy_nonoverlapping(raw.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), covered) };
    // SAFETY: zeroes are valid for it, and what was copied was written as the same structure.
    Ok(unsafe { value.assume_init() })
}

macro_rules! growable {
    ($($type:ident: $size:ty = $first:literal),* $(,)?) => {
        $(
            // SAFETY: the layout is asserted; the fields are numbers, pointers and optional functions, for which zero is valid.
            unsafe impl Growable for $type {
                const FIRST: u64 = $first;

                const EMPTY: Self = {
                    // SAFETY: as above.
                    let mut empty: Self = unsafe { MaybeUninit::zeroed().assume_init() };
                    empty.struct_size = size_of::<Self>() as $size;
                    empty
                };

                unsafe fn written_size(raw: *const Self) -> u64 {
                    // SAFETY: the size is the first field, and there, as the caller promises.
                    u64::from(unsafe { raw.cast::<$size>().read() })
                }
            }
        )*

        /// Names of the growable structures, and what each had in the first version that had it.
        pub const GROWABLE: &[(&str, u64)] = &[$((stringify!($type), $first)),*];
    };
}

growable! {
    Fact: u64 = 64,
    Region: u64 = 32,
    Child: u64 = 112,
    Listing: u64 = 64,
    Input: u64 = 72,
    Host: u64 = 88,
    Format: u64 = 96,
    ProbeResult: u64 = 24,
    Plugin: u32 = 192,
    HostInfo: u64 = 40,
    Contact: u64 = 24,
    Reads: u64 = 24,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_one_is_read_as_far_as_it_goes_and_a_longer_one_as_far_as_it_is_known() {
        #[repr(C)]
        struct Longer {
            region: Region,
            more: u64,
        }
        let longer = Longer { region: Region { struct_size: size_of::<Longer>() as u64, length: 7, ..Region::EMPTY }, more: 9 };
        // SAFETY: the size is that of the whole.
        let read = unsafe { read((&raw const longer).cast::<Region>()) }.map(|region| (region.struct_size, region.length));
        assert_eq!(read, Ok((longer.region.struct_size, 7)));
        assert_eq!(longer.more, 9);

        let short = [16u64, 3];
        // SAFETY: it has the sixteen bytes that it says.
        assert_eq!(unsafe { super::read(short.as_ptr().cast::<Region>()) }.err(), Some(TooShort(16)));
    }
}
