//! Limits of the system on one process.

use super::super::Bounds;
use crate::limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Sets them: what was set, in words.
pub(in crate::isolate) fn bound(bounds: &Bounds) -> Result<String, String> {
    let all = [
        ("memory", Resource::As, bounds.memory),
        ("processor time", Resource::Cpu, limits::WORKER_CPU.as_secs()),
        ("descriptors", Resource::Nofile, limits::WORKER_DESCRIPTORS),
        // Unpacked children go to scratch files; nothing else is written to.
        ("size of a file", Resource::Fsize, limits::CHILD_BYTES + (1 << 20)),
        // A core dump would hold the input, and be as large as memory.
        ("size of a core dump", Resource::Core, 0),
    ];
    let mut memory = bounds.memory;
    for (name, resource, value) in all {
        // A lower limit that the caller has set stays.
        let most = getrlimit(resource).maximum.map_or(value, |most| most.min(value));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(|error| format!("{name}: {error}"))?;
        if resource == Resource::As {
            memory = most;
        }
    }
    let (memory, hours) = (memory >> 20, limits::WORKER_CPU.as_secs() / 3600);
    Ok(format!("{memory} MiB of memory, {hours} h of processor time, {} open files, no core dump", limits::WORKER_DESCRIPTORS))
}
