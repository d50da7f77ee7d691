//! What a worker gives up before it sees the first byte of input: one layer after the other, each reported as it is.

mod bounds;
mod landlock;
mod rehearse;
mod seccomp;

pub(super) use bounds::bound;
pub(super) use rehearse::rehearse;

use super::Bounds;
use crate::report::IsolationLayer;

/// The layers' names, in the order in which they are put on.
const PROCESS: &str = "process";
const NO_NEW_PRIVS: &str = "no-new-privs";
const LIMITS: &str = "limits";
const LANDLOCK: &str = "landlock";
const SECCOMP: &str = "seccomp";

/// The first two: before plugin libraries are opened.
pub(super) fn before_libraries(bounds: &Bounds) -> Vec<IsolationLayer> {
    let process = layer(PROCESS, Ok("a process of its own, without the caller's environment and open files".into()));
    let privileges = rustix::thread::set_no_new_privs(true).map(|()| "no program that it might start gains rights".to_owned());
    vec![process, layer(NO_NEW_PRIVS, privileges.map_err(|error| error.to_string())), layer(LIMITS, bound(bounds))]
}

/// The others: after libraries were opened, before the first byte of input.
pub(super) fn before_input() -> Vec<IsolationLayer> {
    // A plugin library may have started threads when it was opened. Landlock holds for the thread that asks and those that it starts.
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    let landlock =
        landlock::restrict().and_then(|note| if threads == 1 { Ok(note) } else { Err("a plugin started threads that it does not hold".into()) });
    vec![layer(LANDLOCK, landlock), layer(SECCOMP, seccomp::filter())]
}

fn layer(name: &str, state: Result<String, String>) -> IsolationLayer {
    let (in_force, note) = match state {
        Ok(note) => (true, note),
        Err(why) => (false, why),
    };
    IsolationLayer { name: name.into(), in_force, note }
}
