//! `weighbridge rules learn`.

use super::args::LearnArgs;
use super::{library, models, usage};
use crate::args::Global;
use crate::terminal::{self, GREEN, RED, Writer, YELLOW};
use crate::text::escape;
use crate::{Done, Failure, exit, units};
use anyhow::anyhow;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::{Finding, Verdict};
use weighbridge_core::rules::learn::{Course, Lesson, Teacher, Undecided};

/// Learns a pack, writes it, and tries it on what it was learned from.
pub fn run(global: &Global, args: &LearnArgs) -> Done {
    let stdout = args.output.as_os_str() == "-";
    let name = escape(&args.output.to_string_lossy()).into_owned();
    if !stdout && !args.force && std::fs::symlink_metadata(&args.output).is_ok_and(|metadata| !is_device(&metadata)) {
        return Err(Failure::Usage(anyhow!("{name} is there already, and was left as it is: name another file, or replace it with --force")));
    }
    let library = library()?;
    let readers = models::readers(global, &args.plugins)?;
    let teacher = Teacher::new(&library).map_err(usage)?;
    let lessons: Mutex<Vec<(String, Lesson)>> = Mutex::default();
    let judge = |facts: &FileFacts, path: &str| -> Vec<Finding> {
        if facts.inputs.first().is_some_and(|input| !input.formats.is_empty()) {
            let lesson = teacher.lesson(facts, path);
            lessons.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), lesson));
        }
        Vec::new()
    };
    let mut unread = Vec::new();
    models::scan(&readers, &judge, &args.models, |report| {
        if report.skipped.is_none() && !report.complete {
            let why = report.errors.first().map(|error| error.message.clone());
            let why = why.or_else(|| report.unread.first().map(|part| part.message.clone()));
            unread.push((report.path, why.unwrap_or_else(|| "not fully read".into())));
        }
    })?;
    let course = Course::of(lessons.into_inner().unwrap_or_else(PoisonError::into_inner));
    if course.files == 0 && unread.is_empty() {
        return Err(Failure::Usage(anyhow!("there is nothing to learn from: no file is of a known format")));
    }
    let id = args.id.clone().unwrap_or_else(|| id_of(&args.output));
    let text = course.pack(&id);
    // What is written has to be a pack that can be used as it is.
    let learned = library.rule_set_of("what was learned", &text).map_err(usage)?;
    if !course.learned.is_empty() {
        let cannot = |error: &std::io::Error| anyhow!("cannot write {name}: {}", units::reason(error));
        let mut out = if stdout { Writer::stdout() } else { Writer::file(&args.output).map_err(|error| Failure::Usage(cannot(&error)))? };
        out.write_all(text.as_bytes())?;
        out.finish()?;
    }

    let say = |kind: &str, style, text: &str| terminal::say(kind, style, global.color, &escape(text));
    for Undecided { module, name, why, seen_in } in &course.undecided {
        let name = [&**module, &**name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
        let name = if name.is_empty() { "a name that is not known" } else { &name };
        say("not learned", RED, &format!("{name}: {why}, in {}", units::some(seen_in)));
    }
    for (rule, seen_in) in &course.other {
        say("for rules", YELLOW, &format!("{rule}, in {}: no name that an allowlist could list; a profile finds it", units::some(seen_in)));
    }
    for (path, why) in &unread {
        say("not fully read", YELLOW, &format!("{path}: {why}"));
    }
    if course.learned.is_empty() {
        say("learned", YELLOW, "nothing, and no pack was written");
        return Ok(code(&course, !unread.is_empty()));
    }
    let reports = models::reports(&readers, &learned, &args.models)?;
    let clean = reports.iter().filter(|report| report.verdict == Verdict::Clean).count();
    let entries = units::count(course.learned.len() as u64, "entry", "entries");
    let models = units::count(reports.len() as u64, "model", "models");
    say("learned", GREEN, &format!("{entries} from {models}; {clean} of them clean by this pack alone"));
    say("judge by", GREEN, "the profile that stands at the top of the pack: it has beside it the rules for all that is no import and no call");
    Ok(code(&course, !unread.is_empty()))
}

fn code(course: &Course, unread: bool) -> u8 {
    if !course.undecided.is_empty() {
        exit::FINDINGS
    } else if unread {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    }
}

/// Whether something can be written to without anything being lost: /dev/null, a pipe.
fn is_device(metadata: &std::fs::Metadata) -> bool {
    !metadata.is_file() && !metadata.is_dir() && !metadata.is_symlink()
}

/// An id that fits the file's name.
fn id_of(output: &Path) -> String {
    let stem = output.file_stem().map(|stem| stem.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let id: String = stem.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    let id = id.trim_matches('-');
    if id.starts_with(|c: char| c.is_ascii_lowercase()) { id.chars().take(64).collect() } else { "learned".into() }
}
