//! Types of elements, and how many bits each takes.
//!
//! <https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs>, `enum Dtype`.

const BITS: &[(&str, u64)] = &[
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// Bits of an element; none where the type is not known.
pub(crate) fn bits(name: &str) -> Option<u64> {
    BITS.iter().find(|(known, _)| *known == name).map(|(_, bits)| *bits)
}
