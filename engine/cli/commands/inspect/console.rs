//! For people.

use super::listing::{Printer, heading};
use super::parts::title;
use super::{EachRow, Listed, Seen};
use crate::report::{Reporter, Shown, console};
use crate::terminal::{BOLD, DIM, GREEN, Look, RED, YELLOW};
use crate::text::{cut, escape, width, wrap};
use crate::units;
use anstyle::Style;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use weighbridge_core::fact::{Fact, InputId, InputInfo, Value};
use weighbridge_core::report::Standing;

/// Inputs, names and facts of one kind that are shown unless all are asked for.
const SHOWN: usize = 100;
/// Characters of one value.
const VALUE: usize = 240;

/// How things are to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Width and colours.
    pub look: Look,
    /// Which findings.
    pub shown: Shown,
    /// Everything, whatever its number.
    pub all: bool,
    /// Opcodes, on a narrow terminal too.
    pub opcodes: bool,
}

/// Facts that a listing tells in its own words where it has the name that stands beside.
const TOLD: [(&str, &str); 5] = [("member", "members"), ("metadata", "metadata"), ("operator", "operators"), ("layer", "layers"), ("text", "source")];

/// Listings that show code.
const CODE: [&str; 4] = ["disassembly", "decompiled", "source", "template"];

/// Prints verdict and findings, contents, and then part by part names, facts and listings.
pub fn print(out: &mut dyn Write, asked: Asked, seen: &Seen, rows: &mut EachRow<'_>) -> io::Result<()> {
    let limit = if asked.all { usize::MAX } else { SHOWN };
    console::Console::new(asked.look, Shown { verbose: true, ..asked.shown }).file(out, &seen.report)?;
    let page = Page { look: asked.look, limit, seen };
    page.contents(out)?;
    let mut parts = InParts { page, facts: by_part(seen), next: 0, open: None, listed: BTreeSet::new(), shown: 0, left_out: 0 };
    let mut printer = Printer::new(asked, seen, None);
    rows(&mut |listed| {
        let (input, listing) = match &listed {
            Listed::Columns(input, listing, _) | Listed::End(input, listing, _) => (*input, listing.clone()),
            Listed::Row(row) => (row.place.input, row.listing.clone()),
        };
        if !seen.parts.has(input) {
            return Ok(());
        }
        if parts.open != Some(input) {
            printer.finish(out)?;
            parts.enter(out, input, &listing)?;
        }
        if parts.shown > limit {
            return Ok(());
        }
        parts.listed.insert(listing);
        printer.take(out, listed)
    })?;
    printer.finish(out)?;
    parts.finish(out)
}

fn by_part(seen: &Seen) -> BTreeMap<InputId, Vec<&Fact>> {
    let mut parts: BTreeMap<InputId, Vec<&Fact>> = BTreeMap::new();
    for fact in &seen.facts.facts {
        let input = fact.place().map_or(InputId(0), |place| place.input);
        if seen.parts.has(input) {
            parts.entry(input).or_default().push(fact);
        }
    }
    parts
}

/// Parts in their order, each with its facts around its listings.
struct InParts<'a> {
    page: Page<'a>,
    facts: BTreeMap<InputId, Vec<&'a Fact>>,
    /// The first part that was not begun.
    next: u32,
    open: Option<InputId>,
    /// Listings of the part that is open.
    listed: BTreeSet<String>,
    /// Parts that were shown.
    shown: usize,
    left_out: usize,
}

impl InParts<'_> {
    /// Ends the part that is open, and begins those up to this one, of which a listing follows.
    fn enter(&mut self, out: &mut dyn Write, input: InputId, listing: &str) -> io::Result<()> {
        self.leave(out)?;
        while self.next < input.0 {
            let before = InputId(self.next);
            self.next += 1;
            if self.facts.contains_key(&before) {
                self.begin(out, before, "")?;
                self.leave(out)?;
            }
        }
        if self.next == input.0 {
            self.next += 1;
        }
        self.begin(out, input, listing)
    }

    fn begin(&mut self, out: &mut dyn Write, input: InputId, listing: &str) -> io::Result<()> {
        self.open = Some(input);
        self.shown += 1;
        if self.shown > self.page.limit {
            self.left_out += 1;
            return Ok(());
        }
        writeln!(out, "\n{}", heading(self.page.look, &title(&self.page.seen.facts, input, &self.page.seen.report.path)))?;
        let told = |kind: &str| TOLD.iter().any(|(fact, _)| *fact == kind);
        // The text of code is listed line by line.
        let without: &[&str] = if CODE.contains(&listing) { &["text"] } else { &[] };
        match self.facts.get(&input) {
            Some(facts) => self.page.facts(out, facts, &|kind| !told(kind), without),
            None => Ok(()),
        }
    }

    /// What no listing told.
    fn leave(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(input) = self.open.take() else { return Ok(()) };
        let listed = std::mem::take(&mut self.listed);
        if self.shown > self.page.limit {
            return Ok(());
        }
        let rest = |kind: &str| TOLD.iter().any(|(fact, listing)| *fact == kind && !listed.contains(*listing));
        // A part may be read as several formats, and come again: its facts do not.
        match self.facts.remove(&input) {
            Some(facts) => self.page.facts(out, &facts, &rest, &[]),
            None => Ok(()),
        }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.leave(out)?;
        let rest: Vec<InputId> = self.facts.keys().copied().filter(|input| input.0 >= self.next).collect();
        for input in rest {
            self.begin(out, input, "")?;
            self.leave(out)?;
        }
        match self.left_out {
            0 => Ok(()),
            parts => {
                let text = format!("and {} (--all shows them)", units::count(parts as u64, "more part", "more parts"));
                writeln!(out, "\n{}", self.page.look.paint(DIM, &text))
            }
        }
    }
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
            writeln!(out, "  {}", self.look.paint(DIM, &format!("and {} more (--all shows them)", all - self.limit)))
        } else {
            Ok(())
        }
    }

    fn contents(&self, out: &mut dyn Write) -> io::Result<()> {
        let inputs = &self.seen.facts.inputs;
        if inputs.len() < 2 || !self.seen.parts.all() {
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

    /// Facts of one part, of the kinds that are wanted.
    fn facts(&self, out: &mut dyn Write, facts: &[&Fact], wanted: &dyn Fn(&str) -> bool, without: &[&str]) -> io::Result<()> {
        let mut kinds: Vec<&str> = vec!["global", "call"];
        for fact in facts {
            if !kinds.contains(&fact.kind.as_str()) {
                kinds.push(&fact.kind);
            }
        }
        for kind in kinds.into_iter().filter(|kind| wanted(kind)) {
            let facts: Vec<&Fact> = facts.iter().copied().filter(|fact| fact.kind == kind).collect();
            match kind {
                _ if facts.is_empty() => {}
                "global" => self.names(out, "imports", &facts)?,
                "call" => self.names(out, "calls", &facts)?,
                "member" => self.members(out, &facts)?,
                kind => self.others(out, kind, &facts, without)?,
            }
        }
        Ok(())
    }

    /// The entries of a container, as a table.
    fn members(&self, out: &mut dyn Write, facts: &[&Fact]) -> io::Result<()> {
        writeln!(out, "  members: {}", units::grouped(facts.len() as u64))?;
        let limited = facts.len().min(self.limit);
        let rows: Vec<Vec<String>> = facts[..limited].iter().map(|fact| member(fact)).collect();
        let heading = ["", "at", "size", "packed", "method", "name"];
        let kept: Vec<usize> = (0..heading.len()).filter(|at| *at == 0 || rows.iter().any(|row| !row[*at].is_empty())).collect();
        let pick = |row: &[String]| kept.iter().map(|at| row[*at].clone()).collect::<Vec<String>>();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| pick(row)).collect();
        let heading: Vec<&str> = kept.iter().map(|at| heading[*at]).collect();
        crate::table::print(out, self.look, &heading, &rows)?;
        self.more(out, facts.len())
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

    fn others(&self, out: &mut dyn Write, kind: &str, facts: &[&Fact], without: &[&str]) -> io::Result<()> {
        writeln!(out, "  {}: {}", escape(kind), units::grouped(facts.len() as u64))?;
        for fact in facts.iter().take(self.limit) {
            self.line(out, "", DIM, &fields(fact, without), &at(fact))?;
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
}

fn style(standing: Standing) -> Style {
    match standing {
        Standing::Dangerous => RED,
        Standing::Unknown => YELLOW,
        Standing::Allowed => GREEN,
    }
}

/// Where a fact is in its part, and how often.
pub fn at(fact: &Fact) -> String {
    let place = fact.place().map(|place| format!("at {:#x} ({})", place.offset, place.offset)).unwrap_or_default();
    let times = if fact.count > 1 { format!(", {} times", units::grouped(fact.count)) } else { String::new() };
    format!("{place}{times}")
}

/// The fields of a fact.
pub fn fields(fact: &Fact, without: &[&str]) -> String {
    let fields = fact.fields.iter().filter(|(name, _)| !without.contains(&name.as_str()));
    fields.map(|(name, value)| format!("{}={}", escape(name), plain(value))).collect::<Vec<_>>().join("  ")
}

/// The entry of a container as a list of files has it; the table escapes what it says.
fn member(fact: &Fact) -> Vec<String> {
    let size = |name| fact.field(name).and_then(Value::as_u64).map(units::size).unwrap_or_default();
    let text = |name| fact.text(name).unwrap_or_default().to_owned();
    let mut name = text("name");
    if let Some(target) = fact.text("target") {
        name.push_str(&format!(" -> {target}"));
    }
    if let Some(kind) = fact.text("type").filter(|kind| *kind != "file") {
        name.push_str(&format!("  ({kind})"));
    }
    if let Some(Value::List(flags, _)) = fact.field("flags") {
        let flags: Vec<&str> = flags.iter().filter_map(Value::as_text).collect();
        name.push_str(&format!("  [{}]", flags.join(", ")));
    }
    let at = fact.place().map(|place| format!("{:#x}", place.offset)).unwrap_or_default();
    let packed = if fact.text("method") == Some("stored") { String::new() } else { size("packed") };
    vec!["  ".into(), at, size("size"), packed, text("method"), name]
}

fn describe(input: &InputInfo, path: &str) -> (String, String) {
    let name = if input.parent.is_none() { path.rsplit('/').next().unwrap_or(path) } else { &input.name };
    let name = if name.is_empty() { format!("[{}]", input.index) } else { cut(&escape(name), VALUE).into_owned() };
    let mut about = vec![if input.formats.is_empty() { "unknown format".to_owned() } else { escape(&input.formats.join("+")).into_owned() }];
    about.push(units::size(input.size));
    about.extend(input.file_offset.filter(|_| input.parent.is_some()).map(|at| format!("at {at:#x}")));
    if !input.encoding.is_empty() {
        about.push(escape(&input.encoding).into_owned());
    }
    (name, about.join(", "))
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
