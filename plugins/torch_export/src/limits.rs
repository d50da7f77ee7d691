//! Every bound of this plugin, with its reason.

/// Different operators of one program that are told. There are some thousand in all.
pub(crate) const OPERATORS: usize = 8_192;
/// Texts and expressions of one program that are told.
pub(crate) const TEXTS: usize = 1_024;
/// Bytes of a text that are told.
pub(crate) const TEXT: usize = 4 << 10;
/// Faults of one text that are told.
pub(crate) const FAULTS: usize = 16;
/// Storages of a mobile module whose places are kept, 16 bytes each.
pub(crate) const STORAGES: usize = 256 << 10;
