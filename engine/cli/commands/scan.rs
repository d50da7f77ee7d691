//! `weighbridge scan`.

use crate::args::{Global, ScanArgs};
use crate::commands::dry_run;
use crate::config::{self, Flags, Layer, Settings, Value};
use crate::progress::Progress;
use crate::report::{OutputSpec, Outputs, Places, ReportFormat, Shown, Template, Writing};
use crate::review::{self, Review};
use crate::targets::Targets;
use crate::terminal::{Look, RED, YELLOW};
use crate::{Done, Failure, engine, exit, large, overwrite, rules, signals, terminal, units};
use anyhow::anyhow;
use std::collections::{BTreeMap, HashSet};
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use weighbridge_core::limits;
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::{Run, Summary};
use weighbridge_core::run::{Engine, Watch};
use weighbridge_core::scan::{Cancel, CancelReason, ScanOptions};
use weighbridge_core::source::{Root, Walk};

/// Scans, reports, and says how it went.
pub fn run(global: &Global, args: ScanArgs) -> Done {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let targets = Targets::of(&args).map_err(Failure::Usage)?;
    let effective = config::load(global, flags(&args))?;
    effective.warn(global);
    let settings = effective.settings();
    if !settings.enabled {
        let by = effective.origin("enabled").place();
        terminal::say("warning", YELLOW, global.color, &format!("nothing is scanned: {by} says enabled = false"));
    }
    let fail_on = settings.fail_on;
    let shown = Shown { from: settings.shown_from, verbose: global.verbose };
    let asked = engine::ask(global, &effective, &args.plugins);
    let rules = rules::load(&settings.packs)?.explaining(args.explain);
    let mut review = Review::new(&effective, &settings, &targets.roots, args.today)?;
    config::say(&review.notices, global);
    let engine::Plugins { readers, refused } = asked.plugins()?;
    let options = ScanOptions {
        mode: settings.mode,
        max_file_size: settings.max_file_size,
        max_file_time: settings.file_timeout,
        identify: args.dry_run,
        limits: settings.limits,
        ..ScanOptions::default()
    };
    let cancel = Cancel::default();
    signals::on_interrupt(&cancel)?;
    if let Some(time) = settings.timeout {
        signals::after(time, &cancel)?;
    }
    let jobs = settings.jobs.and_then(|jobs| usize::try_from(jobs).ok());
    let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get));
    let excerpts = formats(&settings).any(|format| format == ReportFormat::Html);
    let watch = Arc::new(Watch::default());
    let engine = Engine { readers: &readers, judge: &rules, options, jobs, cancel: &cancel, excerpts, watch: Some(&watch) };
    let may_be_empty = !settings.enabled || args.allow_empty || args.git_diff.is_some();
    let named = targets.roots.clone();
    let roots = if settings.enabled { targets.roots.clone() } else { Vec::new() };
    let count = targets.clone();
    let walk = targets.of_walk(Walk::new(roots.clone()).artifacts(readers.catalogue().markers()));
    let mut walk = walk.map(overwrite::pass_over(&settings.outputs));
    if args.dry_run {
        let engine = Engine { judge: &|_: &FileFacts, _: &str| Vec::new(), ..engine };
        return dry_run::run(Look::stdout(global.color), settings.format, &engine, &mut walk, may_be_empty);
    }
    let mut outputs = outputs(global, &args, &settings, &named, &writing(&args, &settings, shown, &named)?).map_err(Failure::Usage)?;
    let progress = Progress::start(settings.progress, global.quiet, &watch, move || count.of_walk(Walk::new(roots)));
    let mut walk = walk.inspect(|target| {
        if let Some(note) = large::note(target, &settings).filter(|_| !global.quiet) {
            progress.aside(|| terminal::say("note", YELLOW, global.color, &note));
        }
        progress.begin(target);
    });
    let mut summary = Summary::default();
    let ran = engine.run(&mut walk, |mut file| {
        review.apply(&mut file);
        summary.add(&file);
        progress.aside(|| outputs.add(&file));
        progress.end();
        if outputs.is_closed() {
            cancel.cancel(CancelReason::Cancelled);
        }
    })?;
    drop(walk);
    drop(progress);
    let outdated = review.outdated(settings.enabled && ran.ended.is_none() && args.git_diff.is_none());
    config::say(&outdated, global);
    let plugin_refused = !refused.is_empty();
    let outcome =
        |report_failed| exit::Outcome { summary: &summary, fail_on, ended_early: ran.ended.is_some(), may_be_empty, plugin_refused, report_failed };
    let code = |report_failed| exit::code(outcome(report_failed));
    let (isolation, isolation_layers) = readers.isolation();
    let run = Run {
        tool: "weighbridge",
        version: env!("CARGO_PKG_VERSION"),
        roots: review::named(&named),
        mode: options.mode.name().into(),
        fail_on,
        shown_from: shown.from,
        packs: rules.packs().to_vec(),
        plugins: readers.catalogue().infos(),
        plugins_refused: refused,
        limits: limits_of(&settings),
        isolation,
        isolation_layers,
        started: units::rfc3339(started),
        seconds: clock.elapsed().as_secs_f64(),
        ended: match ran.ended {
            None if !settings.enabled => "disabled",
            None => "complete",
            Some(CancelReason::Cancelled) => "cancelled",
            Some(CancelReason::Timeout) => "timeout",
        }
        .into(),
        not_scanned: ran.not_scanned,
        not_walked: ran.not_walked,
        today: review.today.to_string(),
        notices: effective.notices().into_iter().chain(review.notices).chain(outdated).collect(),
        exit_code: code(!outputs.failures().is_empty()),
    };
    outputs.end(&summary, &run);
    for failure in outputs.failures() {
        terminal::say("error", RED, global.color, failure);
    }
    Ok(code(!outputs.failures().is_empty()))
}

/// What the command line says.
fn flags(args: &ScanArgs) -> Layer {
    Flags::default()
        .word("mode", "--mode", args.mode.as_ref())
        .packs(&args.rules)
        .word("format", "--format", args.format.as_ref())
        .value("outputs", "--output", (!args.output.is_empty()).then(|| Value::Outputs(args.output.clone())))
        .word("severity_threshold", "--fail-on", args.fail_on.as_ref())
        .word("severity", "--severity", args.severity.as_ref())
        .value("baseline", "--baseline", args.baseline.clone().map(Value::File))
        .value("max_file_size", "--max-file-size", args.max_file_size.map(Value::Size))
        .value("timeout", "--timeout", args.timeout.map(Value::Time))
        .isolation(&args.isolation)
        .value("jobs", "--jobs", args.jobs.map(|jobs| Value::Number(jobs.into())))
        .word("progress", "--progress", args.progress.as_ref())
        .layer()
}

/// Limits that differ from their defaults.
fn limits_of(settings: &Settings) -> BTreeMap<String, u64> {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let all = [
        ("max_file_size", settings.max_file_size),
        ("file_milliseconds", settings.file_timeout.map(milliseconds)),
        ("worker_memory", Some(settings.worker_memory.unwrap_or(u64::MAX)).filter(|memory| *memory != limits::WORKER_MEMORY)),
    ];
    let (now, usual) = (settings.limits, limits::Limits::default());
    let scan = [
        ("depth", now.depth.into(), usual.depth.into()),
        ("child_bytes", now.child_bytes, usual.child_bytes),
        ("decoded_bytes", now.decoded_bytes, usual.decoded_bytes),
        ("steps", now.steps, usual.steps),
        ("quick_sweep", now.quick_sweep, usual.quick_sweep),
    ];
    let scan = scan.into_iter().map(|(name, now, usual)| (name, Some(now).filter(|now| *now != usual)));
    all.into_iter().chain(scan).filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The formats of all reports.
fn formats(settings: &Settings) -> impl Iterator<Item = ReportFormat> {
    std::iter::once(settings.format).chain(settings.outputs.iter().map(|spec| spec.format))
}

/// What the reports are written with.
fn writing(args: &ScanArgs, settings: &Settings, shown: Shown, roots: &[Root]) -> Result<Writing, Failure> {
    let template = args.template.as_deref().map(Template::read).transpose().map_err(|error| Failure::Usage(anyhow!(error)))?;
    if template.is_some() && !formats(settings).any(|format| format == ReportFormat::Template) {
        return Err(Failure::Usage(anyhow!("no report is written by the template: add --format template, or --output template=FILE")));
    }
    let linked = formats(settings).any(ReportFormat::links);
    let taxonomy = if linked { rules::taxonomy()? } else { Default::default() };
    Ok(Writing { shown, fail_on: settings.fail_on, taxonomy, template, places: Arc::new(Places::of(roots)) })
}

fn outputs(global: &Global, args: &ScanArgs, settings: &Settings, roots: &[Root], writing: &Writing) -> anyhow::Result<Outputs> {
    let mut outputs = Outputs::default();
    let stdout = |spec: &&OutputSpec| spec.path.as_os_str() == "-";
    let to_stdout: Vec<_> = settings.outputs.iter().filter(stdout).collect();
    match (to_stdout.as_slice(), args.format) {
        ([], _) => {
            // Told to be quiet, standard output carries only what was asked for by name.
            if !global.quiet || settings.format != ReportFormat::Console {
                outputs.stdout(settings.format, Look::stdout(global.color), writing).map_err(|error| anyhow!(error))?;
            }
        }
        ([one], None) => outputs.stdout(one.format, Look::stdout(global.color), writing).map_err(|error| anyhow!(error))?,
        _ => return Err(anyhow!("two reports to standard output: leave out --format, or send one to a file")),
    }
    let mut seen = HashSet::new();
    for spec in settings.outputs.iter().filter(|spec| !stdout(spec)) {
        if !seen.insert(terminal::destination(&spec.path)) {
            return Err(anyhow!("two reports to one file: {}", crate::text::escape(&spec.path.to_string_lossy())));
        }
        if overwrite::is_scanned(spec, roots) {
            let name = crate::text::escape(&spec.path.to_string_lossy()).into_owned();
            return Err(anyhow!("a report to {name} would replace a file that is to be scanned: name another one"));
        }
        outputs.file(spec, writing).map_err(|error| anyhow!(error))?;
    }
    Ok(outputs)
}
