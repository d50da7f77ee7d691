//! The walk over the lines.

use crate::limits;
use crate::tree::Tree;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, Window, read_up_to};

/// Which part of the file a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Tree,
    Importances,
    Parameters,
    Behind,
    Categories,
}

struct Lines<'i, 'h> {
    input: &'i Input<'h>,
    window: Window<&'i Input<'h>>,
    at: u64,
    steps: u64,
    /// Where the first character stands that text does not have.
    binary: Option<u64>,
}

impl Lines<'_, '_> {
    fn peek(&mut self) -> Result<Option<u8>, Stop> {
        Ok(self.window.at(self.at, 1)?.first().copied())
    }

    fn take(&mut self) -> Result<(), Stop> {
        if self.binary.is_none() && matches!(self.peek()?, Some(0..=8 | 14..=31)) {
            self.binary = Some(self.at);
        }
        self.at += 1;
        self.steps += 1;
        if self.steps >= limits::POLL {
            self.input.poll(self.steps / 8)?;
            self.steps = 0;
        }
        Ok(())
    }

    /// Characters up to one of `stops` or the line's end; at most `keep` are kept. The answer says how many there were.
    fn until(&mut self, stops: &[u8], keep: usize, into: &mut String) -> Result<u64, Stop> {
        into.clear();
        let mut bytes = Vec::new();
        let start = self.at;
        while let Some(byte) = self.peek()?.filter(|byte| *byte != b'\n' && !stops.contains(byte)) {
            self.take()?;
            if bytes.len() < keep {
                bytes.push(byte);
            }
        }
        into.push_str(String::from_utf8_lossy(&bytes).trim_end_matches('\r'));
        Ok(self.at - start)
    }
}

struct Report<'i, 'h> {
    input: &'i Input<'h>,
    texts: usize,
    faults: u64,
    trees: u64,
    sizes: u64,
    features: Option<i64>,
    names: u64,
}

impl Report<'_, '_> {
    fn text(&mut self, role: &str, text: &str, length: u64, at: u64) -> Result<(), Stop> {
        if !could_be_code(text) {
            return Ok(());
        }
        self.texts += 1;
        if self.texts <= limits::TEXTS {
            self.input.emit(&Fact::new("text").text("role", role).text_cut("value", text, length).at(at, length))?;
        }
        Ok(())
    }

    fn metadata(&self, key: &str, value: &str, at: u64) -> Result<(), Stop> {
        let key = format!("lightgbm.{key}");
        self.input.emit(&Fact::new("metadata").text("key", &key).text("value", value).at(at, 0))?;
        Ok(())
    }

    fn tree(&mut self, tree: Option<Tree>, end: u64) -> Result<(), Stop> {
        let Some(tree) = tree else { return Ok(()) };
        self.trees += 1;
        for fault in tree.faults(self.features) {
            self.faults += 1;
            if self.faults <= limits::FAULTS {
                let fact = Fact::anomaly("lightgbm-tree").text("detail", fault.what).text("expected", &fault.expected).text("found", &fault.found);
                self.input.emit(&fact.at(tree.at, end - tree.at))?;
            }
        }
        Ok(())
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut lines = Lines { input, window: Window::new(input, limits::WINDOW), at: 0, steps: 0, binary: None };
    let mut report = Report { input, texts: 0, faults: 0, trees: 0, sizes: 0, features: None, names: 0 };
    let mut part = Part::Header;
    let mut tree: Option<Tree> = None;
    let (mut key, mut word) = (String::new(), String::new());
    let mut ended = false;
    // The mark that has to follow.
    let mut wanted = None;
    let mut strange = 0u64;
    let mut behind = None;
    loop {
        let at = lines.at;
        if part == Part::Categories {
            // The last line that the library reads.
            behind = Some(at).filter(|at| *at < input.size());
            break;
        }
        let written = lines.until(b"=:", limits::KEY.max(limits::TEXT), &mut key)?;
        let sign = lines.peek()?;
        match sign {
            None if key.is_empty() => break,
            Some(b'=' | b':') => lines.take()?,
            // A line without a value: a mark, or text that belongs to nothing.
            _ => {
                match key.as_str() {
                    "tree" | "average_output" | "" => {}
                    "end of trees" => {
                        report.tree(tree.take(), at)?;
                        part = Part::Importances;
                        ended = true;
                    }
                    "end of parameters" => {
                        part = Part::Behind;
                        wanted = None;
                    }
                    text => {
                        strange += u64::from(part != Part::Parameters && part != Part::Behind);
                        report.text("string", text, written, at)?;
                    }
                }
                if lines.peek()?.is_some() {
                    lines.take()?;
                }
                continue;
            }
        }
        match (key.as_str(), part) {
            ("Tree", _) => {
                report.tree(tree.take(), at)?;
                tree = Some(Tree::new(at));
                part = Part::Tree;
                lines.until(b"", limits::TEXT, &mut word)?;
            }
            // Version 2 has no mark behind its trees.
            ("feature importances" | "feature_importances", _) => {
                report.tree(tree.take(), at)?;
                part = Part::Importances;
                ended = true;
                lines.until(b"", limits::TEXT, &mut word)?;
            }
            ("parameters", _) if sign == Some(b':') => {
                ended = true;
                part = Part::Parameters;
                wanted = Some("end of parameters");
                lines.until(b"", limits::TEXT, &mut word)?;
            }
            (name, Part::Tree) if let (Some(tree), Some(name)) = (&mut tree, Tree::wants(name)) => loop {
                lines.until(b" ", 32, &mut word)?;
                if !word.is_empty() {
                    tree.element(name, &word);
                }
                match lines.peek()? {
                    Some(b' ') => lines.take()?,
                    _ => break,
                }
            },
            ("feature_names" | "tree_sizes", Part::Header) => loop {
                let at = lines.at;
                let length = lines.until(b" ", limits::TEXT, &mut word)?;
                if !word.is_empty() {
                    match key.as_str() {
                        "tree_sizes" => report.sizes += 1,
                        _ => {
                            report.names += 1;
                            report.text("name", &word, length, at)?;
                        }
                    }
                }
                match lines.peek()? {
                    Some(b' ') => lines.take()?,
                    _ => break,
                }
            },
            _ => {
                let from = lines.at;
                let length = lines.until(b"", limits::TEXT, &mut word)?;
                let value = word.trim();
                match (key.as_str(), part) {
                    ("max_feature_idx", Part::Header) => report.features = value.parse().ok(),
                    ("version" | "objective", Part::Header) => report.metadata(&key.clone(), value, at)?,
                    ("num_leaves", Part::Tree) => tree.iter_mut().for_each(|tree| tree.leaves = value.parse().ok()),
                    ("num_cat", Part::Tree) => tree.iter_mut().for_each(|tree| tree.categories = value.parse().ok()),
                    _ => {}
                }
                report.text("parameter", &word, length, from)?;
                report.text("name", &key, written, at)?;
            }
        }
        if part == Part::Behind && key == "pandas_categorical" {
            part = Part::Categories;
        }
        if lines.peek()?.is_some() {
            lines.take()?;
        }
    }
    let size = input.size();
    report.tree(tree.take(), size)?;
    let end = behind.into_iter().chain(lines.binary).min().unwrap_or(size);
    input.region(Region::Structure, 0, end)?;
    if let Some(mark) = wanted {
        // A loader takes what is there.
        input.emit(&Fact::anomaly("truncated").text("expected", mark).at(size, 0))?;
    }
    tail(input, end)?;
    finish(&report, ended, strange)
}

/// What stands behind the last line, or where the text ends and other bytes begin.
fn tail(input: &Input<'_>, end: u64) -> Result<(), Stop> {
    let length = input.size() - end;
    let blank = read_up_to(input, end, limits::BLANK)?;
    if blank.iter().all(u8::is_ascii_whitespace) && (blank.len() as u64) == length {
        return input.region(Region::Padding, end, length);
    }
    let found = format!("{length} bytes");
    input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, length))?;
    input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, length) })
}

/// What the parts say of each other.
fn finish(report: &Report<'_, '_>, ended: bool, strange: u64) -> Result<(), Failure> {
    let input = report.input;
    let size = input.size();
    report.metadata("trees", &report.trees.to_string(), 0)?;
    if report.sizes != report.trees && report.sizes > 0 {
        let (expected, found) = (format!("{} trees, as tree_sizes says", report.sizes), report.trees.to_string());
        let fact = Fact::anomaly("size-mismatch").text("detail", "lightgbm-trees").text("expected", &expected).text("found", &found);
        input.emit(&fact.at(0, size))?;
    }
    if let Some(features) = report.features
        && report.names > 0
        && u64::try_from(features).ok().and_then(|features| features.checked_add(1)) != Some(report.names)
    {
        let (expected, found) = (format!("features up to {features}, as max_feature_idx says"), format!("{} names", report.names));
        let fact = Fact::anomaly("size-mismatch").text("detail", "lightgbm-features").text("expected", &expected).text("found", &found);
        input.emit(&fact.at(0, size))?;
    }
    if report.texts > limits::TEXTS {
        let found = format!("{} more", report.texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
        return Err(Failure::Unsupported);
    }
    if !ended && report.trees > 0 && report.sizes > 0 {
        // Old versions have no such mark, nor sizes.
        input.emit(&Fact::anomaly("truncated").text("expected", "end of trees").at(size, 0))?;
        return Err(Failure::Malformed);
    }
    if report.trees == 0 {
        input.emit(&Fact::anomaly("invalid").text("expected", "a tree").text("found", "none").at(size, 0))?;
        return Err(Failure::Malformed);
    }
    if strange > 0 {
        let found = format!("{strange} lines");
        input.emit(&Fact::anomaly("invalid").text("expected", "key=value").text("found", &found).at(0, size))?;
    }
    Ok(())
}
