//! For people.

use super::{EachRow, Seen};
use crate::report::{Reporter, Shown, console};
use crate::terminal::{BOLD, DIM, GREEN, Look, RED, YELLOW};
use crate::text::{cut, escape, width, wrap};
use crate::units;
use anstyle::Style;
use std::collections::BTreeMap;
use std::io::{self, Write};
use weighbridge_core::fact::{Fact, InputId, InputInfo, Row, Value};
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::Standing;

/// Inputs, names and facts of one kind that are shown unless all are asked for.
const SHOWN: usize = 100;
/// Characters of one value.
const VALUE: usize = 240;

/// Prints sections: verdict and findings, contents, the facts of each part, listings.
pub fn print(out: &mut dyn Write, look: Look, shown: Shown, listing: &str, seen: &Seen, rows: &mut EachRow<'_>) -> io::Result<()> {
    let limit = if shown.verbose { usize::MAX } else { SHOWN };
    console::Console::new(look, Shown { verbose: true, ..shown }).file(out, &seen.report)?;
    let page = Page { look, limit, seen };
    page.contents(out)?;
    page.facts(out)?;
    let mut at: Option<(String, InputId)> = None;
    rows(&mut |inputs, row| {
        let other = matches!(row.listing.as_str(), "disassembly" | "decompiled") && row.listing != listing;
        if other {
            return Ok(());
        }
        if at.as_ref().is_none_or(|(listing, input)| (listing, *input) != (&row.listing, row.place.input)) {
            let name = chain(inputs, row.place.input, &seen.report.path);
            page.title(out, &row.listing.to_uppercase(), &name)?;
            at = Some((row.listing.clone(), row.place.input));
        }
        page.row(out, row)
    })
}

struct Page<'a> {
    look: Look,
    limit: usize,
    seen: &'a Seen,
}

impl Page<'_> {
    fn title(&self, out: &mut dyn Write, title: &str, about: &str) -> io::Result<()> {
        let about = if about.is_empty() { String::new() } else { format!("  {about}") };
        writeln!(out, "\n{}{}", self.look.paint(BOLD, &escape(title)), self.look.paint(DIM, &about))
    }

    fn more(&self, out: &mut dyn Write, all: usize) -> io::Result<()> {
        if all > self.limit {
            writeln!(out, "  {}", self.look.paint(DIM, &format!("and {} more (--verbose shows all)", all - self.limit)))
        } else {
            Ok(())
        }
    }

    fn contents(&self, out: &mut dyn Write) -> io::Result<()> {
        let inputs = &self.seen.facts.inputs;
        if inputs.len() < 2 {
            return Ok(());
        }
        self.title(out, "CONTENTS", &units::count(inputs.len() as u64 - 1, "part", "parts"))?;
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); inputs.len()];
        for input in inputs {
            if let Some(list) = input.parent.and_then(|parent| children.get_mut(parent.0 as usize)) {
                list.push(input.id.0);
            }
        }
        let mut stack = vec![(0_u32, 0_usize)];
        let mut lines = 0;
        while let Some((id, depth)) = stack.pop() {
            let Some(input) = inputs.get(id as usize) else { continue };
            if lines == self.limit {
                break;
            }
            lines += 1;
            let (name, about) = describe(input, &self.seen.report.path);
            writeln!(out, "  {:indent$}{name}  {}", "", self.look.paint(DIM, &about), indent = depth * 2)?;
            stack.extend(children[id as usize].iter().rev().map(|child| (*child, depth + 1)));
        }
        self.more(out, inputs.len())
    }

    /// Facts, of each part by themselves.
    fn facts(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut parts: BTreeMap<InputId, Vec<&Fact>> = BTreeMap::new();
        for fact in &self.seen.facts.facts {
            parts.entry(fact.place().map_or(InputId(0), |place| place.input)).or_default().push(fact);
        }
        for (input, facts) in parts.iter().take(self.limit) {
            self.title(out, &chain(&self.seen.facts, *input, &self.seen.report.path), "")?;
            let mut kinds: Vec<&str> = vec!["global", "call"];
            for fact in facts {
                if !kinds.contains(&fact.kind.as_str()) {
                    kinds.push(&fact.kind);
                }
            }
            for kind in kinds {
                let facts: Vec<&Fact> = facts.iter().copied().filter(|fact| fact.kind == kind).collect();
                match kind {
                    _ if facts.is_empty() => {}
                    "global" => self.names(out, "imports", &facts)?,
                    "call" => self.names(out, "calls", &facts)?,
                    kind => self.others(out, kind, &facts)?,
                }
            }
        }
        self.more(out, parts.len())
    }

    fn names(&self, out: &mut dyn Write, title: &str, facts: &[&Fact]) -> io::Result<()> {
        let mut facts: Vec<(Standing, &Fact)> = facts.iter().map(|fact| (self.seen.standing(fact), *fact)).collect();
        facts.sort_by_key(|(standing, _)| *standing);
        let counts: Vec<String> = [Standing::Dangerous, Standing::Unknown, Standing::Allowed]
            .into_iter()
            .map(|standing| (facts.iter().filter(|(s, _)| *s == standing).count(), standing))
            .filter(|(number, _)| *number > 0)
            .map(|(number, standing)| self.look.paint(style(standing), &format!("{} {}", units::grouped(number as u64), standing.name())))
            .collect();
        writeln!(out, "  {title}: {}", counts.join(", "))?;
        for (standing, fact) in facts.iter().take(self.limit) {
            let name = match fact.text("text") {
                Some(text) => cut(&escape(text), VALUE).into_owned(),
                None => format!("{}.{}", escape(fact.text("module").unwrap_or("?")), escape(fact.text("name").unwrap_or("?"))),
            };
            let opcode = fact.text("opcode").map(|opcode| format!("{} ", escape(opcode))).unwrap_or_default();
            let word = format!("{:9}", standing.name());
            self.line(out, &word, style(*standing), &name, &format!("{opcode}{}", at(fact)))?;
        }
        self.more(out, facts.len())
    }

    fn others(&self, out: &mut dyn Write, kind: &str, facts: &[&Fact]) -> io::Result<()> {
        writeln!(out, "  {}: {}", escape(kind), units::grouped(facts.len() as u64))?;
        for fact in facts.iter().take(self.limit) {
            let text = if kind == "member" { member(fact) } else { fields(fact, &[]) };
            self.line(out, "", DIM, &text, &at(fact))?;
        }
        self.more(out, facts.len())
    }

    /// A word, text beside it, and where that is: at the end of the last line, or on the next.
    fn line(&self, out: &mut dyn Write, word: &str, style: Style, text: &str, place: &str) -> io::Result<()> {
        let begin = if word.is_empty() { 4 } else { 5 + width(word) };
        let columns = self.look.width.saturating_sub(begin);
        let lines = wrap(text, columns);
        for (number, line) in lines.iter().enumerate() {
            match (number, word) {
                (0, "") => write!(out, "    {line}")?,
                (0, word) => write!(out, "    {} {line}", self.look.paint(style, word))?,
                _ => write!(out, "{:begin$}{line}", "")?,
            }
            if number + 1 == lines.len() && width(line) + 2 + width(place) <= columns {
                return writeln!(out, "  {}", self.look.paint(DIM, place));
            }
            writeln!(out)?;
        }
        writeln!(out, "{:begin$}{}", "", self.look.paint(DIM, place))
    }

    fn row(&self, out: &mut dyn Write, row: &Row) -> io::Result<()> {
        let offset = self.look.paint(DIM, &format!("{:#010x}", row.place.offset));
        let mut text = String::new();
        for (number, cell) in row.cells.iter().enumerate() {
            // The first cell of several is a column of its own.
            let narrow = number == 0 && row.cells.len() > 1;
            let cell = escape(cell);
            text.push_str(&if narrow { format!("{cell:18} ") } else { format!("{cell}  ") });
        }
        let indent = usize::try_from(row.depth).unwrap_or(0).min(20) * 2;
        writeln!(out, "{}", format!("{offset}  {:indent$}{text}", "").trim_end())
    }
}

fn style(standing: Standing) -> Style {
    match standing {
        Standing::Dangerous => RED,
        Standing::Unknown => YELLOW,
        Standing::Allowed => GREEN,
    }
}

/// Where a fact is in its part, and how often.
fn at(fact: &Fact) -> String {
    let place = fact.place().map(|place| format!("at {:#x} ({})", place.offset, place.offset)).unwrap_or_default();
    let times = if fact.count > 1 { format!(", {} times", units::grouped(fact.count)) } else { String::new() };
    format!("{place}{times}")
}

fn fields(fact: &Fact, without: &[&str]) -> String {
    let fields = fact.fields.iter().filter(|(name, _)| !without.contains(&name.as_str()));
    fields.map(|(name, value)| format!("{}={}", escape(name), plain(value))).collect::<Vec<_>>().join("  ")
}

/// The entry of a container as a list of files has it.
fn member(fact: &Fact) -> String {
    let number = |name| fact.field(name).and_then(Value::as_u64);
    let mut text = escape(fact.text("name").unwrap_or("?")).into_owned();
    text.extend(number("size").map(|size| format!("  {}", units::size(size))));
    if let (Some(method), Some(packed)) = (fact.text("method").filter(|method| *method != "stored"), number("packed")) {
        text.push_str(&format!("  {} in {}", escape(method), units::size(packed)));
    }
    let mut without = vec!["name", "size", "packed", "method", "index", "stem", "extension"];
    if fact.text("type") == Some("file") {
        without.push("type");
    }
    let rest = fields(fact, &without);
    if rest.is_empty() { text } else { format!("{text}  {rest}") }
}

fn describe(input: &InputInfo, path: &str) -> (String, String) {
    let name = if input.parent.is_none() { path.rsplit('/').next().unwrap_or(path) } else { &input.name };
    let name = if name.is_empty() { format!("[{}]", input.index) } else { escape(name).into_owned() };
    let mut about = vec![if input.formats.is_empty() { "unknown format".to_owned() } else { escape(&input.formats.join("+")).into_owned() }];
    about.push(units::size(input.size));
    about.extend(input.file_offset.filter(|_| input.parent.is_some()).map(|at| format!("at {at:#x}")));
    if !input.encoding.is_empty() {
        about.push(escape(&input.encoding).into_owned());
    }
    (name, about.join(", "))
}

fn chain(inputs: &FileFacts, input: InputId, path: &str) -> String {
    let base = path.rsplit('/').next().unwrap_or(path);
    let names: Vec<_> = std::iter::once(base).chain(inputs.chain(input).iter().skip(1).map(|input| input.name.as_str())).map(escape).collect();
    names.join("!")
}

fn plain(value: &Value) -> String {
    match value {
        Value::U64(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        Value::Bytes(bytes, full) => {
            let text: String = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            if *full > 32 { format!("{text}… ({full} bytes)") } else { text }
        }
        Value::Text(text, _) => cut(&escape(text), VALUE).into_owned(),
        Value::List(items, full) => {
            let shown: Vec<String> = items.iter().take(8).map(plain).collect();
            if *full > 8 { format!("[{}, … {full} in all]", shown.join(", ")) } else { format!("[{}]", shown.join(", ")) }
        }
    }
}
