//! joblib's arrays: raw data within a pickle, right after the object that describes it.
//!
//! <https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle.py>, `NumpyArrayWrapper`. Its state is a dict: `subclass`, `shape`, `order`, `dtype`,
//! `allow_mmap`, and since 1.1 `numpy_array_alignment_bytes`. BUILD is followed by
//!
//! ```text
//! [ u8 padding length, that many bytes ]   where numpy_array_alignment_bytes is a number
//! itemsize * product(shape) bytes          or, for a dtype with objects, a pickle of the whole array
//! ```
//!
//! Whether a dtype of fields (`V8`) has objects among them stands in its state, which is as the file wants it; whether a pickle follows is seen there.

use weighbridge_parse_pickle::{Flow, State, Value, Values, proven};
use weighbridge_sdk::{Input, ReadAt, Stop, read_up_to};

/// Bytes that tell whether a pickle follows.
const HEAD: usize = 4 << 10;

/// What follows the object that a state was written on.
pub(crate) enum Follows {
    Nothing,
    /// Raw bytes from here to there.
    Raw {
        offset: u64,
        end: u64,
    },
    /// A pickle.
    Pickle {
        offset: u64,
    },
    /// The array lies in a file of this name (joblib before 0.10).
    File(String),
}

impl Follows {
    pub fn flow(&self) -> Flow {
        match self {
            Follows::Raw { end, .. } => Flow::SkipTo(*end),
            Follows::Pickle { offset } => Flow::Nested(*offset),
            Follows::Nothing | Follows::File(_) => Flow::Continue,
        }
    }
}

/// Reads the state of joblib's wrappers; anything else is followed by nothing.
pub(crate) fn after(input: &Input<'_>, state: &State<'_>, values: &mut Values<'_>) -> Result<Follows, Stop> {
    let Some(class) = state.class else { return Ok(Follows::Nothing) };
    if !class.module().ends_with("numpy_pickle") && !class.module().ends_with("numpy_pickle_compat") {
        return Ok(Follows::Nothing);
    }
    match class.name() {
        "NumpyArrayWrapper" => array(input, state, values),
        "NDArrayWrapper" | "ZNDArrayWrapper" => {
            let Some(name) = values.get(state.state, "filename")? else { return Ok(Follows::Nothing) };
            Ok(values.text(name, 4096)?.map_or(Follows::Nothing, |text| Follows::File(text.as_str().into_owned())))
        }
        _ => Ok(Follows::Nothing),
    }
}

fn array(input: &Input<'_>, state: &State<'_>, values: &mut Values<'_>) -> Result<Follows, Stop> {
    let mut at = state.next;
    let (Some(shape), Some(dtype)) = (values.get(state.state, "shape")?, values.get(state.state, "dtype")?) else { return Ok(Follows::Nothing) };
    let Some(item) = item_size(dtype, values)? else { return Ok(Follows::Nothing) };
    let item = match item {
        ItemSize::Bytes(item) => item,
        ItemSize::Fields(item) => {
            if proven(&read_up_to(input, at, HEAD)?, input.size().saturating_sub(at)).is_some() {
                return Ok(Follows::Pickle { offset: at });
            }
            item
        }
        ItemSize::Objects => return Ok(Follows::Pickle { offset: at }),
    };
    let aligned = values.get(state.state, "numpy_array_alignment_bytes")?;
    if aligned.and_then(Value::as_int).is_some() {
        let padding = input.array::<1>(at)?.map_or(0, |[n]| u64::from(n));
        at += 1 + padding;
    }
    let mut total = item;
    let shape = values.items(shape, 64);
    if !shape.complete {
        return Ok(Follows::Nothing);
    }
    for dimension in &shape.values {
        let Some(n) = dimension.as_int().and_then(|n| u64::try_from(n).ok()) else { return Ok(Follows::Nothing) };
        total = total.saturating_mul(n);
    }
    Ok(Follows::Raw { offset: at, end: at.saturating_add(total) })
}

/// Size of a dtype's items.
pub(crate) enum ItemSize {
    Bytes(u64),
    /// Bytes of a row of fields, which may be objects.
    Fields(u64),
    /// References to objects: the data is a pickle.
    Objects,
}

/// `numpy.dtype('f8', ...)`: the first argument says kind and size.
fn item_size(dtype: Value, values: &mut Values<'_>) -> Result<Option<ItemSize>, Stop> {
    let Some(first) = values.call(dtype).and_then(|(_, args)| args.first().copied()) else { return Ok(None) };
    let Some(text) = values.text(first, 32)? else { return Ok(None) };
    let text = text.as_str();
    let text = text.trim_start_matches(['<', '>', '=', '|']);
    let (kind, digits) = match text.char_indices().nth(1) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    };
    let Ok(size) = digits.split('[').next().unwrap_or("").parse::<u64>() else { return Ok(None) };
    Ok(match kind {
        "O" => Some(ItemSize::Objects),
        // Unicode counts characters of four bytes.
        "U" => Some(ItemSize::Bytes(size.saturating_mul(4))),
        "V" => Some(ItemSize::Fields(size)),
        "b" | "i" | "u" | "f" | "c" | "m" | "M" | "S" | "a" => Some(ItemSize::Bytes(size)),
        _ => None,
    })
}
