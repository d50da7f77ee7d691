//! The checks: a table, and a file for each group of them.

mod children;
mod library;
mod pace;
mod robust;
mod said;
mod same;
mod sessions;
mod stops;
mod traces;

use super::{Check, Stage};

const fn check(id: &'static str, stage: Stage, line: &'static str, run: fn(&mut super::bench::Bench) -> Result<(), super::Fault>) -> Check {
    Check { id, line, stage, run }
}

/// All of them, in the order in which they are printed.
pub const CHECKS: &[Check] = &[
    check("exports", Stage::Bytes, "it exports one data symbol weighbridge_plugin_<id>", library::exports),
    check("opens", Stage::Open, "the system's loader opens it, with all that it needs", library::opens),
    check("versions", Stage::Descriptor, "its versions are ones that this Weighbridge speaks", library::versions),
    check("sizes", Stage::Descriptor, "each structure has the size that it says", library::sizes),
    check("required-pointers", Stage::Descriptor, "functions and tables that are required are there", library::pointers),
    check("texts", Stage::Descriptor, "ids, names, version and licence are text of their form", library::texts),
    check("formats", Stage::Descriptor, "each format can be recognised: magics that can match, extensions", library::formats),
    check("kinds", Stage::Descriptor, "kinds and fields that it declares are of the vocabulary or have a prefix", library::kinds),
    check("unknown-extensions", Stage::Descriptor, "it answers null for extensions that it does not have", library::extensions),
    check("sessions", Stage::Session, "sessions are made, many at once, and destroyed in any order", sessions::sessions),
    check("claims", Stage::Input, "it takes fixtures for its own, and is asked of each that it takes", said::claims),
    check("probe", Stage::Input, "probe answers with what there is, emits nothing, and reads a little", said::probe),
    check("empty-input", Stage::Input, "an empty input is read without a fault", robust::empty),
    check("one-byte-input", Stage::Input, "an input of one byte is read without a fault, whichever it is", robust::one_byte),
    check("prefixes", Stage::Input, "an input that is cut short, at every boundary of its structure, is read without a fault", robust::prefixes),
    check("bit-flips", Stage::Input, "an input of which bits are changed is read without a fault", robust::bit_flips),
    check("statuses", Stage::Input, "functions return statuses that they may return", robust::statuses),
    check("anomalies", Stage::Input, "a scan that returns MALFORMED or UNSUPPORTED has said where and why", robust::anomalies),
    check("anomaly-codes", Stage::Input, "codes of anomalies are of the vocabulary or its own", robust::anomaly_codes),
    check("stop-io", Stage::Input, "a reader that fails at any call ends the scan at once, with its status", stops::io),
    check("stop-cancelled", Stage::Input, "a scan that is cancelled at any call ends at once, with that status", stops::cancelled),
    check("stop-budget", Stage::Input, "a scan that runs out of budget at any call ends at once, with that status", stops::budget),
    check("poll", Stage::Input, "it polls at least every 64 KiB or 10,000 steps", pace::poll),
    check("declared", Stage::Input, "facts are of kinds and fields that it declares", said::declared),
    check("arguments", Stage::Input, "it passes structures, values and ids that are some, when it may", said::arguments),
    check("places", Stage::Input, "places lie in the input, and parents are facts that were emitted", said::places),
    check("regions", Stage::Input, "regions are of a class, and lie in the input", said::regions),
    check("regions-overlap", Stage::Input, "regions do not lie over each other", said::overlap),
    check("child-records", Stage::Input, "children lie in the input, and each token is given once", children::records),
    check("child-reads", Stage::Input, "children are decoded into the buffer that is given, and can be closed before their end", children::reads),
    check("repeatable", Stage::Input, "the same input gives the same, whatever the session read before", same::repeatable),
    check("one-byte-reads", Stage::Input, "read a byte at a time, input and children give the same", same::one_byte),
    check("any-thread", Stage::Input, "a session gives the same when other threads call it, one after the other", same::any_thread),
    check("parallel", Stage::Input, "sessions that are used at the same time give the same", same::parallel),
    check("confined", Stage::Input, "in a worker, which has no files and no network, it sees the same", same::confined),
    check("memory", Stage::Input, "sessions that are destroyed and inputs that were read leave no memory behind", sessions::memory),
    check("traces", Stage::Input, "it leaves threads, files, environment, signals and the like as they were", traces::traces),
    check("quiet", Stage::Input, "it prints nothing", traces::quiet),
    check("speed", Stage::Input, "it is opened and has probed an input within 100 ms", sessions::speed),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_stages_in_order() {
        let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CHECKS.len());
        assert!(CHECKS.is_sorted_by_key(|check| check.stage));
    }
}
