//! What is said of an input, whichever of the two formats it is in.

use crate::limits;
use weighbridge_sdk::{Account, Child, Counts, Fact, Failure, Faults, Input, ReadAt, Span, Stop, Tally};

/// An operator: domain, name, arguments, and whether the model defines it.
type Operator = (String, String, Vec<String>, bool);

/// The input, and what has been said of it.
pub(crate) struct Report<'i, 'h> {
    pub input: &'i Input<'h>,
    pub account: Account,
    operators: Tally<Operator>,
    counts: Counts,
    /// The graph or function whose nodes come.
    pub graph: String,
    entries: u64,
    children: u64,
    faults: Faults,
}

impl<'i, 'h> Report<'i, 'h> {
    pub fn new(input: &'i Input<'h>) -> Self {
        Report {
            input,
            account: Account::new(input.start()),
            operators: Tally::new(),
            counts: Counts::new(),
            graph: "graph".to_owned(),
            entries: 0,
            children: 0,
            faults: Faults::new(limits::ANOMALIES),
        }
    }

    /// A node. Nodes of the same operator are one fact.
    pub fn operator(&mut self, domain: &str, op: &str, args: Vec<String>, local: bool, at: Span) -> Result<(), Stop> {
        if op.is_empty() {
            return Ok(());
        }
        // The default domain has two names.
        let domain = if domain.is_empty() { "ai.onnx" } else { domain };
        if self.input.wants_tables() {
            self.counts.add(&self.graph, domain, op, at.start, at.len());
        }
        let key = (domain.to_owned(), op.to_owned(), args, local);
        self.operators.say(self.input, key, at.start, at.len(), |(domain, op, args, local)| {
            let fact = Fact::new("operator").text("framework", "onnx").text("domain", domain).text("op", op);
            let fact = if args.is_empty() { fact } else { fact.texts("args", args, args.len() as u64) };
            let fact = if *local { fact.text("defined", "model") } else { fact };
            self.input.emit(&fact.at(at.start, at.len()))
        })
    }

    pub fn metadata(&mut self, key: &str, value: &str, full: u64, at: Span) -> Result<(), Stop> {
        self.entries += 1;
        if self.entries > limits::ENTRIES || key.is_empty() || value.is_empty() {
            return Ok(());
        }
        let fact = Fact::new("metadata").text("key", key).text_cut("value", value, full);
        self.input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    /// Text that people or tools read.
    pub fn text(&mut self, value: &str, full: u64, at: Span) -> Result<(), Stop> {
        self.entries += 1;
        if self.entries > limits::ENTRIES || value.is_empty() {
            return Ok(());
        }
        let fact = Fact::new("text").text("role", "metadata").text_cut("value", value, full);
        self.input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    pub fn anomaly(&mut self, fact: Fact<'_>, at: Span) -> Result<(), Stop> {
        self.faults.anomaly(self.input, fact, at)
    }

    /// A part broke off: it is said, and the rest is read.
    pub fn broken(&mut self, code: &'static str, detail: &str, expected: &str, found: &str, at: u64) -> Result<(), Stop> {
        self.faults.broken(self.input, code, detail, expected, found, at)
    }

    /// Bytes that may be a file of their own.
    pub fn constant(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        if span.len() < limits::CHILD || span.len() > limits::CONSTANT || self.children >= limits::CHILDREN {
            return Ok(());
        }
        let child = Child::range(name.as_bytes(), self.children, span.start, span.len());
        self.children += 1;
        self.input.child(&Child { payload: true, speculative: true, ..child })
    }

    /// The input is read.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.operators.finish(self.input)?;
        self.counts.list(self.input, "operators", ["graph", "domain", "operator", "count:number"])?;
        let end = self.input.size();
        self.account.structure(self.input, end)?;
        self.faults.end()
    }
}
