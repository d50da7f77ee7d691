//! Listings on a terminal, as their rows come: tables whose columns are as wide as their cells, code in colours, opcodes beside the statements
//! that they amount to.

use super::console::Asked;
use super::found::Found;
use super::{Listed, Seen, highlight};
use crate::report::console::severity;
use crate::terminal::{BOLD, DIM, Look};
use crate::text::{escape, width, wrap};
use crate::units;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use weighbridge_core::fact::{Column, ColumnKind, InputId, Place, Row};

/// Rows that are waited for before the widths of columns are settled: what comes later is cut to them.
const WAITED_FOR: usize = 200;
/// From this width on opcodes stand beside statements.
const WIDE: usize = 100;
/// What stands before the first cell: the offset, and the mark.
const GUTTER: usize = 15;
/// Columns between cells.
const BETWEEN: usize = 2;
/// The least width of a column that has to give way.
const LEAST: usize = 8;
/// Lines of one row's last cell; what goes beyond is counted.
const LINES: usize = 8;
/// Characters of one cell that are looked at: more would not be shown.
const CELL: usize = 8_000;
/// Findings named at one row.
const NAMED: usize = 3;

/// Prints listings.
pub struct Printer<'a> {
    asked: Asked,
    found: &'a Found,
    seen: &'a Seen,
    /// Of the listings of one input.
    columns: BTreeMap<String, Vec<Column>>,
    of: Option<InputId>,
    block: Option<Block>,
    /// Rows that were shown, of the listings of the input.
    shown: BTreeMap<String, u64>,
    /// The byte that was asked for.
    at: Option<Place>,
}

/// Rows that stand under one title.
struct Block {
    input: InputId,
    listing: String,
    columns: Vec<Column>,
    /// Rows whose widths are not settled.
    waiting: Vec<Row>,
    widths: Option<Vec<usize>>,
    /// An opcode whose statement may follow.
    opcode: Option<Row>,
    /// Findings whose titles were shown.
    named: BTreeSet<usize>,
    /// The bytes of the row before: rows of the same bytes are marked once.
    before: Option<Place>,
}

impl<'a> Printer<'a> {
    /// For what was seen; a row that holds `at` is pointed at.
    pub fn new(asked: Asked, seen: &'a Seen, at: Option<Place>) -> Self {
        Printer { asked, found: &seen.found, seen, columns: BTreeMap::new(), of: None, block: None, shown: BTreeMap::new(), at }
    }

    /// Takes what comes next.
    pub fn take(&mut self, out: &mut dyn Write, listed: Listed) -> io::Result<()> {
        match listed {
            Listed::Columns(input, listing, columns) => {
                self.enter(out, input)?;
                self.columns.insert(listing, columns);
                Ok(())
            }
            Listed::Row(row) => {
                self.enter(out, row.place.input)?;
                self.row(out, row)
            }
            Listed::End(input, listing, rows) => self.end(out, input, &listing, rows),
        }
    }

    /// Prints what is still waited for.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.block.take() {
            Some(mut block) => self.settle(out, &mut block),
            None => Ok(()),
        }
    }

    fn enter(&mut self, out: &mut dyn Write, input: InputId) -> io::Result<()> {
        if self.of != Some(input) {
            self.finish(out)?;
            self.columns.clear();
            self.shown.clear();
            self.of = Some(input);
        }
        Ok(())
    }

    /// Whether opcodes are shown, beside statements.
    fn opcodes(&self) -> bool {
        self.asked.opcodes || self.asked.look.width >= WIDE
    }

    fn row(&mut self, out: &mut dyn Write, row: Row) -> io::Result<()> {
        let code = matches!(row.listing.as_str(), "disassembly" | "decompiled");
        // A disassembly that has no statements beside it is all that there is.
        let beside = code && self.columns.contains_key("decompiled") && self.columns.contains_key("disassembly");
        if beside && row.listing == "disassembly" && !self.opcodes() {
            return Ok(());
        }
        *self.shown.entry(row.listing.clone()).or_default() += 1;
        let title = if beside { "decompiled" } else { row.listing.as_str() };
        if self.block.as_ref().is_none_or(|block| block.listing != title || block.input != row.place.input) {
            self.finish(out)?;
            let columns = self.columns.get(title).cloned().unwrap_or_default();
            writeln!(out, "  {}", self.asked.look.paint(BOLD, &escape(title)))?;
            self.block = Some(Block {
                input: row.place.input,
                listing: title.to_owned(),
                columns,
                waiting: Vec::new(),
                widths: None,
                opcode: None,
                named: BTreeSet::new(),
                before: None,
            });
        }
        let Some(mut block) = self.block.take() else { return Ok(()) };
        let done = if beside && self.opcodes() {
            self.beside(out, &mut block, row)
        } else if block.widths.is_some() {
            self.print(out, &mut block, &row)
        } else {
            block.waiting.push(row);
            if block.waiting.len() >= WAITED_FOR { self.settle(out, &mut block) } else { Ok(()) }
        };
        self.block = Some(block);
        done
    }

    fn end(&mut self, out: &mut dyn Write, input: InputId, listing: &str, rows: u64) -> io::Result<()> {
        if self.of != Some(input) || self.at.is_some() {
            return Ok(());
        }
        let shown = self.shown.get(listing).copied().unwrap_or(0);
        let rest = rows.saturating_sub(shown);
        if shown == 0 || rest == 0 {
            return Ok(());
        }
        // What opcodes and statements are goes without saying beside each other; another listing may have come between.
        let last = self.block.as_ref().is_some_and(|block| block.listing == listing || block.listing == "decompiled");
        self.finish(out)?;
        let what = match listing {
            "disassembly" => units::count(rest, "more opcode", "more opcodes"),
            "decompiled" => units::count(rest, "more statement", "more statements"),
            _ if last => units::count(rest, "more row", "more rows"),
            _ => format!("{} of {}", units::count(rest, "more row", "more rows"), escape(listing)),
        };
        let text = format!("… {what} (--all shows them)");
        writeln!(out, "{:GUTTER$}{}", "", self.asked.look.paint(DIM, &text))
    }

    /// Settles the widths of columns, and prints what was waited for.
    fn settle(&self, out: &mut dyn Write, block: &mut Block) -> io::Result<()> {
        if let Some(opcode) = block.opcode.take() {
            self.pair(out, block, Some(&opcode), None)?;
        }
        if block.widths.is_some() || block.waiting.is_empty() {
            return Ok(());
        }
        let count = block.waiting.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let heading: Vec<&str> = (0..count).map(|at| block.columns.get(at).map_or("", |column| column.name.as_str())).collect();
        let mut widths: Vec<usize> = heading.iter().map(|name| width(&escape(name))).collect();
        for row in &block.waiting {
            for (at, cell) in row.cells.iter().enumerate() {
                widths[at] = widths[at].max(width(&self.cell(block, row, at, cell)));
            }
        }
        fit(&mut widths, self.asked.look.width.saturating_sub(GUTTER));
        // One column says by itself what it is.
        if count > 1 && !block.columns.is_empty() {
            let cells: Vec<String> = heading.iter().map(|name| escape(name).into_owned()).collect();
            let text = (0..count).map(|at| aligned(&cells[at], widths[at], block.columns.get(at), at + 1 == count)).collect::<String>();
            writeln!(out, "{:GUTTER$}{}", "", self.asked.look.paint(DIM, text.trim_end()))?;
        }
        block.widths = Some(widths);
        for row in std::mem::take(&mut block.waiting) {
            self.print(out, block, &row)?;
        }
        Ok(())
    }

    /// A cell as it is shown.
    fn cell<'c>(&self, block: &Block, row: &Row, at: usize, cell: &'c str) -> Cow<'c, str> {
        let number = cell.parse::<u64>();
        let text: Cow<'c, str> = match (block.columns.get(at).map(|column| column.kind), number) {
            (Some(ColumnKind::Number), Ok(number)) => units::grouped(number).into(),
            (Some(ColumnKind::Size), Ok(number)) => units::size(number).into(),
            (Some(ColumnKind::Offset), Ok(number)) => format!("{number:#x}").into(),
            // A tab is indentation, and no escape that would have to be shown.
            (Some(ColumnKind::Python | ColumnKind::Jinja), _) if cell.contains('\t') => escape(&cell.replace('\t', "    ")).into_owned().into(),
            _ => escape(cell.char_indices().nth(CELL).map_or(cell, |(end, _)| &cell[..end])),
        };
        let indent = if at == 0 { usize::try_from(row.depth).unwrap_or(0).min(20) * 2 } else { 0 };
        if indent > 0 { format!("{:indent$}{text}", "").into() } else { text }
    }

    fn print(&self, out: &mut dyn Write, block: &mut Block, row: &Row) -> io::Result<()> {
        let widths = block.widths.clone().unwrap_or_default();
        let look = self.asked.look;
        let again = block.before.replace(row.place) == Some(row.place);
        let mut begin = self.gutter(row.place, again);
        let last = row.cells.len().saturating_sub(1);
        let mut before = GUTTER;
        for (at, cell) in row.cells.iter().enumerate() {
            let wide = widths.get(at).copied().unwrap_or(LEAST);
            let text = self.cell(block, row, at, cell);
            let kind = block.columns.get(at).map_or(ColumnKind::Text, |column| column.kind);
            let text = if at == last { text } else { cut(&text, wide).into() };
            if at < last {
                begin.push_str(&highlight::line(look, kind, &aligned(&text, wide, block.columns.get(at), false)));
                before += wide + BETWEEN;
                continue;
            }
            let room = look.width.saturating_sub(before).max(20);
            let lines = if matches!(kind, ColumnKind::Python | ColumnKind::Jinja) { chunks(&text, room) } else { folded(&text, room) };
            for (number, line) in lines.iter().take(LINES).enumerate() {
                let line = if number == 0 { right(line, wide, kind) } else { Cow::Borrowed(line.as_str()) };
                let line = highlight::line(look, kind, &line);
                let text = if number == 0 { format!("{begin}{line}") } else { format!("{:before$}{line}", "") };
                writeln!(out, "{}", text.trim_end())?;
            }
            if lines.len() > LINES {
                let more = units::count((lines.len() - LINES) as u64, "more line", "more lines");
                writeln!(out, "{:before$}{}", "", look.paint(DIM, &format!("… {more} of it")))?;
            } else if lines.is_empty() {
                writeln!(out, "{}", begin.trim_end())?;
            }
        }
        if row.cells.is_empty() {
            writeln!(out, "{}", begin.trim_end())?;
        }
        self.findings(out, block, row)
    }

    /// An opcode, and then what it amounts to.
    fn beside(&self, out: &mut dyn Write, block: &mut Block, row: Row) -> io::Result<()> {
        if row.listing == "disassembly" {
            let before = block.opcode.replace(row);
            return before.map_or(Ok(()), |opcode| self.pair(out, block, Some(&opcode), None));
        }
        let opcode = block.opcode.take();
        match opcode {
            // A statement stands at the opcode that makes it, or says something of bytes that are none.
            Some(opcode) if opcode.place.touches(row.place) => self.pair(out, block, Some(&opcode), Some(&row)),
            opcode => {
                if let Some(opcode) = &opcode {
                    self.pair(out, block, Some(opcode), None)?;
                }
                self.pair(out, block, None, Some(&row))
            }
        }
    }

    fn pair(&self, out: &mut dyn Write, block: &mut Block, opcode: Option<&Row>, statement: Option<&Row>) -> io::Result<()> {
        let Some(place) = opcode.or(statement).map(|row| row.place) else { return Ok(()) };
        let look = self.asked.look;
        let room = look.width.saturating_sub(GUTTER);
        let left = (room * 2 / 5).clamp(20, 44);
        let right = room.saturating_sub(left + BETWEEN).max(20);
        let text = opcode.map(|row| row.cells.join(" ")).unwrap_or_default();
        let text = cut(&escape(text.char_indices().nth(CELL).map_or(text.as_str(), |(end, _)| &text[..end])), left);
        let lines = statement.map(|row| chunks(&escape(row.cells.first().map_or("", String::as_str)), right)).unwrap_or_default();
        let gap = left.saturating_sub(width(&text)) + BETWEEN;
        let first = lines.first().map(|line| format!("{:gap$}{}", "", highlight::line(look, ColumnKind::Python, line))).unwrap_or_default();
        let text = look.paint(DIM, &text);
        writeln!(out, "{}", format!("{}{text}{first}", self.gutter(place, false)).trim_end())?;
        let before = GUTTER + left + BETWEEN;
        for line in lines.iter().skip(1).take(LINES) {
            writeln!(out, "{:before$}{}", "", highlight::line(look, ColumnKind::Python, line))?;
        }
        let row = statement.or(opcode);
        row.map_or(Ok(()), |row| self.findings(out, block, row))
    }

    fn gutter(&self, place: Place, again: bool) -> String {
        let look = self.asked.look;
        let offset = look.paint(DIM, &format!("{:#010x}", place.offset));
        let begin = if self.at.is_some_and(|at| at.touches(place)) { look.paint(BOLD, "> ") } else { "  ".into() };
        let mark = match self.found.within(place).first() {
            Some(mark) if !again => look.paint(severity(mark.severity).1, "!"),
            _ => " ".into(),
        };
        format!("{begin}{offset} {mark} ")
    }

    /// What was found in a row, each finding once in a listing.
    fn findings(&self, out: &mut dyn Write, block: &mut Block, row: &Row) -> io::Result<()> {
        let marks = self.found.within(row.place);
        let new: Vec<_> = marks.into_iter().filter(|mark| block.named.insert(mark.finding)).collect();
        for mark in new.iter().take(NAMED) {
            let Some(finding) = self.seen.report.findings.get(mark.finding) else { continue };
            let (word, style) = severity(finding.severity);
            let room = self.asked.look.width.saturating_sub(GUTTER);
            let text = cut(&format!("^ {word}: {}", escape(&finding.title)), room);
            writeln!(out, "{:GUTTER$}{}", "", self.asked.look.paint(style, &text))?;
        }
        if new.len() > NAMED {
            let more = units::count((new.len() - NAMED) as u64, "more finding", "more findings");
            writeln!(out, "{:GUTTER$}{}", "", self.asked.look.paint(DIM, &format!("^ and {more}")))?;
        }
        Ok(())
    }
}

/// Makes columns narrower, the widest first, until they fit. The last one may take more lines than one: it keeps what is left.
fn fit(widths: &mut [usize], room: usize) {
    let Some((last, others)) = widths.split_last_mut() else { return };
    let wanted = (*last).min(LEAST.max(room / 3));
    loop {
        let taken: usize = others.iter().map(|wide| wide + BETWEEN).sum();
        let widest = others.iter_mut().max().filter(|wide| **wide > LEAST);
        match widest {
            Some(wide) if taken + wanted > room => *wide -= 1,
            _ => break,
        }
    }
    let taken: usize = others.iter().map(|wide| wide + BETWEEN).sum();
    *last = (*last).min(room.saturating_sub(taken).max(LEAST));
}

fn is_number(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Number | ColumnKind::Size | ColumnKind::Offset)
}

/// A cell in its column: numbers stand at the right.
fn aligned(text: &str, wide: usize, column: Option<&Column>, last: bool) -> String {
    let rest = wide.saturating_sub(width(text));
    match column {
        Some(column) if is_number(column.kind) => format!("{:rest$}{text}{:2$}", "", "", if last { 0 } else { BETWEEN }),
        _ if last => text.to_owned(),
        _ => format!("{text}{:1$}", "", rest + BETWEEN),
    }
}

fn right(line: &str, wide: usize, kind: ColumnKind) -> Cow<'_, str> {
    let rest = wide.saturating_sub(width(line));
    if is_number(kind) && rest > 0 { format!("{:rest$}{line}", "").into() } else { Cow::Borrowed(line) }
}

/// Text of at most so many columns.
fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > columns {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// Lines of prose. Where all fits in one it is left as it is: spaces may mean something.
fn folded(text: &str, room: usize) -> Vec<String> {
    if width(text) <= room { vec![text.to_owned()] } else { wrap(text, room) }
}

/// Lines of program text, broken where they are full.
fn chunks(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > room {
            lines.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

/// How text looks, for what is not a listing.
pub fn heading(look: Look, text: &str) -> String {
    look.paint(BOLD, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_from_the_widest_on() {
        let mut widths = [10, 90, 30];
        fit(&mut widths, 80);
        assert!(widths.iter().sum::<usize>() + 2 * BETWEEN <= 80, "{widths:?}");
        assert_eq!(widths[0], 10);
        let mut narrow = [40, 40, 40, 40, 40];
        fit(&mut narrow, 20);
        assert_eq!(narrow, [LEAST; 5]);
    }

    #[test]
    fn cells_are_cut_to_columns_of_a_terminal() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(chunks("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(chunks("", 4), [""]);
    }
}
