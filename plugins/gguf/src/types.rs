//! Types of values and of tensors.
//!
//! `enum gguf_metadata_value_type` and `enum ggml_type`, <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>; sizes:
//! <https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h>.

/// Bytes of a value of fixed size.
pub(crate) fn size(value: u32) -> Option<u64> {
    Some(match value {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

pub(crate) const STRING: u32 = 8;
pub(crate) const ARRAY: u32 = 9;

/// Name, elements of a block, bytes of a block; no size where it is not the same everywhere.
pub(crate) fn tensor(kind: u32) -> Option<(&'static str, u64, Option<u64>)> {
    Some(match kind {
        0 => ("F32", 1, Some(4)),
        1 => ("F16", 1, Some(2)),
        2 => ("Q4_0", 32, Some(18)),
        3 => ("Q4_1", 32, Some(20)),
        6 => ("Q5_0", 32, Some(22)),
        7 => ("Q5_1", 32, Some(24)),
        8 => ("Q8_0", 32, Some(34)),
        9 => ("Q8_1", 32, None),
        10 => ("Q2_K", 256, Some(84)),
        11 => ("Q3_K", 256, Some(110)),
        12 => ("Q4_K", 256, Some(144)),
        13 => ("Q5_K", 256, Some(176)),
        14 => ("Q6_K", 256, Some(210)),
        15 => ("Q8_K", 256, Some(292)),
        16 => ("IQ2_XXS", 256, Some(66)),
        17 => ("IQ2_XS", 256, Some(74)),
        18 => ("IQ3_XXS", 256, Some(98)),
        19 => ("IQ1_S", 256, Some(50)),
        20 => ("IQ4_NL", 32, Some(18)),
        21 => ("IQ3_S", 256, Some(110)),
        22 => ("IQ2_S", 256, Some(82)),
        23 => ("IQ4_XS", 256, Some(136)),
        24 => ("I8", 1, Some(1)),
        25 => ("I16", 1, Some(2)),
        26 => ("I32", 1, Some(4)),
        27 => ("I64", 1, Some(8)),
        28 => ("F64", 1, Some(8)),
        29 => ("IQ1_M", 256, Some(56)),
        30 => ("BF16", 1, Some(2)),
        31 => ("Q4_0_4_4", 32, Some(18)),
        32 => ("Q4_0_4_8", 32, Some(18)),
        33 => ("Q4_0_8_8", 32, Some(18)),
        34 => ("TQ1_0", 256, Some(54)),
        35 => ("TQ2_0", 256, Some(66)),
        39 => ("MXFP4", 32, Some(17)),
        40 => ("NVFP4", 64, None),
        _ => return None,
    })
}
