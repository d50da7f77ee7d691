//! `weighbridge inspect`: everything that is seen in one file.
//!
//! The file is read twice: once for what is in it, which is held and bounded, and once for listings, whose rows are printed as they come and
//! never held. What goes over the number of rows asked for is left out where it is read.

mod at;
mod console;
mod found;
mod highlight;
mod json;
mod listing;
mod parts;

pub use json::schema;

use crate::args::{Global, InspectArgs};
use crate::config::{self, Flags};
use crate::report::{Format, Shown};
use crate::terminal::{self, Look, Writer, YELLOW};
use crate::{Done, Failure, engine, exit, rules, signals, units};
use anyhow::anyhow;
use at::At;
use found::Found;
use parts::Parts;
use std::io;
use weighbridge_core::assemble::assemble;
use weighbridge_core::fact::{Column, Fact, InputId, Row};
use weighbridge_core::imports::Standings;
use weighbridge_core::record::{FileFacts, Record, Sink};
use weighbridge_core::report::{FileReport, Standing, Verdict};
use weighbridge_core::run::Engine;
use weighbridge_core::scan::{Cancel, Listings, ScanOptions, Source};
use weighbridge_core::source::{FileSource, ReportPath, Spool, Spooled};

/// What is known of a file once it was read.
pub struct Seen {
    /// As `scan` reports it; where a part was asked for, with what was found in that part alone.
    pub report: FileReport,
    /// What plugins saw.
    pub facts: FileFacts,
    /// Where something was found.
    pub found: Found,
    /// What was asked for.
    pub parts: Parts,
    /// The byte that was asked for.
    pub at: Option<At>,
    standings: Standings,
}

impl Seen {
    fn new(path: ReportPath, size: u64, facts: FileFacts, rules: &weighbridge_core::rules::RuleSet, args: &InspectArgs) -> Result<Self, Failure> {
        let findings = rules.judge(&facts, &path.text);
        let standings = Standings::new(&findings);
        let mut report = assemble(path, size, &facts, findings);
        let parts = Parts::new(&facts, &report.path, &args.member)?;
        if !parts.all() {
            let inputs = found::inputs(&facts);
            report.findings.retain(|finding| inputs.get(&found::key(&finding.place)).is_some_and(|input| parts.has(*input)));
        }
        let at = args.at.map(|offset| At::new(&facts, &parts, offset)).transpose()?;
        Ok(Seen { found: Found::new(&facts, &report.findings), report, facts, parts, at, standings })
    }

    /// What the rules say of the name that a fact speaks of.
    pub fn standing(&self, fact: &Fact) -> Standing {
        self.standings.of(fact.text("module").unwrap_or_default(), fact.text("name").unwrap_or_default())
    }

    /// Which rows are wanted.
    fn listings(&self, rows: u64) -> Listings {
        let mut listings = Listings { first: rows, ..Listings::ALL };
        let wanted = match &self.at {
            Some(at) => {
                listings.first = 0;
                listings.bytes = Some(at.dump(&self.facts));
                at.places()
            }
            None => self.found.places(),
        };
        for (slot, place) in listings.places.iter_mut().zip(wanted) {
            *slot = Some(place);
        }
        listings
    }
}

/// What comes of listings, in order.
pub enum Listed {
    /// The columns of a listing.
    Columns(InputId, String, Vec<Column>),
    /// A row.
    Row(Row),
    /// A listing is done, with so many rows, those that were left out among them.
    End(InputId, String, u64),
}

/// Takes what comes of listings; an error ends the scan.
struct Rows<'a> {
    take: &'a mut dyn FnMut(Listed) -> io::Result<()>,
    error: Option<io::Error>,
    /// Why rows may be missing.
    failure: Option<String>,
}

impl Sink for Rows<'_> {
    fn record(&mut self, record: Record) -> bool {
        let listed = match record {
            Record::Columns { input, listing, columns } => Listed::Columns(input, listing, columns),
            Record::Row(row) => Listed::Row(row),
            Record::Listed { input, listing, rows } => Listed::End(input, listing, rows),
            Record::Error(error) => {
                self.failure.get_or_insert(error.message);
                return true;
            }
            _ => return true,
        };
        self.error = (self.take)(listed).err();
        self.error.is_none()
    }
}

/// Gives what comes of the file's listings to a function.
type EachRow<'a> = dyn FnMut(&mut dyn FnMut(Listed) -> io::Result<()>) -> io::Result<()> + 'a;

/// Prints what is in a file.
pub fn run(global: &Global, args: InspectArgs) -> Done {
    let flags = Flags::default().word("mode", "--mode", args.mode.as_ref()).packs(&args.rules).isolation(&args.isolation).layer();
    let effective = config::load(global, flags)?;
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
    // Both times what is nested has the same numbers.
    let options =
        ScanOptions { mode: settings.mode, max_file_time: settings.file_timeout, limits: settings.limits, nested: true, ..ScanOptions::default() };
    let judge = |_: &FileFacts, _: &str| Vec::new();
    let engine = Engine { readers: &readers, judge: &judge, options, jobs: 1, cancel: &cancel, excerpts: false, watch: None };
    let facts = engine.facts(path.base_name(), source.as_ref());
    let seen = Seen::new(path.clone(), source.size(), facts, &rules, &args)?;

    let all = args.all || global.verbose;
    let listings = seen.listings(if all { u64::MAX } else { args.rows });
    let mut out = Writer::stdout();
    let mut failure = None;
    let mut rows = |take: &mut dyn FnMut(Listed) -> io::Result<()>| {
        let mut sink = Rows { take, error: None, failure: None };
        let options = ScanOptions { listings: Some(listings), ..options };
        readers.scan(source.as_ref(), path.base_name(), &options, &cancel, &mut sink);
        failure = sink.failure;
        sink.error.map_or(Ok(()), Err)
    };
    match args.format.unwrap_or(Format::Console) {
        Format::Json => json::print(&mut out, &seen, &mut rows)?,
        Format::Console => {
            let look = Look::stdout(global.color);
            let shown = console::Asked { look, shown: Shown { from: None, verbose: global.verbose }, all, opcodes: args.disassembly };
            match &seen.at {
                Some(at) => at::print(&mut out, shown, &seen, at, &mut rows)?,
                None => console::print(&mut out, shown, &seen, &mut rows)?,
            }
        }
    }
    out.finish()?;
    // What failed in the first reading stands in the report.
    if let Some(failure) = failure.as_ref().filter(|_| seen.report.errors.is_empty()) {
        terminal::say("warning", YELLOW, global.color, &format!("rows are missing: {}", crate::text::escape(failure)));
    }
    Ok(match seen.report.verdict {
        _ if !refused.is_empty() || cancel.reason().is_some() || failure.is_some() => exit::INCOMPLETE,
        Verdict::Skipped => exit::NOTHING,
        _ if !seen.report.complete => exit::INCOMPLETE,
        _ => exit::CLEAN,
    })
}

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
