//! The lines of a file's decompiled code around what was found in it, for reports that people read.

use crate::assemble::finding_place;
use crate::fact::{InputId, Row};
use crate::record::{FileFacts, Record, Sink};
use crate::report::{CodeLine, Excerpt, Finding, Severity};
use crate::scan::CODE;
use std::collections::{BTreeMap, VecDeque};

/// Lines before the one that was found.
const BEFORE: usize = 4;
/// Lines after it.
const AFTER: usize = 3;
/// Findings of one file that are shown in its code.
const PLACES: usize = 20;
/// Characters of a line: the payload may be long, its beginning tells what it is.
const LINE: usize = 400;

/// Takes the rows of a listing as they come, and keeps those around what was found.
pub struct Excerpts<'f> {
    facts: &'f FileFacts,
    /// Offsets at which something was found, by input.
    wanted: BTreeMap<InputId, Vec<u64>>,
    input: Option<InputId>,
    before: VecDeque<Row>,
    /// Lines that are still to be taken.
    after: usize,
    taken: Vec<(InputId, Vec<CodeLine>)>,
}

impl<'f> Excerpts<'f> {
    /// For the findings of a file, those of severity medium or above.
    pub fn new(facts: &'f FileFacts, findings: &[Finding]) -> Self {
        let mut wanted = BTreeMap::<InputId, Vec<u64>>::new();
        for finding in findings.iter().filter(|finding| finding.severity >= Severity::Medium).take(PLACES) {
            let at = finding.place.offset;
            let input = facts.inputs.iter().find(|input| {
                let place = crate::fact::Place { input: input.id, offset: at, length: finding.place.length };
                finding_place(facts, place) == finding.place
            });
            // What is said of a part as a whole belongs to none of its lines.
            let whole = input.is_some_and(|input| at == 0 && finding.place.length >= input.size);
            if !whole {
                wanted.entry(input.map_or(InputId(0), |input| input.id)).or_default().push(at);
            }
            // A finding stands where a name is imported: where it is called is of interest too.
            let (module, name) = (Some(finding.module_name.as_str()), Some(finding.operator_name.as_str()));
            for call in facts.facts.iter().filter(|fact| fact.kind == "call" && fact.text("module") == module && fact.text("name") == name) {
                for place in &call.places {
                    wanted.entry(place.input).or_default().push(place.offset);
                }
            }
        }
        for offsets in wanted.values_mut() {
            offsets.sort_unstable();
            offsets.dedup();
        }
        Excerpts { facts, wanted, input: None, before: VecDeque::new(), after: 0, taken: Vec::new() }
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// What was kept.
    pub fn finish(self) -> Vec<Excerpt> {
        let place = |input: InputId| {
            let place = crate::fact::Place { input, offset: 0, length: 0 };
            finding_place(self.facts, place).container
        };
        self.taken
            .into_iter()
            .filter(|(_, lines)| lines.iter().any(|line| line.found))
            .map(|(input, lines)| Excerpt { container: place(input), lines })
            .collect()
    }

    fn row(&mut self, row: Row) {
        let input = row.place.input;
        if self.input != Some(input) {
            self.input = Some(input);
            self.before.clear();
            self.after = 0;
        }
        let Some(offsets) = self.wanted.get_mut(&input) else { return };
        // What was found in the row's bytes, or between it and the one before, belongs to it.
        let end = row.place.offset.saturating_add(row.place.length.max(1));
        let reached = offsets.iter().take_while(|at| **at < end).count();
        let found = reached > 0;
        offsets.drain(..reached);
        if found {
            if self.after == 0 {
                self.taken.push((input, self.before.drain(..).map(|row| line(&row, false)).collect()));
            }
            self.after = AFTER + 1;
        }
        match self.taken.last_mut() {
            Some((_, lines)) if self.after > 0 => {
                lines.push(line(&row, found));
                self.after -= 1;
            }
            _ => {
                self.before.push_back(row);
                if self.before.len() > BEFORE {
                    self.before.pop_front();
                }
            }
        }
    }
}

fn line(row: &Row, found: bool) -> CodeLine {
    // Before the text may stand its line's number.
    let text = row.cells.last().cloned().unwrap_or_default();
    let text = match text.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    };
    CodeLine { offset: row.place.offset, depth: row.depth, text, found }
}

impl Sink for Excerpts<'_> {
    fn record(&mut self, record: Record) -> bool {
        match record {
            Record::Row(row) if CODE.contains(&row.listing.as_str()) => {
                self.row(row);
                // All was found, and the lines behind it are there: the rest of the file need not be listed.
                self.after > 0 || self.wanted.values().any(|offsets| !offsets.is_empty())
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Place;

    fn row(offset: u64) -> Record {
        let place = Place { input: InputId(0), offset, length: 1 };
        Record::Row(Row { listing: CODE[0].into(), place, depth: 0, cells: vec![format!("line {offset}")] })
    }

    #[test]
    fn the_lines_around_what_was_found_are_kept() {
        let facts = FileFacts::default();
        let mut excerpts = Excerpts::new(&facts, &[]);
        excerpts.wanted.insert(InputId(0), vec![55, 90, 95]);
        for offset in (0..200).step_by(10) {
            if !excerpts.record(row(offset)) {
                break;
            }
        }
        let kept = excerpts.finish();
        let lines: Vec<Vec<(u64, bool)>> = kept.iter().map(|code| code.lines.iter().map(|line| (line.offset, line.found)).collect()).collect();
        assert_eq!(
            lines,
            [vec![
                (20, false),
                (30, false),
                (40, false),
                (50, false),
                (60, true),
                (70, false),
                (80, false),
                (90, true),
                (100, true),
                (110, false),
                (120, false),
                (130, false)
            ]]
        );
    }
}
