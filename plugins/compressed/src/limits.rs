//! Every limit, each with its reason. How much comes out is the host's to limit: it stops reading.

/// Largest dictionary or window of a stream. `xz -9` asks for 64 MiB, `zstd --ultra --long=27` for 128 MiB, which is what `zstd -d` accepts unless told
/// otherwise. The decoders' memory follows what they have given, so that a small file that asks for much does not get it.
pub(crate) const DICTIONARY: u64 = 128 << 20;

/// The same for lzma-rust2, which counts its own overhead in: a probability model of up to 6 MiB, and buffers.
pub(crate) const DICTIONARY_KIB: u32 = (DICTIONARY >> 10) as u32 + (8 << 10);

/// Bytes read from the input at once.
pub(crate) const BLOCK: usize = 64 << 10;

/// Bytes of a gzip header's extra fields, name and comment in all: past it the header is taken for broken. Real names have at most 255.
pub(crate) const GZIP_HEADER: usize = 1 << 20;

/// Skippable frames before the first real one that identification steps over. Seekable and parallel zstd write one.
pub(crate) const SKIPPED_FRAMES: usize = 64;

/// Zeros after the end of a stream that are padding (of tapes and blocks); more are reported as data.
pub(crate) const PADDING: u64 = 1 << 20;

/// Bytes that identification decodes: a stream that gives as many is one.
pub(crate) const TRIAL: usize = 4 << 10;

/// Bytes that a stream without a good magic gives, and takes, before it is taken for one. One in some 2,000 random beginnings is a zlib header; of
/// 400,000 such one gave and took as many, and none gave [`TRIAL`]. A stream of less is known by its checksum.
pub(crate) const TRIAL_ENOUGH: (usize, u64) = (512, 128);

/// Likewise, where the input ends before the stream does.
pub(crate) const TRIAL_TRUNCATED: (usize, u64) = (64, 32);

/// Different byte values that an LZMA stream gives before it is taken for one: a run of small integers or of zeros decodes to one value for ever.
pub(crate) const TRIAL_VALUES: usize = 8;

/// Bytes of a text that identification decodes, and the least that have to be digits: words of a list have spaces and signs among so many.
pub(crate) const TEXT: usize = 4 << 10;
pub(crate) const TEXT_DIGITS: usize = 32;

/// Texts within texts that identification looks through.
pub(crate) const TEXTS: usize = 4;
