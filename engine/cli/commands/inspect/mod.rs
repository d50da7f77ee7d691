//! `weighbridge inspect`: everything that is seen in one file.
//!
//! The file is read twice: once for what is in it, which is printed first, and once for listings, whose rows are printed as they
//! come and never held.

mod console;
mod json;

use crate::args::{Global, InspectArgs};
use crate::config::{self, Flags};
use crate::report::{Format, Shown};
use crate::terminal::{Look, Writer};
use crate::{Done, Failure, engine, exit, rules, signals, units};
use anyhow::anyhow;
use std::io;
use weighbridge_core::assemble::assemble;
use weighbridge_core::fact::{Fact, Row};
use weighbridge_core::imports::Standings;
use weighbridge_core::record::{FileFacts, Record, Sink};
use weighbridge_core::report::{FileReport, Standing, Verdict};
use weighbridge_core::run::Engine;
use weighbridge_core::scan::{Cancel, ScanOptions, Source};
use weighbridge_core::source::{FileSource, ReportPath, Spool, Spooled};

/// What is known of a file once it was read.
pub struct Seen {
    /// As `scan` reports it.
    pub report: FileReport,
    /// What plugins saw.
    pub facts: FileFacts,
    standings: Standings,
}

impl Seen {
    fn new(path: ReportPath, size: u64, facts: FileFacts, rules: &weighbridge_core::rules::RuleSet) -> Self {
        let findings = rules.judge(&facts, &path.text);
        let standings = Standings::new(&findings);
        Seen { report: assemble(path, size, &facts, findings), facts, standings }
    }

    /// What the rules say of the name that a fact speaks of.
    pub fn standing(&self, fact: &Fact) -> Standing {
        self.standings.of(fact.text("module").unwrap_or_default(), fact.text("name").unwrap_or_default())
    }
}

/// Takes rows as they come; `false` ends the scan.
struct Rows<'a> {
    /// Inputs alone: what places refer to.
    inputs: FileFacts,
    row: &'a mut dyn FnMut(&FileFacts, &Row) -> io::Result<()>,
    error: Option<io::Error>,
}

impl Sink for Rows<'_> {
    fn record(&mut self, record: Record) -> bool {
        match record {
            Record::Row(row) => match (self.row)(&self.inputs, &row) {
                Ok(()) => true,
                Err(error) => {
                    self.error = Some(error);
                    false
                }
            },
            Record::Input(_) | Record::Formats { .. } => self.inputs.record(record),
            _ => true,
        }
    }
}

/// Prints what is in a file.
pub fn run(global: &Global, args: InspectArgs) -> Done {
    let flags = Flags::default().word("mode", "--mode", args.mode.as_ref()).packs(&args.rules).isolation(&args.isolation).layer();
    let effective = config::load(global, flags, std::slice::from_ref(&args.path))?;
    effective.warn(global);
    let settings = effective.settings();
    let asked = engine::ask(global, &effective, &args.plugins);
    let rules = rules::load(&settings.packs)?;
    let engine::Plugins { readers, refused } = asked.plugins()?;
    let cancel = Cancel::default();
    signals::on_interrupt(&cancel)?;
    let path = ReportPath::new(&args.path);
    let source = open(&args, &cancel).map_err(|error| {
        let error = error.downcast_ref().map_or_else(|| error.to_string(), units::reason);
        Failure::Run(anyhow!("cannot inspect {}: {error}", crate::text::escape(&path.text)))
    })?;
    let options = ScanOptions { mode: settings.mode, max_file_time: settings.file_timeout, limits: settings.limits, ..ScanOptions::default() };
    let judge = |_: &FileFacts, _: &str| Vec::new();
    let engine = Engine { readers: &readers, judge: &judge, options, jobs: 1, cancel: &cancel, excerpts: false, watch: None };
    let facts = engine.facts(path.base_name(), source.as_ref());
    let seen = Seen::new(path.clone(), source.size(), facts, &rules);

    let mut out = Writer::stdout();
    let mut rows = |row: &mut dyn FnMut(&FileFacts, &Row) -> io::Result<()>| {
        let mut sink = Rows { inputs: FileFacts::default(), row, error: None };
        let options = ScanOptions { inspect: true, ..options };
        readers.scan(source.as_ref(), path.base_name(), &options, &cancel, &mut sink);
        sink.error.map_or(Ok(()), Err)
    };
    match args.format.unwrap_or(Format::Console) {
        Format::Json => json::print(&mut out, &seen, &mut rows)?,
        Format::Console => {
            let listing = if args.disassembly { "disassembly" } else { "decompiled" };
            let shown = Shown { from: None, verbose: global.verbose };
            console::print(&mut out, Look::stdout(global.color), shown, listing, &seen, &mut rows)?;
        }
    }
    out.finish()?;
    Ok(match seen.report.verdict {
        _ if !refused.is_empty() => exit::INCOMPLETE,
        Verdict::Skipped => exit::NOTHING,
        _ if !seen.report.complete => exit::INCOMPLETE,
        _ => exit::CLEAN,
    })
}

/// Gives each row of the file's listings to a function.
type EachRow<'a> = dyn FnMut(&mut dyn FnMut(&FileFacts, &Row) -> io::Result<()>) -> io::Result<()> + 'a;

fn open(args: &InspectArgs, cancel: &Cancel) -> anyhow::Result<Box<dyn Source>> {
    let source: Box<dyn Source> = if args.path.as_os_str() == "-" {
        match Spool::read(io::stdin(), None, cancel)? {
            Spooled::Whole(spool) => Box::new(spool),
            Spooled::TooLarge | Spooled::Cancelled => return Err(anyhow!("it was stopped")),
        }
    } else if args.path.is_dir() {
        return Err(anyhow!("it is a folder; `inspect` looks into one file, `scan` at folders"));
    } else {
        Box::new(FileSource::open(&args.path, true)?)
    };
    if source.size() == 0 { Err(anyhow!("the file is empty")) } else { Ok(source) }
}
