//! OpenVINO's representation: layers with operators of operator sets, constants by offset and size in a file beside it.
//!
//! ```text
//! <net name version>
//!   <layers> <layer id name type version> <data element_type shape offset size/> … </layer> </layers>
//!   <edges> … </edges>  <rt_info> … </rt_info>
//! ```

use crate::document::Texts;
use weighbridge_parse_xml::Element;
use weighbridge_sdk::{Fact, Input, Stop};

#[derive(Default)]
pub(crate) struct Net {
    layers: u64,
    /// Whether the innermost layer is a constant.
    constant: bool,
    /// Where the constants end in the weights.
    end: u64,
    constants: u64,
    within_info: bool,
    /// A constant that is not where, or not as large as, the document says.
    pub broken: bool,
}

/// Attributes that name a file of code or weights, which the format has no use for.
const FILES: [&str; 12] =
    ["library", "lib", "extension", "extensions", "path", "file", "weights", "weights_path", "module", "mean-file", "mean_file", "filename"];

impl Net {
    pub fn start(&mut self, input: &Input<'_>, element: &Element, texts: &mut Texts<'_, '_>) -> Result<(), Stop> {
        let length = element.end - element.at;
        match element.local() {
            "layer" => {
                self.layers += 1;
                self.within_info = false;
                let kind = element.get("type").unwrap_or("");
                self.constant = kind == "Const";
                let set = element.get("version").unwrap_or("");
                input.emit(&Fact::new("operator").text("framework", "openvino").text("domain", set).text("op", kind).at(element.at, length))?;
            }
            // Kernels for a graphics card: <https://docs.openvino.ai/2025/documentation/openvino-extensibility/custom-gpu-operations.html>
            "CustomLayer" => {
                let name = element.get("name").unwrap_or("");
                input.emit(
                    &Fact::new("operator").text("framework", "openvino").text("domain", "custom-layer").text("op", name).at(element.at, length),
                )?;
            }
            // Before version 10 of the format weights stood in `blobs`.
            "data" if self.constant => self.constant(input, element)?,
            "weights" | "biases" | "custom" if element.get("offset").is_some() => self.constant(input, element)?,
            "rt_info" | "meta_data" => self.within_info = true,
            _ => {}
        }
        for attribute in &element.attributes {
            let value = attribute.value.value.as_str();
            if FILES.contains(&attribute.name.to_ascii_lowercase().as_str()) && (value.contains(['/', '\\']) || is_library(value)) {
                let role = if is_library(value) { "library" } else { "path" };
                input.emit(&Fact::new("reference").text("role", role).text("target", value).at(element.at, length))?;
            } else if self.within_info {
                texts.emit("metadata", value, element.at)?;
            }
        }
        Ok(())
    }

    fn constant(&mut self, input: &Input<'_>, element: &Element) -> Result<(), Stop> {
        let length = element.end - element.at;
        let place = |fact: Fact<'_>| input.emit(&fact.at(element.at, length));
        let (offset, size) = (element.get("offset").unwrap_or(""), element.get("size").unwrap_or(""));
        let (Ok(from), Ok(bytes)) = (offset.parse::<u64>(), size.parse::<u64>()) else {
            place(Fact::anomaly("invalid").text("expected", "an offset and a size").text("found", &format!("{offset}, {size}")))?;
            self.broken = true;
            return Ok(());
        };
        self.constants += 1;
        match from.checked_add(bytes) {
            Some(end) => self.end = self.end.max(end),
            None => {
                self.broken = true;
                place(Fact::anomaly("invalid").text("expected", "an end below 2^64").text("found", &format!("{from} + {bytes}")))?;
            }
        }
        if let Some(needs) = needed(element)
            && needs != Some(bytes)
        {
            let needs = needs.map_or("more than 2^64".into(), |needs| needs.to_string());
            let (expected, found) = (format!("{needs} bytes, by its shape"), format!("{bytes} bytes"));
            self.broken = true;
            place(Fact::anomaly("size-mismatch").text("expected", &expected).text("found", &found))?;
        }
        Ok(())
    }

    /// The weights lie beside the document, under its name.
    pub fn finish(&self, input: &Input<'_>) -> Result<(), Stop> {
        let count = self.layers.to_string();
        input.emit(&Fact::new("metadata").text("key", "openvino.layers").text("value", &count).at(0, 0))?;
        let Some(stem) = input.name().strip_suffix(".xml").filter(|_| self.constants > 0) else { return Ok(()) };
        let target = format!("{stem}.bin");
        input
            .emit(&Fact::new("reference").text("role", "external-data").text("target", &target).u64("offset", 0).u64("length", self.end).at(0, 0))?;
        Ok(())
    }
}

fn is_library(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    [".so", ".dll", ".dylib", ".pyd", ".py"].iter().any(|ending| value.ends_with(ending)) || value.contains(".so.")
}

/// Bytes that elements of that type and shape take, or `None` beyond 64 bits; nothing where that is not known or not whole bytes.
fn needed(element: &Element) -> Option<Option<u64>> {
    let width = match element.get("element_type")? {
        "f64" | "i64" | "u64" => 8,
        "f32" | "i32" | "u32" => 4,
        "f16" | "bf16" | "i16" | "u16" => 2,
        "i8" | "u8" | "boolean" | "f8e4m3" | "f8e5m2" => 1,
        _ => return None,
    };
    let shape = element.get("shape")?.trim();
    let dims = shape.split(',').map(str::trim).filter(|dim| !dim.is_empty());
    let dims: Option<Vec<u64>> = dims.map(|dim| dim.parse().ok()).collect();
    Some(dims?.into_iter().try_fold(width, u64::checked_mul))
}
