//! Joins between the files of one artifact.
//!
//! Files are judged one by one, in any order and on any thread. What a rule would have to know of other files is left behind as parts: questions (a
//! finding that comes if there is something beside it) and answers (what this file has to offer to such questions). When the last file of the artifact
//! is through, one lookup for each question decides.

use super::around::{Around, base_name, member as member_fact};
use super::finding::beside;
use super::join::{Found, Join, Keys};
use crate::fact::Fact;
use crate::limits::{ARTIFACT_ANSWERS, ARTIFACT_QUESTIONS};
use crate::record::FileFacts;
use crate::report::Finding;
use crate::source::NeighbourKind;
use std::collections::HashMap;

/// What one file leaves behind.
#[derive(Debug, Default)]
pub struct Parts {
    questions: Vec<Question>,
    answers: Vec<Answer>,
    /// There were more than are kept.
    pub cut: bool,
}

/// A finding that waits for what lies in other files.
#[derive(Debug)]
struct Question {
    judge: usize,
    rule: u32,
    /// Facts, each with what it is compared in by each join.
    facts: Vec<(u64, Vec<Keys>)>,
    finding: Finding,
}

/// A fact that a join may find: of which judge, rule and join.
#[derive(Debug)]
struct Answer {
    of: (usize, u32, usize),
    who: u64,
    keys: Keys,
    shown: String,
}

impl Parts {
    pub(super) fn ask(&mut self, judge: usize, rule: u32, facts: Vec<(u64, Vec<Keys>)>, finding: Finding) {
        match self.questions.len() < ARTIFACT_QUESTIONS {
            true => self.questions.push(Question { judge, rule, facts, finding }),
            false => self.cut = true,
        }
    }

    pub(super) fn answer(&mut self, of: (usize, u32, usize), who: u64, keys: Keys, shown: String) {
        match self.answers.len() < ARTIFACT_ANSWERS {
            true => self.answers.push(Answer { of, who, keys, shown }),
            false => self.cut = true,
        }
    }

    /// Whether something of the file is decided by other files.
    pub fn asks(&self) -> bool {
        !self.questions.is_empty()
    }

    /// How much it holds.
    pub fn weight(&self) -> usize {
        self.questions.len() + self.answers.len()
    }
}

/// The file itself, as an entry of its artifact.
pub fn member(around: &Around<'_>, facts: &FileFacts) -> Fact {
    let inside = around.artifact.and_then(|artifact| around.path.strip_prefix(artifact)).and_then(|rest| rest.strip_prefix('/'));
    let name = inside.unwrap_or(if around.artifact == Some(".") { around.path } else { base_name(around.path) });
    // Facts of the file have hashes for ids: this one is told from them by what no hash is likely to be.
    member_fact(u64::MAX, name, NeighbourKind::File, facts.inputs.first().map(|input| input.size))
}

/// Decides every question; `joins` gives those of a rule.
pub fn join<'r>(parts: Vec<Parts>, joins: impl Fn(usize, u32) -> &'r [Join]) -> Vec<(usize, Finding)> {
    let mut tables: HashMap<(usize, u32, usize), Found> = HashMap::new();
    let mut questions = Vec::new();
    for (file, parts) in parts.into_iter().enumerate() {
        for Answer { of, who, keys, shown } in parts.answers {
            tables.entry(of).or_default().add(who_of(file, who), keys, || shown.clone());
        }
        questions.extend(parts.questions.into_iter().map(|question| (file, question)));
    }
    let none = Found::default();
    let mut findings = Vec::new();
    for (file, Question { judge, rule, facts, mut finding }) in questions {
        let joins = joins(judge, rule);
        let answers = facts.iter().find_map(|(who, keys)| {
            let each = joins.iter().zip(keys).enumerate().map(|(number, (join, keys))| {
                let found = tables.get(&(judge, rule, number)).unwrap_or(&none);
                found.answers(join, who_of(file, *who), keys)
            });
            each.collect::<Option<Vec<&str>>>()
        });
        if let Some(answers) = answers {
            answers.iter().for_each(|answer| beside(&mut finding, answer));
            findings.push((file, finding));
        }
    }
    findings
}

/// Tells facts of different files apart.
fn who_of(file: usize, who: u64) -> u64 {
    who ^ (file as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
