//! Models that are XML documents: PMML, the representation of OpenVINO (its weights lie in a file beside it), and other XML.
//!
//! XML: <https://www.w3.org/TR/xml/>; PMML: <https://dmg.org/pmml/v4-4-1/GeneralStructure.html>;
//! OpenVINO: <https://docs.openvino.ai/2025/documentation/openvino-ir-format.html>. What reads them is `weighbridge-parse-xml`, which expands nothing.

mod doctype;
mod document;
mod limits;
mod openvino;
mod pmml;

use weighbridge_parse_xml::{Event, Reader};
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, contains, format, kinds, read_up_to, strs};

struct Xml;

/// Formats, in the order of [`Scanner::ABOUT`].
const PMML: u32 = 0;
const OPENVINO: u32 = 1;
const OTHER: u32 = 2;

/// What the beginning of a document says that it is.
fn identify(head: &[u8], named: bool) -> Result<Option<Probe>, Stop> {
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).take(64).collect();
    let text = text.strip_prefix(b"\xef\xbb\xbf").or(text.strip_prefix(b"\xff\xfe")).or(text.strip_prefix(b"\xfe\xff")).unwrap_or(&text);
    let trimmed = text.trim_ascii_start();
    if trimmed.first() != Some(&b'<') {
        return Ok(None);
    }
    let declared = trimmed.starts_with(b"<?xml");
    let mut reader = Reader::new(head);
    let mut doctype = false;
    while let Some(event) = reader.next()? {
        match event {
            // Pages of the web are no models, and not often XML.
            Event::Doctype(found) if found.name.eq_ignore_ascii_case("html") => return Ok(None),
            Event::Doctype(_) => doctype = true,
            Event::Start(root) => {
                let layers = contains(head, b"<layers") || root.get("version").is_some();
                return Ok(match root.local() {
                    "PMML" => Some(Probe::certain(0).of(PMML)),
                    "net" if layers => Some(Probe::certain(0).of(OPENVINO)),
                    name if name.eq_ignore_ascii_case("html") => None,
                    _ if declared => Some(Probe::certain(0).of(OTHER)),
                    _ if named || doctype => Some(Probe::likely(0).of(OTHER)),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    Ok((declared || doctype || named).then(|| Probe::likely(0).of(OTHER)))
}

impl Scanner for Xml {
    const ABOUT: About = About {
        id: "xml",
        name: "Models in XML: PMML, OpenVINO",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("pmml", "PMML document", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pmml"]),
            &format("openvino-ir", "OpenVINO representation (xml beside bin)", 0, &[], &[]),
            &format("xml", "XML document", 0, &[], strs!["xml"]),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "layer" => ["framework", "class"],
            "operator" => ["framework", "domain", "op"],
            "reference" => ["role", "target", "offset", "length"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("openvino-ir", "every element: layers, libraries, where weights lie; document types and entities", ""),
        weighbridge_sdk::reads("pmml", "every element: extensions, functions, texts; document types and entities", ""),
        weighbridge_sdk::reads("xml", "every element; document types and entities", ""),
    ];

    fn new() -> Self {
        Xml
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let head = read_up_to(input, 0, limits::PROBE)?;
        let name = input.name().to_ascii_lowercase();
        Ok(identify(&head, name.ends_with(".xml") || name.ends_with(".pmml"))?.unwrap_or(Probe::NO))
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        document::scan(input)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_xml = Xml);
