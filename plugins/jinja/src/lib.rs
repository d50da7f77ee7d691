//! Jinja templates: chat templates beside models, and those that other formats hold and hand over.
//!
//! Language: <https://jinja.palletsprojects.com/en/stable/templates/>; chat templates: <https://huggingface.co/docs/transformers/chat_templating_writing>. An engine
//! renders a chat template with every conversation, some of them without a sandbox. What reads the language is `weighbridge-parse-jinja`; this plugin says what a
//! template names, calls and says.

mod limits;
mod lossy;
mod probe;

use lossy::Lossy;
use weighbridge_parse_jinja::{self as jinja, Feature, Seen};
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, read_up_to, strs};

struct Jinja;

impl Scanner for Jinja {
    const ABOUT: About = About {
        id: "jinja",
        name: "Jinja templates",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("jinja", "Jinja template", abi::FORMAT_PROBE_ALWAYS | abi::FORMAT_MAY_BE_EMPTY, &[], strs!["jinja", "jinja2", "j2"])],
        kinds: kinds! {
            "code" => ["language", "names", "text", "runs", "features"],
            "text" => ["role", "value"],
            "reference" => ["role", "target"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "jinja",
        "the whole template: what it calls, which attributes it looks up, what it makes depend on texts of users",
        "",
    )];

    fn new() -> Self {
        Jinja
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let size = input.size();
        let bytes = read_up_to(input, 0, limits::TEMPLATE)?;
        input.region(Region::Structure, 0, size)?;
        let source = Lossy::new(&bytes);
        input.poll(bytes.len() as u64 / 64)?;
        let seen = jinja::read(&source.text);
        input.poll(bytes.len() as u64 / 64)?;
        if seen.constructs > 0 {
            report(input, &seen, &source, bytes.len() as u64)?;
            list(input, &bytes)?;
        }
        // A long text that begins no construct anywhere is data: tables of tokens and of words are written as one text, too.
        let cut =
            (bytes.len() as u64) < size && (seen.constructs > 0 || probe::is_template(input) || probe::marks_behind(input, bytes.len() as u64)?);
        if cut {
            let (expected, found) = (limits::TEMPLATE.to_string(), size.to_string());
            let at = bytes.len() as u64;
            input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(at, size - at))?;
        }
        if let Some(at) = seen.deep {
            input
                .emit(&Fact::anomaly("limit-depth").text("detail", "nested too deeply to be followed: read word by word").at(source.place(at), 0))?;
        }
        // Text of another kind may look like a template in places. What is called one has to be one.
        let broken = probe::is_template(input) && seen.total_issues > 0;
        if broken {
            issues(input, &seen, &source)?;
        }
        match (cut || seen.deep.is_some(), broken) {
            (true, _) => Err(Failure::Unsupported),
            (_, true) => Err(Failure::Malformed),
            _ => Ok(()),
        }
    }
}

fn report(input: &Input<'_>, seen: &Seen, source: &Lossy, length: u64) -> Result<(), Stop> {
    let names = &seen.names[..seen.names.len().min(limits::NAMES)];
    let features: Vec<&str> = seen.features.keys().map(|feature| feature.as_str()).collect();
    let fact = Fact::new("code").text("language", "jinja").texts("names", names, seen.total_names).text("runs", "use");
    let fact = if features.is_empty() { fact } else { fact.texts("features", &features, 0) };
    // A place in the template helps more than the whole: that of the first name with double underscores, or of the first feature.
    let feature = |feature: &Feature| seen.features.get(feature).map(|at| (source.place(*at), 0));
    let notable = seen.notable.map(|(at, length)| (source.place(at), source.place(at + length) - source.place(at)));
    let (at, long) = notable.or_else(|| seen.features.keys().find_map(feature)).unwrap_or((0, length));
    let parent = input.emit(&fact.text_if("text", &seen.excerpt).at(at, long))?;
    for branch in seen.branches.iter().take(limits::BRANCHES) {
        let words: Vec<String> = branch.words.iter().map(|word| format!("{word:?}")).collect();
        let value = format!("where a message has {}: {}", words.join(" or "), branch.text);
        input.emit(&Fact::new("text").text("role", "conditional-text").text("value", &value).parent(parent).at(source.place(branch.at), 0))?;
    }
    for literal in seen.literals.iter().take(limits::LITERALS) {
        let fact = Fact::new("text").text("role", "template").text("value", literal.text.trim()).parent(parent);
        let (begin, end) = (source.place(literal.at), source.place(literal.at + literal.text.len()));
        input.emit(&fact.at(begin, end - begin))?;
    }
    let (at, long) = feature(&Feature::OtherTemplate).unwrap_or((0, length));
    for target in &seen.templates {
        input.emit(&Fact::new("reference").text("role", "path").text("target", target).at(at, long))?;
    }
    Ok(())
}

/// The template line by line, for those who inspect it.
fn list(input: &Input<'_>, bytes: &[u8]) -> Result<(), Stop> {
    if !input.inspect() {
        return Ok(());
    }
    input.columns("template", &["line:number", "text:jinja"])?;
    let mut at = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        input.row("template", at, line.len() as u64, 0, &[&(number + 1).to_string(), text.trim_end_matches(['\r', '\n'])])?;
        at += line.len() as u64;
    }
    Ok(())
}

fn issues(input: &Input<'_>, seen: &Seen, source: &Lossy) -> Result<(), Stop> {
    for issue in &seen.issues {
        let fact = Fact::anomaly("invalid").text("detail", "no template that Jinja would take").text("expected", issue.expected);
        input.emit(&fact.text_if("found", &issue.found).at(source.place(issue.at), 0))?;
    }
    Ok(())
}

weighbridge_sdk::export!(weighbridge_plugin_jinja = Jinja);
