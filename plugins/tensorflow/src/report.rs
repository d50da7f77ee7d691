//! What is said of an input.

use crate::limits;
use weighbridge_sdk::{Account, Child, Counts, Fact, Failure, Faults, Input, ReadAt, Span, Stop, Tally};

/// An operator: name, arguments, whether there are more that are not told, and whether the graph defines it.
type Operator = (String, Vec<String>, bool, bool);

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

    /// A node. Nodes of one operator with the same arguments are one fact.
    pub fn operator(&mut self, framework: &'static str, op: &str, args: Vec<String>, omitted: bool, local: bool, at: Span) -> Result<(), Stop> {
        if op.is_empty() {
            return Ok(());
        }
        self.operators.say(self.input, (op.to_owned(), args, omitted, local), at.start, at.len(), |(op, args, omitted, local)| {
            // Libraries beside TensorFlow put their name before that of the operator: `TFText>RoundRobinTrim`.
            let domain = op.split_once('>').map_or("", |(domain, _)| domain);
            let fact = Fact::new("operator").text("framework", framework).text_if("domain", domain).text("op", op);
            let fact = if args.is_empty() { fact } else { fact.texts("args", args, args.len() as u64) };
            let fact = if *omitted { fact.u64("args_omitted", 1) } else { fact };
            let fact = if *local { fact.text("defined", "model") } else { fact };
            self.input.emit(&fact.at(at.start, at.len()))
        })
    }

    /// Counts a node for those who inspect.
    pub fn node(&mut self, op: &str, at: Span) {
        let (domain, name) = op.split_once('>').unwrap_or(("", op));
        self.count(domain, name, at);
    }

    /// The same, where the library is known.
    pub fn count(&mut self, domain: &str, op: &str, at: Span) {
        if self.input.wants_tables() {
            self.counts.add(&self.graph, domain, op, at.start, at.len());
        }
    }

    pub fn metadata(&mut self, key: &str, value: &str, full: u64, at: Span) -> Result<(), Stop> {
        self.entries += 1;
        if self.entries > limits::ENTRIES || value.is_empty() {
            return Ok(());
        }
        let fact = Fact::new("metadata").text("key", key).text_cut("value", value, full);
        self.input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    pub fn reference(&mut self, role: &str, target: &str, length: Option<u64>, at: Span) -> Result<(), Stop> {
        let fact = Fact::new("reference").text("role", role).text("target", target);
        let fact = length.into_iter().fold(fact, |fact, length| fact.u64("offset", 0).u64("length", length));
        self.input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    pub fn anomaly(&mut self, fact: Fact<'_>, at: Span) -> Result<(), Stop> {
        self.faults.anomaly(self.input, fact, at)
    }

    /// A part broke off: it is said, and the rest is read.
    pub fn broken(&mut self, code: &'static str, detail: &str, expected: &str, found: &str, at: u64) -> Result<(), Stop> {
        self.faults.broken(self.input, code, detail, expected, found, at)
    }

    /// Bytes that are a file of their own, or may be one.
    pub fn child(&mut self, name: &str, span: Span, hint: &'static str) -> Result<(), Stop> {
        if self.children >= limits::CHILDREN {
            if self.children == limits::CHILDREN {
                self.children += 1;
                let most = limits::CHILDREN.to_string();
                self.broken("limit-size", "constants that may be files of their own", &most, "more", span.start)?;
            }
            return Ok(());
        }
        let child = Child::range(name.as_bytes(), self.children, span.start, span.len());
        self.children += 1;
        self.input.child(&Child { payload: true, speculative: true, format_hint: hint, ..child })
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
