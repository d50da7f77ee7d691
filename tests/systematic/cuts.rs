//! Files that end too early.

use super::{CUTS, Good, SAMPLE, SMALL, all_wanted, exhaustive, good, sample, silent};
use crate::support::judge;
use std::collections::BTreeSet;
use weighbridge_core::report::Verdict;

/// Whether a good file that is cut there is whole by its grammar, so that nobody can see the cut.
type Grammar = fn(&Good, usize) -> bool;

/// Formats with such beginnings, and why.
const BEGINNINGS: &[(&str, Grammar, &str)] = &[
    ("bzip2", streams, "streams follow each other, and none says how many"),
    ("cntk", fields, "a message of protocol buffers"),
    ("coreml-program", anywhere, "text of a compiler, of which lines are read"),
    ("dockerfile", anywhere, "every line stands for itself"),
    ("executable", anywhere, "a script is run line by line as it is read"),
    ("ggml", anywhere, "each program has a layout of its own: nothing of it is understood"),
    ("gguf", zeros, "the last tensor is filled up to a boundary, which what is read does not need"),
    ("gzip", streams, "members follow each other, and none says how many; zeros may fill a tape behind them"),
    ("java-source", anywhere, "what does not compile is not run, and is read all the same"),
    ("jinja", anywhere, "text outside of constructs is a template"),
    ("lightgbm", behind_trees, "importances and categories: every line stands for itself, and a text is one before each of its letters"),
    ("llamafile", anywhere, "a program, whose inside is not understood"),
    ("lua-source", anywhere, "what does not compile is not run, and is read all the same"),
    ("lz4", blocks, "blocks of the old format follow each other to the end of the file"),
    ("modelfile", anywhere, "every line stands for itself"),
    ("npy", streams, "arrays follow each other, and none says how many"),
    ("npy", pickles, "pickles follow each other, and none says how many"),
    ("onnx", fields, "a message of protocol buffers"),
    ("onnx-tensor", fields, "a message of protocol buffers"),
    ("paddle-parameters", tensors, "tensors follow each other; the program beside them says how many"),
    ("paddle-program", fields, "a message of protocol buffers"),
    ("pbtxt", lines, "a message of text ends behind any field"),
    ("pbtxt", words, "a number is one before each of its digits, a word before each of its letters"),
    ("pickle", pickles, "pickles follow each other, and none says how many"),
    ("protobuf-message", fields, "a message of protocol buffers"),
    ("python-source", anywhere, "what does not parse is not run, and is read all the same"),
    ("r-source", anywhere, "what does not parse is not run, and is read all the same"),
    ("rds", words, "a number of text is one before each of its digits"),
    ("requirements", anywhere, "every line stands for itself, and a name is one before each of its letters"),
    ("sections", anywhere, "every line stands for itself, and a text is one before each of its letters"),
    ("shell-script", anywhere, "a script is run line by line as it is read"),
    ("tar", zeros, "readers take an archive of which the end is short: zeros alone are missing"),
    ("tensorflow-checkpoint-data", anywhere, "bare numbers: the index beside them says how many"),
    ("tensorflow-checkpoint-state", lines, "every line stands for itself"),
    ("tensorflow-events", records, "records follow each other as long as a program runs"),
    ("tensorflow-fingerprint", fields, "a message of protocol buffers"),
    ("tensorflow-graph", fields, "a message of protocol buffers"),
    ("tensorflow-meta-graph", fields, "a message of protocol buffers"),
    ("tensorflow-saved-model", fields, "a message of protocol buffers"),
    ("tensorflow-text", lines, "a message of text ends behind any field"),
    ("torch7", words, "a number of text is one before each of its digits"),
    ("xz", streams, "streams follow each other, and none says how many"),
    ("yaml", anywhere, "plain text is one before each of its letters"),
    ("zstd", frames, "frames follow each other, and none says how many"),
];

fn anywhere(_: &Good, _: usize) -> bool {
    true
}

/// Behind the mark that ends the trees.
fn behind_trees(good: &Good, cut: usize) -> bool {
    good.bytes[..cut].windows(12).any(|window| window == b"end of trees")
}

/// Before a frame, of either kind: <https://datatracker.ietf.org/doc/html/rfc8878#section-3.1>.
fn frames(good: &Good, cut: usize) -> bool {
    matches!(good.bytes[cut..], [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Before and behind any line.
fn lines(good: &Good, cut: usize) -> bool {
    good.bytes[cut] == b'\n' || good.bytes[cut - 1] == b'\n'
}

/// Inside of a word or number.
fn words(good: &Good, cut: usize) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    word(good.bytes[cut - 1]) && word(good.bytes[cut])
}

/// Before zeros that go on to the end.
fn zeros(good: &Good, cut: usize) -> bool {
    good.bytes[cut..].iter().all(|byte| *byte == 0)
}

/// Before what begins as the file does, and zeros in front of that.
fn streams(good: &Good, cut: usize) -> bool {
    let rest = &good.bytes[cut..];
    let rest = &rest[rest.iter().take_while(|byte| **byte == 0).count()..];
    rest.is_empty() || rest.starts_with(&good.bytes[..3])
}

/// Behind one pickle or what belongs to it, before another: <https://github.com/python/cpython/blob/main/Lib/pickletools.py>, STOP and PROTO.
fn pickles(good: &Good, cut: usize) -> bool {
    good.bytes[cut] == 0x80 && (good.bytes[cut - 1] == b'.' || good.boundaries.contains(&cut))
}

/// `magic (length:u32 block)*`: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>, the legacy frame.
fn blocks(good: &Good, cut: usize) -> bool {
    let length = |at: usize| good.bytes.get(at..at + 4).map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes.try_into().unwrap()) as usize);
    let next = |at: &usize| at.checked_add(4)?.checked_add(length(*at));
    good.bytes.starts_with(b"\x02\x21\x4c\x18") && std::iter::successors(Some(4), next).take_while(|at| *at <= cut).any(|at| at == cut)
}

/// `(length:u64 checksum:u32 data checksum:u32)*`: <https://www.tensorflow.org/tutorials/load_data/tfrecord>.
fn records(good: &Good, cut: usize) -> bool {
    let length = |at: usize| good.bytes.get(at..at + 8).map_or(usize::MAX, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()) as usize);
    let next = |at: &usize| at.checked_add(16)?.checked_add(length(*at));
    std::iter::successors(Some(0), next).take_while(|at| *at <= cut).any(|at| at == cut)
}

/// Before a version and no levels, which are zeros, and the length of a short description.
fn tensors(good: &Good, cut: usize) -> bool {
    let (rest, begin) = (&good.bytes[cut..], &good.bytes[..16]);
    rest.starts_with(begin) && rest.get(17..20) == Some(&[0; 3])
}

/// Whether bytes are fields of a protocol buffer message, none of them cut: <https://protobuf.dev/programming-guides/encoding/>.
fn fields(good: &Good, cut: usize) -> bool {
    fn varint(bytes: &mut &[u8]) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = bytes.split_first()?;
            *bytes = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
    fn field(bytes: &mut &[u8]) -> Option<()> {
        let length = match varint(bytes)? & 7 {
            0 => varint(bytes).map(|_| 0)?,
            1 => 8,
            2 => usize::try_from(varint(bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        *bytes = bytes.get(length..)?;
        Some(())
    }
    let mut bytes = &good.bytes[..cut];
    while !bytes.is_empty() {
        if field(&mut bytes).is_none() {
            return false;
        }
    }
    true
}

/// The format whose grammar makes a file that is cut there a whole one; "" where that is any format's.
fn may_be_whole(good: &Good, cut: usize) -> Option<&'static str> {
    let rest = &good.bytes[cut..];
    // The last line's end (in UTF-16 too), the end mark of a last text, filling up to a boundary.
    if rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) && rest.len() < 4 || rest.iter().all(u8::is_ascii_whitespace) {
        return Some("");
    }
    BEGINNINGS.iter().filter(|(format, ..)| *format == good.format).find(|(_, grammar, _)| grammar(good, cut)).map(|(format, ..)| *format)
}

/// Some of the places that were tried, neighbours as one.
fn ranges(some: &[usize], tried: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut next = None;
    for place in some {
        match ranges.last_mut() {
            Some(last) if next == Some(*place) => last.1 = *place,
            _ => ranges.push((*place, *place)),
        }
        next = tried.iter().find(|tried| *tried > place).copied();
    }
    ranges.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") }).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_cut_file_is_never_clean() {
    let mut beginnings = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for good in good() {
        let mut cuts: Vec<usize> = good.boundaries.iter().copied().collect();
        // Inside of each structure too: where it begins or ends, it may be whole.
        cuts.extend(good.structure.iter().filter(|(_, length)| *length > 1).flat_map(|(offset, length)| [offset + length / 2, offset + length - 1]));
        if good.bytes.len() <= SMALL || exhaustive() {
            cuts.extend(1..good.bytes.len().min(4 << 10));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut silent_at = Vec::new();
        let cuts = sample(&cuts, SAMPLE, CUTS);
        for &cut in &cuts {
            tried += 1;
            let (facts, report) = judge(&good.name, &good.bytes[..cut]);
            assert!(facts.done && facts.errors.is_empty(), "{} cut at {cut}: {:?}", good.shown(), facts.errors);
            if !silent(&facts, &report) {
                continue;
            }
            match may_be_whole(&good, cut) {
                Some(format) => drop(beginnings.insert(format)),
                None => silent_at.push(cut),
            }
        }
        if !silent_at.is_empty() {
            wrong.push(format!("{}: {}", good.shown(), ranges(&silent_at, &cuts)));
        }
    }
    assert!(tried > 500 || !all_wanted(), "{tried} cuts");
    if exhaustive() {
        eprintln!("{tried} cuts");
    }
    assert!(wrong.is_empty(), "nothing is said of files that were cut: {wrong:#?}");
    let unused: Vec<_> = BEGINNINGS.iter().map(|(format, ..)| format).filter(|format| !beginnings.contains(*format)).collect();
    // A sample may miss the places where a beginning is whole.
    assert!(unused.is_empty() || !exhaustive() || !all_wanted(), "formats of which no beginning is a file, and which are listed: {unused:?}");
}

#[test]
fn an_empty_file_of_any_format_is_not_clean() {
    let mut tried = BTreeSet::new();
    // Bare numbers, of which there may be none.
    for good in good().into_iter().filter(|good| good.format != "tensorflow-checkpoint-data") {
        let (_, report) = judge(&good.name, b"");
        assert_ne!(report.verdict, Verdict::Clean, "{}", good.shown());
        tried.insert(good.format);
    }
    assert!(tried.len() > 50 || !all_wanted());
}
