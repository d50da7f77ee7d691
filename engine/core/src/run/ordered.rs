//! Work on many threads whose results come out in the order in which it went in.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::channel;

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
const STACK: usize = 8 << 20;

/// Calls `work` on many threads, and `each` on this one with every result, in order.
///
/// `items` is asked for the next one only when there is room in the window.
pub(super) fn ordered<T, R>(
    window: Window,
    items: &mut dyn Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
    weight: impl Fn(&R) -> usize,
    mut each: impl FnMut(R),
) -> io::Result<()>
where
    T: Send,
    R: Send,
{
    let jobs = window.jobs.max(1);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .stack_size(STACK)
        .thread_name(|n| format!("scan-{n}"))
        .build()
        .map_err(|error| io::Error::other(error.to_string()))?;
    let work = &work;
    pool.in_place_scope(|scope| {
        let (send, receive) = channel::<(usize, R)>();
        // Results from number `first` on: none where it is not there yet.
        let mut waiting: VecDeque<Option<R>> = VecDeque::new();
        let mut first = 0;
        let (mut running, mut held) = (0, 0);
        let (mut more, mut room) = (true, true);
        loop {
            if running <= jobs * AHEAD / 2 {
                room = true;
            }
            while room && more && held < window.held {
                let Some(item) = items.next() else {
                    more = false;
                    break;
                };
                let number = first + waiting.len();
                waiting.push_back(None);
                running += 1;
                room = running < jobs * AHEAD;
                let send = send.clone();
                // The receiver outlives the scope's tasks unless this thread panics, and then nobody wants the result.
                scope.spawn(move |_| drop(send.send((number, work(item)))));
            }
            if running == 0 && !more {
                break;
            }
            let Ok(one) = receive.recv() else { break };
            for (number, result) in std::iter::once(one).chain(receive.try_iter()) {
                running -= 1;
                held += weight(&result);
                waiting[number - first] = Some(result);
            }
            while let Some(Some(_)) = waiting.front() {
                if let Some(result) = waiting.pop_front().flatten() {
                    held -= weight(&result);
                    first += 1;
                    each(result);
                }
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
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
            ordered(Window { jobs, held: 1000 }, &mut (0..500), work, |_| 1, |n| out.push(n)).unwrap();
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
        ordered(Window { jobs: 2, held: 50 }, &mut items, work, |_| 1, |_| {}).unwrap();
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
        ordered(Window { jobs: 4, held: 100 }, &mut (0..64), work, |()| 1, |()| {}).unwrap();
        assert_eq!(threads.lock().unwrap().len(), 4);
    }
}
