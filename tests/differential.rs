//! The pickle machine against pickletools: the same opcodes at the same offsets, and the same imports.
//!
//! What pickletools says is committed; `tests/peers/pickletools` says how it was made.

use crate::support::root;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use weighbridge_parse_pickle::{Flow, Global, Id, Limits, PickleBegin, PickleEnd, Row, Values, Via, Visitor, opcodes, run};
use weighbridge_parse_read::Stop;

/// Where the machine and pickletools differ on purpose.
struct Exception {
    reason: &'static str,
    /// Whether it explains two accounts of one import: pickletools', and the machine's.
    explains: fn(&str, &str) -> bool,
}

const EXCEPTIONS: &[Exception] = &[Exception {
    reason: "pickletools undoes backslash escapes in the lines of GLOBAL and INST; unpicklers take them as they are",
    explains: |theirs, ours| ours.find('\\').is_some_and(|at| theirs.starts_with(&ours[..at])),
}];

/// One stream, and what pickletools says of it.
#[derive(Deserialize)]
struct Expected {
    id: String,
    /// The stream, in hexadecimal.
    pickle: String,
    /// Opcodes up to STOP, or up to where pickletools gave up.
    count: usize,
    /// FNV-1a of the lines "offset NAME".
    hash: String,
    /// Offset and "module name" of each import; no name where it takes more than constants to know it.
    globals: Vec<(u64, Option<String>)>,
    /// The error that pickletools gave up with.
    refused: Option<String>,
}

/// The first pickle of an input, in its first reading.
#[derive(Default)]
struct First {
    alternative: bool,
    done: bool,
    opcodes: Vec<(u64, u8)>,
    globals: BTreeMap<u64, String>,
    known: HashMap<Id, String>,
}

impl First {
    fn here(&self) -> bool {
        !self.alternative && !self.done
    }
}

impl Visitor for First {
    const OPCODES: bool = true;

    fn pickle_begin(&mut self, begin: &PickleBegin) -> Result<(), Stop> {
        self.alternative = begin.alternative;
        Ok(())
    }

    fn pickle_end(&mut self, end: &PickleEnd, _values: &mut Values<'_>) -> Result<Flow, Stop> {
        self.alternative = false;
        self.done |= !end.alternative;
        Ok(Flow::Continue)
    }

    fn opcode(&mut self, row: &Row<'_>) -> Result<(), Stop> {
        if self.here() {
            self.opcodes.push((row.offset, row.code));
        }
        Ok(())
    }

    fn global(&mut self, global: &Global<'_>, _values: &mut Values<'_>) -> Result<(), Stop> {
        // What the machine works out beyond the import itself (INST of getattr, for one) has no counterpart.
        if matches!(global.via, Via::Written | Via::Stack | Via::Computed) {
            let name = format!("{} {}", global.written_module, global.written_name);
            if self.here() {
                self.globals.insert(global.offset, name.clone());
            }
            if global.id != Id::NONE {
                self.known.insert(global.id, name);
            }
        }
        Ok(())
    }

    fn again(&mut self, id: Id, offset: u64) -> Result<(), Stop> {
        if let Some(name) = self.known.get(&id).filter(|_| self.here()) {
            self.globals.insert(offset, name.clone());
        }
        Ok(())
    }
}

fn table(file: &str) -> Vec<Expected> {
    let text = std::fs::read_to_string(root("tests/peers/pickletools").join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}: {error}: {line}"))).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn fnv(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

/// How the machine's account of one stream differs from pickletools'. Exceptions that were of use are counted.
fn difference(expected: &Expected, excused: &mut [usize]) -> Option<String> {
    let input = bytes(&expected.pickle);
    let mut seen = First::default();
    run(input.as_slice(), &Limits::default(), &mut seen).unwrap();
    // Where pickletools gave up, the machine may have gone on.
    let end = if expected.refused.is_some() { expected.count.min(seen.opcodes.len()) } else { seen.opcodes.len() };
    let compared = &seen.opcodes[..end];
    let lines: String = compared.iter().map(|(offset, code)| format!("{offset} {}\n", opcodes::name(*code))).collect();
    if end != expected.count || fnv(&lines) != expected.hash {
        return Some(format!("{} opcodes instead of {}:\n{lines}", seen.opcodes.len(), expected.count));
    }
    let mut ours: BTreeMap<u64, &str> = compared.iter().filter_map(|(offset, _)| Some((*offset, seen.globals.get(offset)?.as_str()))).collect();
    for (offset, theirs) in &expected.globals {
        let found = ours.remove(offset);
        let Some(theirs) = theirs else { continue };
        if found == Some(theirs) {
            continue;
        }
        match EXCEPTIONS.iter().position(|exception| found.is_some_and(|ours| (exception.explains)(theirs, ours))) {
            Some(at) => excused[at] += 1,
            None => return Some(format!("import {found:?} instead of {theirs:?} at {offset}:\n{lines}")),
        }
    }
    (!ours.is_empty()).then(|| format!("imports where pickletools sees none: {ours:?}\n{lines}"))
}

#[test]
fn opcodes_and_imports_are_those_of_pickletools() {
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    let mut excused = vec![0; EXCEPTIONS.len()];
    let mut met = BTreeSet::new();
    for expected in ["generated.jsonl", "cpython.jsonl"].into_iter().flat_map(table) {
        if expected.refused.is_some() {
            refused += 1;
        } else {
            accepted += 1;
        }
        if let Some(difference) = difference(&expected, &mut excused) {
            wrong.push(format!("{}: {difference}", expected.id));
        }
        met.insert(expected.id);
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), accepted + refused, wrong.join("\n"));
    assert_eq!(met.len(), accepted + refused, "ids are told apart");
    assert!(accepted > 3_000 && refused > 300, "{accepted} streams that pickletools accepts, {refused} that it refuses");
    for (exception, uses) in EXCEPTIONS.iter().zip(excused) {
        assert!(uses > 0, "an exception that is none: {}", exception.reason);
    }
}
