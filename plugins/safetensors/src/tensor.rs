//! One tensor's entry: whether type, shape and offsets agree.

use crate::{dtype, limits};
use weighbridge_parse_json::{Node, Value};

/// What is wrong with an entry.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub detail: &'static str,
    pub expected: String,
    pub found: String,
}

/// An entry, rendered for people, with where the tensor lies.
#[derive(Debug, Default)]
pub(crate) struct Tensor {
    pub dtype: String,
    pub shape: String,
    pub offsets: String,
    pub span: Option<(u64, u64)>,
    pub wrong: Vec<Wrong>,
}

impl Tensor {
    pub fn read(node: &Node, cut: bool) -> Tensor {
        let mut tensor = Tensor::default();
        if !matches!(node.value, Value::Object(_)) {
            tensor.wrong("an entry is no object", "an object", "");
            return tensor;
        }
        if cut {
            tensor.wrong("an entry holds far more than a type, a shape and two offsets", "three keys", "more");
        }
        let bits = tensor.dtype(node.get("dtype"));
        let count = tensor.shape(node.get("shape"));
        tensor.offsets(node.get("data_offsets"));
        tensor.size(bits, count);
        tensor
    }

    fn wrong(&mut self, detail: &'static str, expected: impl Into<String>, found: impl Into<String>) {
        self.wrong.push(Wrong { detail, expected: expected.into(), found: found.into() });
    }

    fn dtype(&mut self, node: Option<&Node>) -> Option<u64> {
        let Some(name) = node.and_then(Node::as_str) else {
            self.wrong("dtype is missing, or no text", "a type", "");
            return None;
        };
        self.dtype = name.chars().take(limits::DIMENSIONS).collect();
        let bits = dtype::bits(name);
        if bits.is_none() {
            let found = self.dtype.clone();
            self.wrong("a type that the format does not have", "a known type", found);
        }
        bits
    }

    /// The number of elements; none where it is not known, or beyond 64 bits.
    fn shape(&mut self, node: Option<&Node>) -> Option<u64> {
        let Some(Value::Array(dims)) = node.map(|node| &node.value) else {
            self.wrong("shape is missing, or no list", "a list of sizes", "");
            return None;
        };
        let texts: Vec<&str> = dims.iter().map(|dim| if let Value::Number(text) = &dim.value { text.as_str() } else { "?" }).collect();
        self.shape = format!("[{}]", texts.join(", "));
        let mut count = Some(1u64);
        for dim in dims {
            let Some(dim) = dim.as_u64() else {
                let found = self.shape.clone();
                self.wrong("a dimension is no size", "whole numbers from 0 to 2^64", found);
                return None;
            };
            count = count.and_then(|count| count.checked_mul(dim));
        }
        if count.is_none() {
            let found = self.shape.clone();
            self.wrong("the shape's product is beyond 64 bits", "a smaller shape", found);
        }
        count
    }

    fn offsets(&mut self, node: Option<&Node>) {
        let pair: Option<Vec<u64>> = node.and_then(|node| node.items().iter().map(Node::as_u64).collect());
        match pair.as_deref() {
            Some(&[begin, end]) => {
                self.offsets = format!("{begin}-{end}");
                if begin > end {
                    self.wrong("a tensor ends before it begins", "begin, end", format!("{begin}, {end}"));
                } else {
                    self.span = Some((begin, end));
                }
            }
            _ => self.wrong("data_offsets is missing, or no pair of offsets", "[begin, end]", ""),
        }
    }

    fn size(&mut self, bits: Option<u64>, count: Option<u64>) {
        let (Some(bits), Some(count), Some((begin, end))) = (bits, count, self.span) else { return };
        let Some(bits) = bits.checked_mul(count) else {
            let found = self.shape.clone();
            return self.wrong("the shape's size is beyond 64 bits", "a smaller shape", found);
        };
        if bits % 8 != 0 {
            self.wrong("the elements do not fill whole bytes", "a multiple of 8 bits", bits.to_string());
        } else if bits / 8 != end - begin {
            self.wrong("type, shape and offsets say different sizes", (bits / 8).to_string(), (end - begin).to_string());
        }
    }
}
