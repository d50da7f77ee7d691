//! What a tensor's fields say together, whichever of the two formats they stand in.

use crate::limits;
use crate::report::Report;
use weighbridge_sdk::{Fact, Span, Stop};

/// Where `TensorProto.external_data` may say that a tensor's data lie. Other keys became attributes of an object in the Python package
/// (CVE-2026-34445); those that begin with `prepacked_` are ONNX Runtime's.
const KEYS: [&str; 5] = ["location", "offset", "length", "checksum", "basepath"];

/// The location that means an address in memory to ONNX Runtime, for tensors that it passes to itself.
const MEMORY: &str = "*/_ORT_MEM_ADDR_/*";

/// The element type of tensors of strings.
pub(crate) const STRING: u64 = 8;

/// `TensorProto.DataType`: bits of an element.
fn bits(data_type: u64) -> Option<u64> {
    Some(match data_type {
        2 | 3 | 9 | 17..=20 | 24 => 8,
        4 | 5 | 10 | 16 => 16,
        1 | 6 | 12 => 32,
        7 | 11 | 13 | 14 => 64,
        15 => 128,
        21..=23 => 4,
        25 | 26 => 2,
        _ => return None,
    })
}

/// Whether a tensor of that type is where bytes would be put that are no numbers.
pub(crate) fn is_bytes(data_type: u64) -> bool {
    matches!(data_type, 0 | 2 | 3 | STRING)
}

/// What has been read of a tensor.
#[derive(Default)]
pub(crate) struct Tensor {
    pub name: String,
    pub at: Span,
    pub data_type: u64,
    pub dims: Vec<i64>,
    /// There are more dimensions than are kept.
    pub more_dims: bool,
    /// It is one of several segments of a tensor.
    pub segment: bool,
    pub raw: Option<Span>,
    /// Fields that hold elements, in order of appearance.
    pub fields: Vec<&'static str>,
    pub external: bool,
    /// Keys and values of where the data lie.
    pub location: Vec<(String, String, Span)>,
}

impl Tensor {
    pub fn holds(&mut self, field: &'static str) {
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
    }

    /// How many bytes the elements take, if that follows from type and dimensions. `None` where it overflows or is not known.
    pub fn bytes(&self) -> Option<u64> {
        let bits = bits(self.data_type).filter(|_| !self.more_dims)?;
        let elements = self.dims.iter().try_fold(1u64, |product, dim| product.checked_mul(u64::try_from(*dim).ok()?))?;
        Some(elements.checked_mul(bits)?.div_ceil(8))
    }

    /// Says what the tensor refers to, and what is wrong with it.
    pub fn report(&self, report: &mut Report<'_, '_>) -> Result<(), Stop> {
        if let Some(dim) = self.dims.iter().find(|dim| **dim < 0) {
            let found = dim.to_string();
            let fact = Fact::anomaly("invalid").text("detail", "a negative dimension").text("expected", "0 or more");
            report.anomaly(fact.text("found", &found).text_if("target", &self.name), self.at)?;
        }
        if self.fields.len() > 1 {
            // Readers differ in which of them they take: the Python package the raw data, others what the element type says.
            let found = self.fields.join(", ");
            let fact =
                Fact::anomaly("onnx-two-data-fields").text("detail", "a tensor with two sets of elements").text("expected", "one field of data");
            report.anomaly(fact.text("found", &found).text_if("target", &self.name), self.at)?;
        }
        if let (Some(raw), false) = (self.raw, self.segment) {
            self.compare(report, raw.len(), "raw data")?;
        }
        if self.external || !self.location.is_empty() {
            self.refer(report)?;
        }
        Ok(())
    }

    fn compare(&self, report: &mut Report<'_, '_>, found: u64, what: &str) -> Result<(), Stop> {
        let sane = self.dims.iter().all(|dim| *dim >= 0) && !self.more_dims;
        let Some(expected) = self.bytes() else {
            if sane && bits(self.data_type).is_some() {
                let dims = format!("{:?}", self.dims);
                let fact = Fact::anomaly("invalid").text("detail", "dimensions whose product is beyond 64 bits").text("found", &dims);
                report.anomaly(fact.text_if("target", &self.name), self.at)?;
            }
            return Ok(());
        };
        if expected != found {
            let detail = format!("{what} of another size than type and dimensions ask for");
            let (expected, found) = (format!("{expected} bytes"), format!("{found} bytes"));
            let fact = Fact::anomaly("size-mismatch").text("detail", &detail).text("expected", &expected).text("found", &found);
            report.anomaly(fact.text_if("target", &self.name), self.at)?;
        }
        Ok(())
    }

    /// Data in another file.
    fn refer(&self, report: &mut Report<'_, '_>) -> Result<(), Stop> {
        let mut numbers = [None; 2];
        for (key, value, at) in &self.location {
            match key.as_str() {
                "location" => {}
                "offset" | "length" => {
                    let number = value.trim().parse::<u64>();
                    if number.is_err() {
                        let detail = format!("external_data.{key}");
                        let fact = Fact::anomaly("invalid").text("detail", &detail).text("expected", "a number from 0 on");
                        report.anomaly(fact.text("found", value).text_if("target", &self.name), *at)?;
                    }
                    numbers[usize::from(key == "length")] = number.ok();
                }
                key if KEYS.contains(&key) || key.starts_with("prepacked_") => {}
                key => {
                    let fact = Fact::anomaly("onnx-external-key").text("detail", "a key that the format does not have");
                    report.anomaly(fact.text("found", key).text_if("target", &self.name), *at)?;
                }
            }
        }
        let [offset, length] = numbers;
        if let (Some(length), true) = (length, self.raw.is_none()) {
            self.compare(report, length, "external data")?;
        }
        let mut targets = self.location.iter().filter(|(key, _, _)| key == "location").peekable();
        if targets.peek().is_none() {
            let fact = Fact::anomaly("invalid").text("detail", "external data without a location").text("expected", "a path");
            return report.anomaly(fact.text_if("target", &self.name), self.at);
        }
        // Readers take the last of several; each is told.
        for (_, target, at) in targets {
            if target == MEMORY {
                let fact = Fact::anomaly("onnx-memory-address").text("detail", "data at an address in memory").text("expected", "a path");
                report.anomaly(fact.text("found", target).text_if("target", &self.name), *at)?;
                continue;
            }
            let fact = Fact::new("reference").text("role", "external-data").text("target", target);
            let fact = offset.into_iter().fold(fact, |fact, offset| fact.u64("offset", offset));
            let fact = length.into_iter().fold(fact, |fact, length| fact.u64("length", length));
            report.input.emit(&fact.at(at.start, at.len()))?;
        }
        Ok(())
    }
}

/// A list of dimensions, with a bound.
pub(crate) fn push_dim(tensor: &mut Tensor, dim: i64) {
    if tensor.dims.len() < limits::DIMENSIONS {
        tensor.dims.push(dim);
    } else {
        tensor.more_dims = true;
    }
}
