//! How far a scan is, on standard error: files and bytes in all, and the file that is waited for.
//!
//! How much there is at all is counted by a second walk, and what is shown is drawn now and then, each on a thread of its own, so that nothing
//! waits for either.

use crate::args::Progress as When;
use crate::{text, units};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use weighbridge_core::run::Watch;
use weighbridge_core::source::{Kind, Target};

/// Between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(5);
/// Between two looks where there is one.
const TICK: Duration = Duration::from_millis(200);

/// What is shown, or nothing.
pub struct Progress {
    shown: Option<Arc<Shown>>,
}

/// Shared with the thread that draws.
struct Shown {
    display: Display,
    watch: Arc<Watch>,
    counted: Counted,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// Handed out and not reported: what it is called, and its size.
    waiting: VecDeque<(String, u64)>,
    files: u64,
    bytes: u64,
    ended: bool,
}

enum Display {
    Bars {
        all: MultiProgress,
        overall: ProgressBar,
        current: ProgressBar,
    },
    /// Lines, for a log.
    Lines,
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
    /// Shows progress where that was asked for, of what `targets` walks over. `watch` knows how far the reading is.
    pub fn start(when: When, quiet: bool, watch: &Arc<Watch>, targets: impl FnOnce() -> Box<dyn Iterator<Item = Target> + Send>) -> Self {
        let terminal = stderr().is_terminal();
        let display = match when {
            When::Never => return Progress { shown: None },
            When::Auto if quiet || !terminal => return Progress { shown: None },
            _ if terminal => bars(),
            _ => Display::Lines,
        };
        let shown = Arc::new(Shown { display, watch: watch.clone(), counted: Counted::default(), state: Mutex::default(), ended: Condvar::new() });
        // Without the count there is no total, and without the other one nothing moves: nothing that a scan should fail for.
        let (all, counts) = (targets(), shown.clone());
        drop(std::thread::Builder::new().name("count".into()).spawn(move || counts.counted.all(all)));
        let draws = shown.clone();
        drop(std::thread::Builder::new().name("progress".into()).spawn(move || draws.draw()));
        Progress { shown: Some(shown) }
    }

    /// A target is handed out.
    pub fn begin(&self, target: &Target) {
        if let Some(shown) = &self.shown {
            shown.state().waiting.push_back((text::escape(&target.path.text).into_owned(), size(target)));
        }
    }

    /// The next file in order is reported.
    pub fn end(&self) {
        let Some(shown) = &self.shown else { return };
        let mut state = shown.state();
        if let Some((_, size)) = state.waiting.pop_front() {
            state.files += 1;
            state.bytes += size;
        }
    }

    /// Does something that may write to the terminal.
    pub fn aside<T>(&self, action: impl FnOnce() -> T) -> T {
        match self.shown.as_deref() {
            Some(Shown { display: Display::Bars { all, .. }, .. }) => all.suspend(action),
            _ => action(),
        }
    }
}

/// The last state is said in a log; bars are taken away.
impl Drop for Progress {
    fn drop(&mut self) {
        let Some(shown) = &self.shown else { return };
        shown.counted.stop.store(true, Ordering::Relaxed);
        let mut state = shown.state();
        state.ended = true;
        shown.ended.notify_all();
        match &shown.display {
            Display::Bars { all, .. } => drop(all.clear()),
            Display::Lines => shown.line(&state),
        }
    }
}

impl Shown {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the scan ends.
    fn draw(&self) {
        let pause = if matches!(self.display, Display::Lines) { PAUSE } else { TICK };
        let mut state = self.state();
        loop {
            state = self.ended.wait_timeout_while(state, pause, |state| !state.ended).unwrap_or_else(PoisonError::into_inner).0;
            if state.ended {
                return;
            }
            match &self.display {
                Display::Bars { overall, current, .. } => self.bars(&state, overall, current),
                Display::Lines => self.line(&state),
            }
        }
    }

    /// Bytes of the files that are done, and of those that are being read.
    fn bytes(&self, state: &State) -> u64 {
        state.bytes.saturating_add(self.watch.bytes())
    }

    /// The file that is waited for, and how far it is.
    fn current(&self, state: &State) -> Option<String> {
        let first = self.watch.first();
        // What is met later is numbered higher: of what is read the first one is somewhere in what is waited for.
        let at = first.and_then(|(number, _)| number.checked_sub(usize::try_from(state.files).ok()?)).unwrap_or(0);
        let (name, size) = state.waiting.get(at)?;
        Some(match first {
            Some((_, read)) if read > 0 => format!("{name}, {} of {}", units::size(read), units::size(*size)),
            _ => format!("{name}, {}", units::size(*size)),
        })
    }

    fn bars(&self, state: &State, overall: &ProgressBar, current: &ProgressBar) {
        let (files, bytes) = (state.files, self.bytes(state));
        let least = if self.counted.whole.load(Ordering::Relaxed) { "" } else { "at least " };
        let of = |done: u64, all: &AtomicU64| all.load(Ordering::Relaxed).max(done);
        overall.set_length(of(bytes, &self.counted.bytes).max(1));
        overall.set_position(bytes);
        overall.set_message(format!("{} of {least}{} files", units::grouped(files), units::grouped(of(files, &self.counted.files))));
        current.set_message(self.current(state).unwrap_or_default());
        current.tick();
    }

    fn line(&self, state: &State) {
        let all = match self.counted.whole.load(Ordering::Relaxed) {
            true => format!(" of {}", units::count(self.counted.files.load(Ordering::Relaxed), "file", "files")),
            false => format!(" {}", if state.files == 1 { "file" } else { "files" }),
        };
        let now = self.current(state).map(|now| format!(", now {now}")).unwrap_or_default();
        // That nobody reads it is no reason to fail.
        drop(writeln!(stderr(), "progress: {}{all}, {}{now}", units::grouped(state.files), units::size(self.bytes(state))));
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
    Display::Bars { all, overall, current }
}

/// Bytes on disk, of what is a file.
pub fn size(target: &Target) -> u64 {
    match &target.kind {
        Kind::File { path, .. } => path.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    }
}
