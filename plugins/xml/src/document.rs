//! The walk over a document, and what every dialect has.

use crate::openvino::Net;
use crate::pmml::Pmml;
use crate::{doctype, limits};
use weighbridge_parse_strings::could_be_code;
use weighbridge_parse_xml::{Code, Doctype, Element, Event, Issue, Reader};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop};

/// Attributes that lead elsewhere. Namespaces and schemas are names: nothing is fetched for them.
const LINKS: [&str; 6] = ["href", "src", "url", "uri", "location", "filename"];

/// What the root element says that the document is.
enum Dialect {
    Pmml(Pmml),
    OpenVino(Net),
    Other,
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::new(input);
    let mut dialect = Dialect::Other;
    let mut texts = Texts::new(input);
    let mut found: Option<Doctype> = None;
    let mut rooted = false;
    let (mut malformed, mut unread) = (false, false);
    let mut references = 0u64;
    while let Some(event) = reader.next()? {
        match event {
            Event::Doctype(doctype) => {
                doctype::report(input, &doctype)?;
                found = Some(doctype);
            }
            Event::Instruction { target, text } if target.eq_ignore_ascii_case("xml-stylesheet") => {
                let href = text.value.split("href").nth(1).and_then(|rest| rest.split(['"', '\'']).nth(1)).unwrap_or("");
                input.emit(&Fact::new("reference").text("role", "url").text("target", href).at(text.at, text.length))?;
            }
            Event::Start(element) => {
                if !rooted {
                    rooted = true;
                    dialect = root(input, &element)?;
                }
                references += element.attributes.iter().map(|attribute| attribute.value.entities).sum::<u64>();
                links(input, &element)?;
                texts.start(&element)?;
                match &mut dialect {
                    Dialect::Pmml(pmml) => pmml.start(input, &element)?,
                    Dialect::OpenVino(net) => net.start(input, &element, &mut texts)?,
                    Dialect::Other => {}
                }
            }
            Event::End { name, .. } => texts.end(&name)?,
            Event::Text(text) => {
                references += text.entities;
                texts.text(&text.value, text.at)?;
            }
            Event::Issue(issue) => {
                anomaly(input, &issue)?;
                match issue.code {
                    Code::Limit | Code::Encoding => unread = true,
                    _ => malformed = true,
                }
            }
            Event::Comment(text) | Event::Instruction { text, .. } => texts.loud(&text.value, text.at)?,
        }
    }
    let end = reader.at();
    texts.finish()?;
    if let Dialect::OpenVino(net) = &dialect {
        net.finish(input)?;
        malformed |= net.broken;
    }
    if let Some(doctype) = &found {
        doctype::expansion(input, doctype, references)?;
    }
    if rooted && input.name().to_ascii_lowercase().ends_with(".pmml") && !matches!(dialect, Dialect::Pmml(_)) {
        input.emit(&Fact::anomaly("invalid").text("expected", "PMML as the root element").text("found", "another").at(0, 0))?;
        malformed = true;
    }
    input.region(Region::Structure, 0, end)?;
    input.region(Region::Opaque, end, input.size() - end)?;
    if malformed {
        return Err(Failure::Malformed);
    }
    if unread { Err(Failure::Unsupported) } else { Ok(()) }
}

fn root(input: &Input<'_>, element: &Element) -> Result<Dialect, Stop> {
    let version = element.get("version").unwrap_or("");
    let (key, dialect) = match element.local() {
        "PMML" => ("pmml.version", Dialect::Pmml(Pmml::default())),
        // `net` is a model, the others describe layers of their author's for one kind of device.
        "net" | "CustomLayer" | "CustomLayers" => ("openvino.version", Dialect::OpenVino(Net::default())),
        _ => return Ok(Dialect::Other),
    };
    input.emit(&Fact::new("metadata").text("key", key).text("value", version).at(element.at, element.end - element.at))?;
    Ok(dialect)
}

/// Where an element leads: `XInclude` is taken in by the reader itself, other links by whoever follows them.
fn links(input: &Input<'_>, element: &Element) -> Result<(), Stop> {
    let length = element.end - element.at;
    for attribute in &element.attributes {
        let name = attribute.name.rsplit(':').next().unwrap_or("").to_ascii_lowercase();
        if !LINKS.contains(&name.as_str()) || attribute.value.value.is_empty() {
            continue;
        }
        let target = &attribute.value.value;
        if element.local() == "include" && name == "href" {
            let fact = Fact::anomaly("xml-include").text("detail", "another document is taken in").text("target", target);
            input.emit(&fact.at(element.at, length))?;
        } else if target.contains("://") {
            // A path means what the document's reader makes of it.
            input.emit(&Fact::new("reference").text("role", "url").text("target", target).at(element.at, length))?;
        }
    }
    Ok(())
}

fn anomaly(input: &Input<'_>, issue: &Issue) -> Result<(), Stop> {
    let code = match issue.code {
        Code::Truncated => "truncated",
        Code::Invalid => "invalid",
        Code::Limit => "limit-size",
        Code::Encoding => "unsupported",
        Code::Duplicate => "duplicate-name",
    };
    let found: String = issue.found.chars().take(80).collect();
    input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &found).at(issue.at, 0))?;
    Ok(())
}

/// Texts in places that are free: what extensions and scripts hold, descriptions.
pub(crate) struct Texts<'i, 'h> {
    input: &'i Input<'h>,
    left: usize,
    /// The element whose content is put together: its name, how many of it are open, where it began, its markup.
    capture: Option<(String, u32, u64, String)>,
    /// The element whose text is a description.
    described: Option<String>,
}

impl<'i, 'h> Texts<'i, 'h> {
    fn new(input: &'i Input<'h>) -> Self {
        Texts { input, left: limits::TEXTS, capture: None, described: None }
    }

    fn start(&mut self, element: &Element) -> Result<(), Stop> {
        let local = element.local();
        let captured = local == "Extension" || local.eq_ignore_ascii_case("script");
        match &mut self.capture {
            Some((name, open, _, markup)) => {
                if *name == element.name && !element.empty {
                    *open += 1;
                }
                append(markup, element);
            }
            None if captured => {
                let mut markup = String::new();
                append(&mut markup, element);
                if element.empty {
                    return self.emit("extension", &markup, element.at);
                }
                self.capture = Some((element.name.clone(), 1, element.at, markup));
            }
            None => self.described = matches!(local, "Annotation" | "Header" | "Application").then(|| element.name.clone()),
        }
        if self.capture.is_none() {
            for attribute in element.attributes.iter().filter(|attribute| attribute.name == "description" || attribute.name == "copyright") {
                self.emit("metadata", &attribute.value.value, element.at)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str, at: u64) -> Result<(), Stop> {
        match &mut self.capture {
            Some((_, _, _, markup)) if markup.len() < limits::MARKUP => {
                markup.push_str(&text[..text.floor_char_boundary(text.len().min(limits::MARKUP))]);
                Ok(())
            }
            None if self.described.is_some() => self.emit("metadata", text.trim(), at),
            _ => self.loud(text, at),
        }
    }

    /// A text in a place that no reader of models looks at: told where it could be code.
    fn loud(&mut self, text: &str, at: u64) -> Result<(), Stop> {
        if could_be_code(text) { self.emit("string", text.trim(), at) } else { Ok(()) }
    }

    fn end(&mut self, ended: &str) -> Result<(), Stop> {
        self.described = None;
        let Some((name, open, at, markup)) = &mut self.capture else { return Ok(()) };
        if markup.len() < limits::MARKUP {
            markup.push_str("</");
            markup.push_str(ended);
            markup.push('>');
        }
        if name == ended {
            *open -= 1;
            if *open == 0 {
                let (at, markup) = (*at, std::mem::take(markup));
                self.capture = None;
                return self.emit("extension", &markup, at);
            }
        }
        Ok(())
    }

    /// A document that breaks off inside what was captured.
    fn finish(&mut self) -> Result<(), Stop> {
        match self.capture.take() {
            Some((_, _, at, markup)) => self.emit("extension", &markup, at),
            None => Ok(()),
        }
    }

    pub fn emit(&mut self, role: &str, value: &str, at: u64) -> Result<(), Stop> {
        if value.is_empty() || self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        self.input.emit(&Fact::new("text").text("role", role).text("value", value).at(at, 0))?;
        Ok(())
    }
}

fn append(markup: &mut String, element: &Element) {
    if markup.len() >= limits::MARKUP {
        return;
    }
    markup.push('<');
    markup.push_str(&element.name);
    for attribute in &element.attributes {
        let value = &attribute.value.value;
        markup.push_str(&format!(" {}=\"{}\"", attribute.name, &value[..value.floor_char_boundary(value.len().min(limits::MARKUP))]));
    }
    markup.push_str(if element.empty { "/>" } else { ">" });
}
