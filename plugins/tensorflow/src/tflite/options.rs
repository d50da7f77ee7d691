//! Options of TFLite's own operators, as far as readers have trusted them: subgraphs that are run, and numbers that are divided by.

use super::Lite;
use crate::limits;
use std::collections::HashMap;
use weighbridge_parse_flatbuf::Table;
use weighbridge_sdk::{Fact, Span, Stop};

/// `BuiltinOptions`: the type, its name, and the fields that name a subgraph.
const SUBGRAPHS: [(u8, &str, &[u16]); 4] =
    [(16, "CallOptions", &[0]), (92, "IfOptions", &[0, 1]), (93, "WhileOptions", &[0, 1]), (103, "CallOnceOptions", &[0])];

/// Likewise, the fields of 32 bits by which a reader divides (CVE-2021-29585 and others of that year). A writer puts them in always.
const DIVISORS: [(u8, &str, &[u16]); 7] = [
    (1, "Conv2DOptions", &[1, 2]),
    (2, "DepthwiseConv2DOptions", &[1, 2]),
    (5, "Pool2DOptions", &[1, 2]),
    (19, "SpaceToDepthOptions", &[0]),
    (35, "SplitOptions", &[0]),
    (49, "TransposeConvOptions", &[1, 2]),
    (94, "DepthToSpaceOptions", &[0]),
];

impl Lite<'_, '_> {
    pub(super) fn builtin_options(&mut self, operator: &Table, subgraphs: u64) -> Result<(), Stop> {
        let kind = self.buffer.number(operator, 3, 0, u8::from_le_bytes);
        let kind = self.ok("Operator.builtin_options_type", kind)?.unwrap_or(0);
        let known = SUBGRAPHS.iter().chain(&DIVISORS).find(|(known, ..)| *known == kind);
        let Some((_, name, fields)) = known else { return Ok(()) };
        let options = self.buffer.table(operator, 4);
        let Some(options) = self.ok(name, options)?.flatten() else { return Ok(()) };
        for field in *fields {
            let number = self.buffer.number(&options, *field, 0, i32::from_le_bytes);
            let Some(number) = self.ok(name, number)? else { continue };
            if DIVISORS.iter().any(|(known, ..)| *known == kind) {
                if number <= 0 {
                    let fact = Fact::anomaly("tensorflow-divisor").text("detail", name).text("expected", "a number above 0");
                    self.report.anomaly(fact.text("found", &number.to_string()), Span::new(options.at, options.at))?;
                }
                continue;
            }
            match u64::try_from(number).ok().filter(|number| *number < subgraphs) {
                Some(called) => {
                    let calls = self.calls.entry(self.subgraph).or_default();
                    if calls.len() < limits::FUNCTIONS && !calls.contains(&called) {
                        calls.push(called);
                    }
                }
                None => self.report.broken("invalid", name, &format!("one of {subgraphs} subgraphs"), &number.to_string(), options.at)?,
            }
        }
        Ok(())
    }

    /// Subgraphs that run themselves, over others or not: readers before TensorFlow 2.5 ran them without end (CVE-2021-29591).
    pub(super) fn recursion(&mut self, subgraphs: u64) -> Result<(), Stop> {
        // A subgraph that runs none that is left can be taken away; what is left in the end lies on a circle, or before one.
        let mut left: HashMap<u64, usize> = self.calls.iter().map(|(from, to)| (*from, to.len())).collect();
        let mut callers: HashMap<u64, Vec<u64>> = HashMap::new();
        for (from, to) in &self.calls {
            for called in to {
                callers.entry(*called).or_default().push(*from);
            }
        }
        let mut done: Vec<u64> = callers.keys().filter(|called| !left.contains_key(called)).copied().collect();
        while let Some(called) = done.pop() {
            for caller in callers.get(&called).into_iter().flatten() {
                if let Some(count) = left.get_mut(caller) {
                    *count -= 1;
                    if *count == 0 {
                        left.remove(caller);
                        done.push(*caller);
                    }
                }
            }
        }
        let Some(first) = left.keys().min() else { return Ok(()) };
        let fact = Fact::anomaly("tensorflow-recursion").text("detail", "subgraphs that run each other in a circle");
        let found = format!("subgraph {first} of {subgraphs}");
        self.report.anomaly(fact.text("found", &found), Span::new(0, 0))
    }
}
