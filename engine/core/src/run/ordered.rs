//! Work on many threads whose results come out in the order in which it went in.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How much may be under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Threads.
    pub jobs: usize,
    /// Weight of results that wait for an earlier one: what bounds memory while a large file holds up the small ones after it.
    pub held: usize,
}

/// Handed to the threads and not done, for each of them: enough that none waits while results are written. It is filled up when half
/// of it is done, so that small files do not cost a change of threads each.
const AHEAD: usize = 16;

/// Threads of the engine parse what others wrote: their stacks are larger than Rust's default of 2 MiB. Pages that are not used cost nothing.
pub(crate) const STACK: usize = 8 << 20;

/// Where a thread gets its work from and leaves its results.
pub(super) struct Lane<'q, T, R> {
    queue: &'q Queue<T>,
    results: Sender<Option<(usize, R)>>,
}

impl<T, R> Lane<'_, T, R> {
    /// The next item and its number, waited for; none when there will be no more.
    pub fn wait(&self) -> Option<(usize, T)> {
        let mut state = self.queue.state();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next item and its number, if there is one now.
    pub fn take(&self) -> Option<(usize, T)> {
        self.queue.state().items.pop_front()
    }

    /// The result of an item.
    pub fn done(&self, number: usize, result: R) {
        // The receiver outlives the threads unless its own one panics, and then nobody wants the result.
        drop(self.results.send(Some((number, result))));
    }
}

struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    items: VecDeque<(usize, T)>,
    closed: bool,
}

impl<T> Queue<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, items: &mut Vec<(usize, T)>) {
        if !items.is_empty() {
            self.state().items.extend(items.drain(..));
            self.changed.notify_all();
        }
    }

    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }
}

/// Ends the work of all threads when one of them, or the one that hands out work, panics: nobody waits for what will not come.
struct Closes<'q, T, R>(Lane<'q, T, R>);

impl<T, R> Drop for Closes<'_, T, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.queue.state().items.clear();
            self.0.queue.close();
            drop(self.0.results.send(None));
        }
    }
}

/// Calls `work` on many threads, each of which takes items from its lane and leaves results there, and `each` on this one with
/// every result, in order.
///
/// `items` is asked for the next one only when there is room in the window.
pub(super) fn ordered<T, R>(
    window: Window,
    items: &mut dyn Iterator<Item = T>,
    work: impl Fn(&Lane<'_, T, R>) + Sync,
    weight: impl Fn(&R) -> usize,
    mut each: impl FnMut(R),
) -> io::Result<()>
where
    T: Send,
    R: Send,
{
    let jobs = window.jobs.max(1);
    let work = &work;
    let queue = Queue { state: Mutex::new(State { items: VecDeque::new(), closed: false }), changed: Condvar::new() };
    let queue = &queue;
    std::thread::scope(|scope| {
        let (results, receive) = channel::<Option<(usize, R)>>();
        let lane = || Closes(Lane { queue, results: results.clone() });
        let _closes = lane();
        // Results from number `first` on: none where it is not there yet.
        let mut waiting: VecDeque<Option<R>> = VecDeque::new();
        let mut first = 0;
        let (mut running, mut held, mut threads) = (0, 0, 0);
        let (mut more, mut room) = (true, true);
        let mut next = Vec::new();
        loop {
            if running <= jobs * AHEAD / 2 {
                room = true;
            }
            while room && more && held < window.held {
                let Some(item) = items.next() else {
                    more = false;
                    break;
                };
                next.push((first + waiting.len(), item));
                waiting.push_back(None);
                running += 1;
                room = running < jobs * AHEAD;
            }
            queue.push(&mut next);
            if running == 0 && !more {
                break;
            }
            // No more threads than there is work for.
            while threads < jobs.min(running) {
                let lane = lane();
                let builder = std::thread::Builder::new().name(format!("scan-{threads}")).stack_size(STACK);
                match builder.spawn_scoped(scope, move || work(&{ lane }.0)) {
                    Ok(_) => threads += 1,
                    Err(error) if threads == 0 => return Err(error),
                    // As many as the system has room for.
                    Err(_) => break,
                }
            }
            let Ok(one) = receive.recv() else { break };
            let mut panicked = false;
            for message in std::iter::once(one).chain(receive.try_iter()) {
                let Some((number, result)) = message else {
                    panicked = true;
                    break;
                };
                running -= 1;
                held += weight(&result);
                waiting[number - first] = Some(result);
            }
            if panicked {
                break;
            }
            while let Some(Some(_)) = waiting.front() {
                if let Some(result) = waiting.pop_front().flatten() {
                    held -= weight(&result);
                    first += 1;
                    each(result);
                }
            }
        }
        queue.close();
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Work on one item at a time.
    fn one_by_one<T, R>(work: impl Fn(T) -> R + Sync) -> impl Fn(&Lane<'_, T, R>) + Sync {
        move |lane| {
            while let Some((number, item)) = lane.wait() {
                lane.done(number, work(item));
            }
        }
    }

    use std::collections::HashSet;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn results_are_in_order_on_any_number_of_threads() {
        for jobs in [1, 2, 8] {
            let mut out = Vec::new();
            let work = |n: u64| {
                std::thread::sleep(Duration::from_micros((n * 7919) % 300));
                n
            };
            ordered(Window { jobs, held: 1000 }, &mut (0..500), one_by_one(work), |_| 1, |n| out.push(n)).unwrap();
            assert_eq!(out, (0..500).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_slow_one_holds_back_no_more_than_the_window() {
        let taken = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let mut items = (0..10_000).inspect(|_| {
            taken.fetch_add(1, Ordering::Relaxed);
        });
        let work = |n: usize| {
            if n == 0 {
                std::thread::sleep(Duration::from_millis(100));
                most.store(taken.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            n
        };
        ordered(Window { jobs: 2, held: 50 }, &mut items, one_by_one(work), |_| 1, |_| {}).unwrap();
        let most = most.load(Ordering::Relaxed);
        assert!((50..=50 + 2 * AHEAD).contains(&most), "{most}");
    }

    #[test]
    fn all_threads_are_used() {
        let threads = Mutex::new(HashSet::new());
        let work = |_: usize| {
            threads.lock().unwrap().insert(std::thread::current().id());
            std::thread::sleep(Duration::from_millis(2));
        };
        ordered(Window { jobs: 4, held: 100 }, &mut (0..64), one_by_one(work), |()| 1, |()| {}).unwrap();
        assert_eq!(threads.lock().unwrap().len(), 4);
    }

    #[test]
    fn a_thread_that_panics_ends_the_run() {
        for jobs in [1, 3] {
            let work = |n: usize| assert_ne!(n, 50, "a defect");
            let run = std::panic::AssertUnwindSafe(|| ordered(Window { jobs, held: 100 }, &mut (0..500), one_by_one(work), |()| 1, |()| {}));
            assert!(std::panic::catch_unwind(run).is_err());
        }
    }

    #[test]
    fn a_lane_that_takes_several_at_a_time_gives_all_of_them() {
        let mut out = Vec::new();
        let work = |lane: &Lane<'_, usize, usize>| {
            while let Some(one) = lane.wait() {
                let many: Vec<_> = std::iter::once(one).chain(std::iter::from_fn(|| lane.take())).collect();
                many.into_iter().rev().for_each(|(number, item)| lane.done(number, item));
            }
        };
        ordered(Window { jobs: 3, held: 1000 }, &mut (0..500), work, |_| 1, |n| out.push(n)).unwrap();
        assert_eq!(out, (0..500).collect::<Vec<_>>());
    }
}
