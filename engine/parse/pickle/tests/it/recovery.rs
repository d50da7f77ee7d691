use crate::recorder::*;
use weighbridge_parse_pickle::*;
use weighbridge_parse_read::Stop;

#[test]
fn nothing_is_nothing() {
    let seen = see(b"");
    assert_eq!(seen, Seen { summary: Summary { complete: true, ..Summary::default() }, ..Seen::default() });
}

#[test]
fn anomalies_have_offsets() {
    let seen = see(b"\x80\x02h\x07\xfe");
    assert_eq!(seen.details[0], (AnomalyCode::MissingMemo, 2, "7".into()));
    assert_eq!(seen.details[1].0, AnomalyCode::InvalidOpcode);
    assert_eq!(seen.details[1].1, 4);
    assert_eq!(seen.gaps, [(4, 1)]);
}

#[test]
fn codes_are_stable_and_distinct() {
    let mut names: Vec<_> = AnomalyCode::ALL.iter().map(|c| c.as_str()).collect();
    assert!(names.iter().all(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), AnomalyCode::ALL.len());
}

struct Skipper(Vec<u64>);

impl Visitor for Skipper {
    fn state(&mut self, state: &State<'_>, values: &mut Values<'_>) -> Result<Flow, Stop> {
        if state.class.is_some_and(|c| c.name() == "NumpyArrayWrapper") {
            let shape = values.get(state.state, "shape")?.unwrap();
            let n: i64 = values.items(shape, 8).values.iter().filter_map(|v| v.as_int()).product();
            self.0.push(state.offset);
            return Ok(Flow::SkipTo(state.next + n.unsigned_abs()));
        }
        if state.class.is_some_and(|c| c.name() == "ObjectArray") {
            return Ok(Flow::Nested(state.next));
        }
        Ok(Flow::Continue)
    }
    fn call(&mut self, call: &Call<'_>, _: &mut Values<'_>) -> Result<(), Stop> {
        self.0.push(call.offset);
        Ok(())
    }
}

#[test]
fn raw_data_inside_a_stream_is_stepped_over() {
    let head = [&b"\x80\x04"[..], &g("joblib.numpy_pickle", "NumpyArrayWrapper"), b")\x81}", &s("shape"), b"K\x04K\x05\x86sb"].concat();
    let build = head.len() as u64 - 1;
    let mut bytes = head.clone();
    bytes.extend([b'.'; 20]);
    bytes.extend(g("os", "system"));
    let reduce = bytes.len() as u64 + 7;
    bytes.extend(b"\x8c\x04echo\x85R.");
    let mut skipper = Skipper(Vec::new());
    let summary = run(bytes.as_slice(), &Limits::default(), &mut skipper).unwrap();
    assert!(summary.complete, "{summary:?}");
    assert_eq!(skipper.0[1..], [build, reduce]);
}

#[test]
fn raw_data_that_goes_on_as_a_pickle_is_read_as_both() {
    // What `pickle.load` runs, and joblib takes for the numbers of an array.
    let hidden = [&b"0"[..], &g("os", "system"), b"\x8c\x04echo\x85R."].concat();
    let head =
        [&b"\x80\x04"[..], &g("joblib.numpy_pickle", "NumpyArrayWrapper"), b")\x81}", &s("shape"), b"K\x01K", &[hidden.len() as u8], b"\x86sb"]
            .concat();
    let bytes = [&head[..], &hidden, b"0", &g("collections", "OrderedDict"), b")R."].concat();
    let inside = (head.len() + hidden.len() - 2) as u64;
    let mut skipper = Skipper(Vec::new());
    let summary = run(bytes.as_slice(), &Limits::default(), &mut skipper).unwrap();
    assert_eq!(skipper.0[1..], [head.len() as u64 - 1, inside, bytes.len() as u64 - 2]);
    assert_eq!((summary.complete, summary.anomalies), (true, vec![(AnomalyCode::DataIsOpcodes, 1)]));
}

#[test]
fn pickles_inside_a_stream_have_their_own_stack() {
    let mut bytes = [&b"\x80\x04"[..], &g("x", "ObjectArray"), b"q\x05)\x81}b"].concat();
    bytes.extend(b"\x80\x02K\x01q\x00.");
    bytes.extend(b"0h\x05)R.");
    let mut skipper = Skipper(Vec::new());
    let summary = run(bytes.as_slice(), &Limits::default(), &mut skipper).unwrap();
    assert_eq!((summary.pickles, summary.complete), (2, true), "{summary:?}");
    assert_eq!(skipper.0.len(), 2);
}

#[test]
fn a_visitor_ends_the_run() {
    struct Ender;
    impl Visitor for Ender {
        fn call(&mut self, _: &Call<'_>, _: &mut Values<'_>) -> Result<(), Stop> {
            Err(Stop::Budget)
        }
    }
    assert_eq!(run(&b"cos\nsystem\n(S'echo'\ntR."[..], &Limits::default(), &mut Ender), Err(Stop::Budget));
}

#[test]
fn listings() {
    let mut lines = Vec::new();
    decompile::decompile(&b"\x80\x02cos\nsystem\nX\x07\0\0\0echo hi\x85R."[..], &Limits::default(), &mut lines).unwrap();
    let text: Vec<_> = lines.iter().map(|l| (l.offset, l.text.as_str())).collect();
    assert_eq!(text, [(2, "from os import system"), (26, "_var1 = system('echo hi')"), (27, "result = _var1")]);
    let mut rows = Vec::new();
    decompile::disassemble(&b"\x80\x02cos\nsystem\nX\x07\0\0\0echo hi\x85R."[..], &Limits::default(), &mut rows).unwrap();
    let text: Vec<_> = rows.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(text, ["PROTO 2", "GLOBAL os system", "BINUNICODE 'echo hi'", "TUPLE1", "REDUCE", "STOP"]);
}

#[test]
fn statements_follow_the_opcodes_that_make_them() {
    use decompile::{Beside, Line, Sink};
    use std::cell::RefCell;

    struct Into<'l>(&'l RefCell<Vec<(char, Line)>>, char);
    impl Sink for Into<'_> {
        fn line(&mut self, line: Line) -> Result<(), Stop> {
            self.0.borrow_mut().push((self.1, line));
            Ok(())
        }
    }
    struct Counts(u64);
    impl Visitor for Counts {
        fn call(&mut self, _: &Call<'_>, _: &mut Values<'_>) -> Result<(), Stop> {
            self.0 += 1;
            Ok(())
        }
    }
    let lines = RefCell::new(Vec::new());
    let (mut statements, mut opcodes) = (Into(&lines, 's'), Into(&lines, 'o'));
    let mut both = Beside::new(Counts(0), &mut statements, Some(&mut opcodes));
    run(&b"\x80\x02cos\nsystem\nX\x07\0\0\0echo hi\x85R."[..], &Limits::default(), &mut both).unwrap();
    assert_eq!(both.into_inner().0, 1);
    let lines: Vec<String> = lines.take().into_iter().map(|(kind, line)| format!("{kind} {}+{} {}", line.offset, line.length, line.text)).collect();
    assert_eq!(
        lines,
        [
            "o 0+2 PROTO 2",
            "o 2+11 GLOBAL os system",
            "s 2+1 from os import system",
            "o 13+12 BINUNICODE 'echo hi'",
            "o 25+1 TUPLE1",
            "o 26+1 REDUCE",
            "s 26+1 _var1 = system('echo hi')",
            "o 27+1 STOP",
            "s 27+1 result = _var1",
        ]
    );
}
