//! Where something was found, for marks beside rows.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use weighbridge_core::fact::{InputId, Place};
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::{Finding, FindingPlace, Severity};

/// Something that was found, at a byte of a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Where it begins.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// The finding's number in the report.
    pub finding: usize,
    /// Its severity.
    pub severity: Severity,
    /// It speaks of the whole part, and of no row in it.
    pub whole: bool,
}

/// What was found, by part, in the order of offsets.
#[derive(Debug, Default)]
pub struct Found(BTreeMap<InputId, Vec<Mark>>);

impl Found {
    /// Of these findings. Where a name was found that is imported, its calls are marked too.
    pub fn new(facts: &FileFacts, findings: &[Finding]) -> Self {
        let inputs = inputs(facts);
        let mut calls: HashMap<(&str, &str), Vec<Place>> = HashMap::new();
        for fact in facts.facts.iter().filter(|fact| fact.kind == "call") {
            if let (Some(module), Some(name)) = (fact.text("module"), fact.text("name")) {
                calls.entry((module, name)).or_default().extend(&fact.places);
            }
        }
        let mut marks = BTreeMap::<InputId, Vec<Mark>>::new();
        for (number, finding) in findings.iter().enumerate() {
            let mut mark = |input: InputId, offset, length| {
                let whole = offset == 0 && facts.inputs.get(input.0 as usize).is_some_and(|input| length >= input.size);
                marks.entry(input).or_default().push(Mark { offset, length, finding: number, severity: finding.severity, whole });
            };
            if let Some(input) = inputs.get(&key(&finding.place)) {
                mark(*input, finding.place.offset, finding.place.length);
            }
            for place in calls.get(&(finding.module_name.as_str(), finding.operator_name.as_str())).into_iter().flatten() {
                mark(place.input, place.offset, place.length);
            }
        }
        for marks in marks.values_mut() {
            marks.sort();
            marks.dedup_by_key(|mark| (mark.offset, mark.finding));
        }
        Found(marks)
    }

    /// What begins in a place: what is worst comes first.
    pub fn within(&self, place: Place) -> Vec<&Mark> {
        let Some(marks) = self.0.get(&place.input) else { return Vec::new() };
        let end = place.offset.saturating_add(place.length.max(1));
        let from = marks.partition_point(|mark| mark.offset < place.offset);
        let fits = |mark: &&Mark| !mark.whole || place.length >= mark.length;
        let mut marks: Vec<&Mark> = marks[from..].iter().take_while(|mark| mark.offset < end).filter(fits).collect();
        marks.sort_by_key(|mark| (std::cmp::Reverse(mark.severity), mark.offset));
        marks
    }

    /// Where something was found, the worst first.
    pub fn places(&self) -> Vec<Place> {
        let mut marks: Vec<(InputId, &Mark)> = self.0.iter().flat_map(|(input, marks)| marks.iter().map(|mark| (*input, mark))).collect();
        marks.sort_by_key(|(input, mark)| (std::cmp::Reverse(mark.severity), *input, mark.offset));
        let mut places: Vec<Place> = marks.iter().map(|(input, mark)| Place { input: *input, offset: mark.offset, length: 1 }).collect();
        places.dedup();
        places
    }
}

/// Inputs by the chain of names and indexes that leads to them, as places of a report have it: see [`key`].
pub fn inputs(facts: &FileFacts) -> HashMap<u64, InputId> {
    let mut keys: Vec<u64> = Vec::with_capacity(facts.inputs.len());
    let mut inputs = HashMap::with_capacity(facts.inputs.len());
    for input in &facts.inputs {
        let key = match input.parent {
            Some(parent) => step(keys.get(parent.0 as usize).copied().unwrap_or(0), &input.name, input.index),
            None => 0,
        };
        keys.push(key);
        inputs.entry(key).or_insert(input.id);
    }
    inputs
}

/// The chain of a place.
pub fn key(place: &FindingPlace) -> u64 {
    place.container.iter().fold(0, |key, part| step(key, &part.name, part.index))
}

fn step(before: u64, name: &str, index: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (before, name, index).hash(&mut hasher);
    hasher.finish()
}
