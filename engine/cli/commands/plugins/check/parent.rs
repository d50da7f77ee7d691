//! Runs each check in a process of its own, and gathers what they say.

use super::checks::CHECKS;
use super::child::{ANSWER, Answer, CHECK, DIARY, INPUT, MEMORY, OUTPUT};
use super::report::{Outcome, Report, State};
use super::{Check, Fault, Order, Stage};
use crate::args::PluginsCheckArgs;
use crate::engine;
use anyhow::Context;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use weighbridge_core::isolate::{Bounds, death};
use weighbridge_core::report::PluginInfo;

/// How often a child is looked after.
const TICK: Duration = Duration::from_millis(2);

/// Bytes that are kept of what a child printed.
const PRINTED: u64 = 400;

/// What came of one check, and what its process knew.
struct Done {
    outcome: Outcome,
    plugin: Option<PluginInfo>,
    inputs: Option<(usize, usize)>,
    refused: Option<String>,
}

/// Runs all checks, stage by stage; those of one stage run beside each other.
pub(super) fn run(args: &PluginsCheckArgs, builtin: Option<String>) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir().context("no folder for the checks could be made")?;
    let library = fs::canonicalize(&args.file).unwrap_or_else(|_| args.file.clone());
    let fixtures = args.fixtures.as_ref().map(|fixtures| fs::canonicalize(fixtures).unwrap_or_else(|_| fixtures.clone()));
    let order = |check: &Check| Order {
        check: check.id.to_owned(),
        library: library.clone(),
        builtin: builtin.clone(),
        fixtures: fixtures.clone(),
        seed: args.seed,
        folder: folder.path().join(check.id),
    };
    let mut report = Report::new(&args.file, builtin.as_deref());
    let mut ended: Option<String> = None;
    let mut done = BTreeMap::new();
    for stage in [Stage::Bytes, Stage::Open, Stage::Descriptor, Stage::Session, Stage::Input] {
        let is_wanted = |check: &&Check| args.only.is_empty() || args.only.iter().any(|only| only == check.id);
        let checks: Vec<&Check> = CHECKS.iter().filter(|check| check.stage == stage).filter(is_wanted).collect();
        if let Some(why) = &ended {
            done.extend(checks.iter().map(|check| (check.id, Outcome::new(check, State::Skipped, why.clone()))));
            continue;
        }
        let all = beside(&checks, |check| one(check, &order(check), args))?;
        for (check, one) in checks.iter().zip(all) {
            report.refused = report.refused.take().or(one.refused);
            let is_refused = one.plugin.is_none();
            report.plugin = report.plugin.take().or(one.plugin);
            report.inputs = report.inputs.or(one.inputs);
            let ends = match one.outcome.state {
                // What cannot be opened, read or made a session of has nothing more to be looked at.
                State::Failed => matches!(stage, Stage::Bytes | Stage::Open | Stage::Session) || (stage == Stage::Descriptor && is_refused),
                State::Crashed | State::TimedOut => stage != Stage::Input,
                _ => false,
            };
            if ends && ended.is_none() {
                ended = Some(format!("`{}` has to be mended first", check.id));
            }
            done.insert(check.id, one.outcome);
        }
        if report.refused.is_some() {
            return Ok(report);
        }
    }
    report.finish(CHECKS.iter().filter_map(|check| done.remove(check.id)).collect());
    Ok(report)
}

/// Runs checks on as many threads as there are processors; the answers are in the order of the checks.
fn beside(checks: &[&Check], run: impl Fn(&Check) -> anyhow::Result<Done> + Sync) -> anyhow::Result<Vec<Done>> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<BTreeMap<usize, anyhow::Result<Done>>> = Mutex::default();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(checks.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(check) = checks.get(at) else { return };
                    let answer = run(check);
                    answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(at, answer);
                }
            });
        }
    });
    answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}

/// Runs one check.
fn one(check: &Check, order: &Order, args: &PluginsCheckArgs) -> anyhow::Result<Done> {
    fs::create_dir(&order.folder)?;
    let output = File::create(order.folder.join(OUTPUT))?;
    let mut command = Command::new(engine::program());
    command.args([CHECK, &serde_json::to_string(order)?]).env_clear().current_dir(&order.folder);
    let child = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn().context("a check could not be started")?;
    let ended = wait(child, Duration::from_secs(args.timeout))?;
    let mut done = verdict(check, order, ended, args.timeout);
    if matches!(done.outcome.state, State::Failed | State::Crashed | State::TimedOut)
        && let Some(folder) = &args.save
    {
        done.outcome.input = saved(check, &order.folder, folder)?;
    }
    // Inputs are large, and there are many checks.
    drop(fs::remove_dir_all(&order.folder));
    Ok(done)
}

/// Waits for a child to end; none where it did not in time, and was killed.
fn wait(mut child: Child, time: Duration) -> anyhow::Result<Option<ExitStatus>> {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if since.elapsed() > time {
            // It may have ended just now.
            drop(child.kill());
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(TICK);
    }
}

fn verdict(check: &Check, order: &Order, ended: Option<ExitStatus>, seconds: u64) -> Done {
    let read = |name: &str| fs::read(order.folder.join(name)).unwrap_or_default();
    let doing = String::from_utf8_lossy(&read(DIARY)).into_owned();
    let with = if doing.is_empty() { String::new() } else { format!(", with {doing}") };
    let mut done = Done { outcome: Outcome::new(check, State::Ok, String::new()), plugin: None, inputs: None, refused: None };
    let answer = match ended {
        None => {
            (done.outcome.state, done.outcome.says) = (State::TimedOut, format!("it did not come back within {seconds} s{with}"));
            return done;
        }
        // A plugin that ends the process leaves no answer.
        Some(_) => serde_json::from_slice::<Answer>(&read(ANSWER)).ok(),
    };
    let Some(answer) = answer else {
        let printed = printed(&order.folder);
        let bounds = Bounds { memory: MEMORY };
        let how = ended.map(|status| death(status, printed.as_deref().unwrap_or_default().as_bytes(), &bounds)).unwrap_or_default();
        let printed = printed.map(|text| format!("; it printed `{text}`")).unwrap_or_default();
        (done.outcome.state, done.outcome.says) = (State::Crashed, format!("{how}{with}{printed}"));
        return done;
    };
    (done.plugin, done.inputs) = (answer.plugin, answer.inputs);
    (done.outcome.state, done.outcome.says) = match answer.fault {
        None if check.id == "quiet" => match printed(&order.folder) {
            Some(text) => (State::Failed, format!("it printed `{text}`: say what is to be said as facts")),
            None => (State::Ok, String::new()),
        },
        None => (State::Ok, String::new()),
        Some(Fault::Failed(says)) => (State::Failed, says),
        Some(Fault::Skipped(says)) => (State::Skipped, says),
        Some(Fault::Warning(says)) => (State::Warning, says),
        Some(Fault::NoLibrary(says)) => {
            done.refused = Some(says.clone());
            (State::Failed, says)
        }
    };
    done
}

/// The beginning of what a child printed.
fn printed(folder: &Path) -> Option<String> {
    let mut text = Vec::new();
    File::open(folder.join(OUTPUT)).ok()?.take(PRINTED).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Keeps the input with which a check ended.
fn saved(check: &Check, from: &Path, folder: &Path) -> anyhow::Result<Option<String>> {
    if !fs::metadata(from.join(DIARY)).is_ok_and(|diary| diary.len() > 0) {
        return Ok(None);
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let to = folder.join(check.id).with_extension("bin");
    fs::copy(from.join(INPUT), &to).with_context(|| format!("{} cannot be written", to.display()))?;
    Ok(Some(to.to_string_lossy().into_owned()))
}
