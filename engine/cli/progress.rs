//! How far a scan is, on standard error: files and bytes in all, and the file that is waited for.
//!
//! How much there is at all is counted by a second walk, on a thread of its own, so that nothing waits for it.

use crate::args::Progress as When;
use crate::{text, units};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use weighbridge_core::source::{Kind, Target};

/// Between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(5);

/// What is shown, or nothing.
pub struct Progress {
    display: Display,
    counted: Arc<Counted>,
    /// Handed out and not reported: what it is called, and its size.
    waiting: VecDeque<(String, u64)>,
    files: u64,
    bytes: u64,
}

enum Display {
    None,
    Bars {
        all: MultiProgress,
        overall: ProgressBar,
        current: ProgressBar,
    },
    /// Lines, for a log.
    Lines {
        last: Instant,
    },
}

/// What there is in all, as far as it was counted.
#[derive(Default)]
struct Counted {
    files: AtomicU64,
    bytes: AtomicU64,
    whole: AtomicBool,
    stop: AtomicBool,
}

impl Progress {
    /// Shows progress where that was asked for, of what `targets` walks over.
    pub fn start(when: When, quiet: bool, targets: impl FnOnce() -> Box<dyn Iterator<Item = Target> + Send>) -> Self {
        let terminal = stderr().is_terminal();
        let display = match when {
            When::Never => Display::None,
            When::Auto if quiet || !terminal => Display::None,
            _ if terminal => bars(),
            _ => Display::Lines { last: Instant::now() },
        };
        let counted = Arc::new(Counted::default());
        if !matches!(display, Display::None) {
            let (targets, counted) = (targets(), counted.clone());
            // Without the count there is no total: nothing that a scan should fail for.
            drop(std::thread::Builder::new().name("count".into()).spawn(move || counted.all(targets)));
        }
        Progress { display, counted, waiting: VecDeque::new(), files: 0, bytes: 0 }
    }

    /// A target is handed out.
    pub fn begin(&mut self, target: &Target) {
        if !matches!(self.display, Display::None) {
            self.waiting.push_back((text::escape(&target.path.text).into_owned(), size(target)));
            self.show();
        }
    }

    /// The next file in order is reported.
    pub fn end(&mut self) {
        if let Some((_, size)) = self.waiting.pop_front() {
            self.files += 1;
            self.bytes += size;
            if let Display::Bars { current, .. } = &self.display {
                current.reset_elapsed();
            }
            self.show();
        }
    }

    /// Does something that may write to the terminal.
    pub fn aside<T>(&self, action: impl FnOnce() -> T) -> T {
        match &self.display {
            Display::Bars { all, .. } => all.suspend(action),
            _ => action(),
        }
    }

    fn show(&mut self) {
        let (files, bytes) = (self.files, self.bytes);
        let whole = self.counted.whole.load(Ordering::Relaxed);
        let of = |done: u64, all: &AtomicU64| all.load(Ordering::Relaxed).max(done);
        let (all_files, all_bytes) = (of(files, &self.counted.files), of(bytes, &self.counted.bytes));
        match &mut self.display {
            Display::None => {}
            Display::Bars { overall, current, .. } => {
                overall.set_length(all_bytes.max(1));
                overall.set_position(bytes);
                let least = if whole { "" } else { "at least " };
                overall.set_message(format!("{} of {least}{} files", units::grouped(files), units::grouped(all_files)));
                current.set_message(self.waiting.front().map_or_else(String::new, |(name, size)| format!("{name}  {}", units::size(*size))));
            }
            Display::Lines { last } if last.elapsed() >= PAUSE => {
                *last = Instant::now();
                self.line();
            }
            Display::Lines { .. } => {}
        }
    }

    fn line(&self) {
        let all = match self.counted.whole.load(Ordering::Relaxed) {
            true => format!(" of {}", units::count(self.counted.files.load(Ordering::Relaxed), "file", "files")),
            false => format!(" {}", if self.files == 1 { "file" } else { "files" }),
        };
        let now = self.waiting.front().map(|(name, size)| format!(", now {name} ({})", units::size(*size))).unwrap_or_default();
        // That nobody reads it is no reason to fail.
        drop(writeln!(stderr(), "progress: {}{all}, {}{now}", units::grouped(self.files), units::size(self.bytes)));
    }
}

/// The last state is said in a log; bars are taken away.
impl Drop for Progress {
    fn drop(&mut self) {
        self.counted.stop.store(true, Ordering::Relaxed);
        match &self.display {
            Display::None => {}
            Display::Bars { all, .. } => drop(all.clear()),
            Display::Lines { .. } => self.line(),
        }
    }
}

impl Counted {
    fn all(&self, targets: Box<dyn Iterator<Item = Target> + Send>) {
        for target in targets {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            self.files.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(size(&target), Ordering::Relaxed);
        }
        self.whole.store(true, Ordering::Relaxed);
    }
}

fn bars() -> Display {
    let all = MultiProgress::new();
    let style = |template: &str| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let overall = all.add(ProgressBar::new(1).with_style(style("{wide_bar} {binary_bytes} of {binary_total_bytes}  {msg}")));
    let current = all.add(ProgressBar::new_spinner().with_style(style("{spinner} {elapsed} {wide_msg}")));
    current.enable_steady_tick(Duration::from_millis(200));
    Display::Bars { all, overall, current }
}

/// Bytes on disk, of what is a file.
pub fn size(target: &Target) -> u64 {
    match &target.kind {
        Kind::File { path, .. } => path.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    }
}
