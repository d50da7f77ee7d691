//! Every limit of the engine, and why it is there. Formats' own limits stand in their plugins.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The limits of one file's scan that are settings. The others bound memory, or what a plugin may do, and are the same for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// See [`DEPTH`], which it cannot exceed: each level takes stack.
    pub depth: u32,
    /// See [`CHILD_BYTES`], which it cannot exceed: it is what a worker may write.
    pub child_bytes: u64,
    /// See [`DECODED_BYTES`].
    pub decoded_bytes: u64,
    /// See [`STEPS`].
    pub steps: u64,
    /// See [`QUICK_SWEEP`].
    pub quick_sweep: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: DEPTH, child_bytes: CHILD_BYTES, decoded_bytes: DECODED_BYTES, steps: STEPS, quick_sweep: QUICK_SWEEP }
    }
}

/// Places kept of one fact: enough to look at, whatever the repetition.
pub const PLACES: usize = 8;
/// Beyond them one is kept for each nested input in which the fact occurs, up to this many in all: rules ask what a fact lies in. The drawings of a workbook, the
/// modules of a package are some tens.
pub const INPUT_PLACES: usize = 32;

/// Facts of one file. Real files have tens to some thousands; an archive has one for each member.
pub const FACTS: usize = 65_536;

/// Bytes of text and bytes in all facts of one file: with [`FACTS`] it bounds the memory of a scan.
pub const FACT_BYTES: usize = 16 << 20;

/// Bytes of one text or bytes value.
pub const VALUE_BYTES: usize = 64 << 10;

/// Items of one list value.
pub const LIST_ITEMS: usize = 4_096;

/// Fields of one fact. The vocabulary's largest kind has eleven.
pub const FIELDS: usize = 64;

/// Nesting: a file in an archive in an archive … Real models have up to four levels; a quine has no end.
pub const DEPTH: u32 = 24;

/// Inputs of one file: every nested thing that was taken up.
pub const INPUTS: u32 = 200_000;

/// Children reported by one scan of one input.
pub const CHILDREN: usize = 200_000;

/// A decoded child up to this size is held in memory, a larger one in a scratch file.
pub const CHILD_MEMORY: u64 = 16 << 20;

/// A decoded child is read up to this size; of a larger one this much is looked at and the result is incomplete.
pub const CHILD_BYTES: u64 = 4 << 30;

/// Decoded bytes of one file in all: what bounds a bomb of bombs.
pub const DECODED_BYTES: u64 = 16 << 30;

/// A child that unpacks to more than this many times its packed size is a bomb once it is also larger than [`BOMB_BYTES`].
/// Deflate reaches 1,032 on zeros; tensors and text stay below 100.
pub const BOMB_RATIO: u64 = 1_000;

/// See [`BOMB_RATIO`].
pub const BOMB_BYTES: u64 = 256 << 20;

/// What a bomb is, is also a matter of size: zeros for a checkpoint's buffers unpack to some hundred MiB at any ratio, and harm nobody. A child that unpacks to
/// more than this many times its packed size is a bomb once it is larger than [`LARGE_BOMB_BYTES`].
pub const LARGE_BOMB_RATIO: u64 = 200;

/// See [`LARGE_BOMB_RATIO`].
pub const LARGE_BOMB_BYTES: u64 = 1 << 30;

/// Steps (opcodes, entries, rows) of one file: some minutes of the slowest parser.
pub const STEPS: u64 = 20_000_000_000;

/// Bytes at the start of an input in which magics are matched.
pub const HEAD: usize = 4 << 10;

/// Bytes at its end, where the end record of a ZIP archive may stand before a comment of 65,535 bytes.
pub const TAIL: usize = (64 << 10) + 22;

/// Bytes that no reader accounts for, of payload, and of texts, each searched in quick mode where an input has no more of them: a payload that a loader
/// would never reach by itself is small, and larger parts are what thorough mode is for.
pub const QUICK_SWEEP: u64 = 1 << 20;

/// Bytes at the end of larger payloads that are searched in quick mode.
pub const QUICK_END: u64 = 64 << 10;

/// Bytes of payload and texts of one file that are searched in quick mode, with all that is nested in it: some milliseconds.
pub const QUICK_FILE: u64 = 4 << 20;

/// Regions kept of one input; past that, neighbours of one class are joined and the list ends.
pub const REGIONS: usize = 100_000;

/// Rows of listings in one inspect session that are passed on: opcodes of some hundred megabytes. The rest is counted.
pub const ROWS: u64 = 100_000_000;

/// Listings of one input that one plugin writes: real ones have up to five.
pub const LISTINGS: usize = 32;

/// Columns of one listing that have names.
pub const COLUMNS: usize = 16;

/// Places whose rows are wanted whatever their number: what was found, and what was asked for.
pub const ROW_PLACES: usize = 16;

/// Bytes of one line of a dump.
pub const DUMP_LINE: u64 = 16;

/// Bytes of one rule pack. The largest list of names that we know of takes a tenth.
pub const PACK_BYTES: u64 = 16 << 20;

/// Packs that one selection may lead to, through `extends` and profiles: more is a mistake that would take minutes to read.
pub const PACKS: usize = 256;

/// Different calls of one name that a learned entry lists: what has more is for a person to look at.
pub const LEARNED_CALLS: usize = 16;

/// Files that a learned entry names.
pub const LEARNED_FILES: usize = 8;

/// Mistakes of one pack that are shown; the rest is counted.
pub const PROBLEMS: usize = 50;

/// Conditions within conditions of a rule: more than anybody reads.
pub const CONDITION_DEPTH: usize = 32;

/// Levels of parents that a condition follows. Plugins nest facts two deep.
pub const PARENTS: usize = 8;

/// Readings of one name: more than a real one has, and a bound for a hostile one.
pub const READINGS: usize = 48;

/// Components of a dotted name that are looked at.
pub const COMPONENTS: usize = 32;

/// Compiled size of one regular expression of a pack, in bytes. The largest shipped one takes a tenth.
pub const PATTERN_BYTES: usize = 1 << 20;

/// Nesting of one regular expression.
pub const PATTERN_NEST: u32 = 50;

/// Findings of one rule in one file: further ones are counted on the last.
pub const FINDINGS_PER_RULE: usize = 1_000;

/// Facts that a join asks for beside the one that is judged.
pub const JOINS: usize = 8;

/// Fields that a join compares.
pub const JOIN_FIELDS: usize = 4;

/// Keys of one fact in a join, where its fields are lists: a hostile list makes no more work than this.
pub const JOIN_KEYS: usize = 64;

/// Names beside a file that joins look at: larger folders hold data, and their rest is not known.
pub const BESIDE: usize = 65_536;

/// Reports of one artifact that wait for its last file, each counting one and its findings one each. Real models have up to some hundred files.
pub const ARTIFACT_REPORTS: usize = 16_384;

/// Findings of one file that wait for what lies in other files of its artifact.
pub const ARTIFACT_QUESTIONS: usize = 4_096;

/// Facts of one file that joins between files of its artifact remember.
pub const ARTIFACT_ANSWERS: usize = 65_536;

/// The same of all files of one artifact: what bounds the memory of a model in a thousand files.
pub const ARTIFACT_PARTS: usize = 262_144;

/// Characters of one piece of evidence: enough to recognise a payload, too little to flood a terminal.
pub const EVIDENCE: usize = 400;

/// Characters of a name in a finding.
pub const NAME: usize = 300;

/// Time for one file, with [`FILE_PACE`]: some times what the slowest real file takes. Time is a backstop, and what it ends is an error:
/// steps, bytes and facts are what bounds a scan, because they are the same everywhere.
pub const FILE_TIME: Duration = Duration::from_secs(600);

/// A second more for each so many bytes: a slow network drive.
pub const FILE_PACE: u64 = 4 << 20;

/// The time that a file of a size has.
pub fn file_time(size: u64) -> Duration {
    FILE_TIME + Duration::from_secs(size / FILE_PACE)
}

/// How long a worker has to end a file by itself when its time is up or the run is stopped; then it is killed.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long a worker has to start: opening plugin libraries is most of it.
pub const WORKER_START: Duration = Duration::from_secs(30);

/// Memory of a worker, as address space: the engine holds below 200 MiB of what a file says, decoders' windows some tens, each thread reserves
/// 64 MiB without using them, and libraries take what they take.
pub const WORKER_MEMORY: u64 = 2 << 30;

/// Processor time of a worker in its life: what ends it when nobody is there to watch it. It is replaced long before.
pub const WORKER_CPU: Duration = Duration::from_secs(8 * 3600);

/// Open files of a worker: one for each file that it was given, one for each scratch file of a nesting, one for each plugin library.
pub const WORKER_DESCRIPTORS: u64 = 1_024;

/// Files of one worker: whatever a plugin leaks is gone after so many.
pub const WORKER_FILES: u32 = 2_000;

/// Time of one worker, after which it is replaced: well below [`WORKER_CPU`] on two threads.
pub const WORKER_TIME: Duration = Duration::from_secs(1_800);

/// Bytes of records that a worker may send of one file: what the limits on facts, inputs and regions add up to, generously.
pub const RECORD_BYTES: u64 = 1 << 30;

/// Files that a worker is given ahead, so that it does not wait for the next one: small ones only.
pub const IN_FLIGHT: usize = 16;

/// Bytes of the files that a worker is given ahead.
pub const IN_FLIGHT_BYTES: u64 = 1 << 20;
