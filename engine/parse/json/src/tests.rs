use crate::*;
use weighbridge_parse_read::Stop;

/// All tokens of a text, rendered, and the codes of its issues.
fn read_with(input: &[u8], limits: Limits) -> (String, Vec<Code>) {
    let mut reader = Reader::with(input, 0, u64::MAX, limits);
    let mut out = String::new();
    loop {
        let token = reader.next().unwrap_or_else(|stop| panic!("{stop}"));
        match token.kind {
            Kind::BeginObject => out.push('{'),
            Kind::EndObject => out.push('}'),
            Kind::BeginArray => out.push('['),
            Kind::EndArray => out.push(']'),
            Kind::Key => out.push_str(&format!("{}=", reader.text())),
            Kind::String => out.push_str(&format!("'{}' ", reader.text())),
            Kind::Number => out.push_str(&format!("{} ", reader.text())),
            Kind::Bool(value) => out.push_str(if value { "T " } else { "F " }),
            Kind::Null => out.push_str("N "),
            Kind::End => break,
        }
    }
    (out, reader.issues().list().iter().map(|issue| issue.code).collect())
}

fn read(text: &str) -> (String, Vec<Code>) {
    read_with(text.as_bytes(), Limits::default())
}

#[test]
fn reads_what_the_grammar_has() {
    for (text, tokens) in [
        (r#"{"a": [1, -2.5e+3, true, false, null, "x\n\u00e9\ud83d\ude00"], "b": {}}"#, "{a=[1 -2.5e+3 T F N 'x\né😀' ]b={}}"),
        ("[]", "[]"),
        (" 12 ", "12 "),
        ("\"\"", "'' "),
        ("[[[]],{}]", "[[[]]{}]"),
    ] {
        assert_eq!(read(text), (tokens.to_owned(), vec![]), "{text}");
    }
}

#[test]
fn liberties_are_taken_and_said() {
    for (text, tokens, code) in [
        ("[NaN, 1]", "[NaN 1 ]", Code::NotFinite),
        ("[1, -Infinity]", "[1 -Infinity ]", Code::NotFinite),
        ("[1,]", "[1 ]", Code::TrailingComma),
        ("{\"a\": 1,}", "{a=1 }", Code::TrailingComma),
        ("// x\n[1]", "[1 ]", Code::Comment),
        ("[1 /* , 2 */]", "[1 ]", Code::Comment),
        ("{'a': 1}", "{a=1 }", Code::SingleQuotes),
        ("{a: 1}", "{a=1 }", Code::BareKey),
        ("[True]", "[T ]", Code::PythonWord),
        ("[0x1f]", "[0x1f ]", Code::NumberForm),
        ("[01]", "[01 ]", Code::NumberForm),
        ("[.5]", "[.5 ]", Code::NumberForm),
        ("[\"a\tb\"]", "['a\tb' ]", Code::Control),
        (r#"["a\qb"]"#, r"['a\qb' ]", Code::Escape),
        (r#"["\ud800x"]"#, "['\u{fffd}x' ]", Code::Surrogate),
        (r#"["\u12"]"#, r"['\u12' ]", Code::Escape),
        ("\u{feff}[1]", "[1 ]", Code::ByteOrderMark),
        ("{\"a\": 1, \"a\": 2}", "{a=1 a=2 }", Code::DuplicateKey),
        (r#"{"a": 1, "\u0061": 2}"#, "{a=1 a=2 }", Code::DuplicateKey),
        ("[1\u{a0}]", "[1 ]", Code::Space),
    ] {
        let (found, codes) = read(text);
        assert_eq!((found.as_str(), &codes[..]), (tokens, &[code][..]), "{text}");
        assert!(!code.is_fault());
    }
}

#[test]
fn faults_are_said_and_passed_over() {
    for (text, tokens, code) in [
        ("", "", Code::Empty),
        ("  ", "", Code::Empty),
        ("[1 2]", "[1 2 ]", Code::Expected),
        ("{\"a\" 1}", "{a=1 }", Code::Expected),
        ("{\"a\": 1 \"b\": 2}", "{a=1 b=2 }", Code::Expected),
        ("{\"a\": }", "{a=}", Code::Expected),
        ("[,1]", "[1 ]", Code::Expected),
        ("[1}", "[1 ]", Code::Bracket),
        ("]", "", Code::Bracket),
        ("[1] x", "[1 ]", Code::TrailingData),
        ("[1][2]", "[1 ]", Code::TrailingData),
        ("[1", "[1 ", Code::Truncated),
        ("{\"a\": \"b", "{a='b' ", Code::Truncated),
        ("{\"a", "{a=", Code::Truncated),
        ("[nope]", "['nope' ]", Code::Word),
        ("[\u{1}1]", "[1 ]", Code::Character),
    ] {
        let (found, codes) = read(text);
        assert_eq!((found.as_str(), codes.first()), (tokens, Some(&code)), "{text} {codes:?}");
        assert!(code.is_fault());
    }
}

#[test]
fn wide_encodings_are_read_with_their_own_offsets() {
    let text = "{\"a\": [1, \"é😀\\n\"]}";
    let utf16 = |big: bool| -> Vec<u8> { text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect() };
    let utf32 =
        |big: bool| -> Vec<u8> { text.chars().flat_map(|c| if big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() }).collect() };
    for bytes in [utf16(true), utf16(false), utf32(true), utf32(false)] {
        assert_eq!(read_with(&bytes, Limits::default()), ("{a=[1 'é😀\n' ]}".to_owned(), vec![Code::WideEncoding]));
        assert_eq!(probe(&&bytes[..], 0), Ok(true));
    }
    let mut reader = Reader::new(utf16(false));
    let at: Vec<u64> = std::iter::from_fn(|| reader.next().ok().filter(|token| token.kind != Kind::End).map(|token| token.at)).collect();
    assert_eq!(at, [0, 2, 12, 14, 20, 34, 36]);
}

#[test]
fn lines_are_one_value_each() {
    let lines = Limits { lines: true, ..Limits::default() };
    assert_eq!(read_with(b"{\"a\":1}\n{\"a\":2}\n3\n", lines.clone()), ("{a=1 }{a=2 }3 ".to_owned(), vec![]));
    let mut reader = Reader::with(&b"1\n2\n[]"[..], 0, u64::MAX, lines);
    while reader.next().is_ok_and(|token| token.kind != Kind::End) {}
    assert_eq!(reader.documents(), 3);
}

#[test]
fn depth_is_a_number() {
    let deep = 200_000;
    let text = "[".repeat(deep) + "{\"a\":1}" + &"]".repeat(deep);
    let (tokens, codes) = read(&text);
    assert_eq!((tokens.len(), codes), (text.len() - 1, vec![Code::Depth]));
    // Beyond the levels that are remembered either bracket closes.
    let deeper = usize::try_from(limits::LEVELS).unwrap_or(0) + 10;
    let text = "[".repeat(deeper) + &"]".repeat(deeper);
    let mut reader = Reader::new(text.as_bytes());
    while reader.next().is_ok_and(|token| token.kind != Kind::End) {}
    assert_eq!((reader.issues().faults(), reader.documents()), (0, 1));
}

#[test]
fn long_texts_are_cut_counted_and_decoded_again() -> Result<(), Stop> {
    let long = "é\\n\\u0041".repeat(50_000);
    let text = format!("{{\"key\": \"{long}\"}}");
    let mut reader = Reader::with(text.as_bytes(), 0, u64::MAX, Limits { text: 101, ..Limits::default() });
    reader.next()?;
    reader.next()?;
    let token = reader.next()?;
    assert_eq!((reader.text_len(), reader.text().len(), reader.is_cut(), reader.verbatim()), (200_000, 100, true, false));
    let mut again = Text::new(text.as_bytes(), token.at, reader.encoding())?;
    let (mut out, mut buf) = (Vec::new(), [0; 777]);
    loop {
        match again.read(&mut buf)? {
            0 => break,
            n => out.extend_from_slice(&buf[..n]),
        }
    }
    assert_eq!(out, "é\nA".repeat(50_000).as_bytes());
    Ok(())
}

#[test]
fn duplicates_are_seen_in_their_own_object_alone() {
    let (_, codes) = read(r#"{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}]}"#);
    assert_eq!(codes, []);
    let (_, codes) = read(r#"{"a": {"x": 1}, "b": {"x": 1}, "a": 3}"#);
    assert_eq!(codes, [Code::DuplicateKey]);
    let few = Limits { keys: 2, ..Limits::default() };
    let (_, codes) = read_with(br#"{"a": 1, "b": 2, "c": 3, "d": 4, "a": 5}"#, few);
    assert_eq!(codes, [Code::Keys]);
}

#[test]
fn noise_is_given_up() {
    let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
    let (_, codes) = read_with(&noise, Limits::default());
    assert!(codes.contains(&Code::GivenUp));
    assert_eq!(probe(&&noise[..], 0), Ok(false));
}

#[test]
fn tells_json_by_its_first_tokens() {
    for (text, is) in [
        ("{\"a\": 1}", true),
        ("  [1, 2", false),
        ("{}", true),
        ("{\"a\"", false),
        ("{hello world}", false),
        ("[section]\nkey=value", false),
        ("# comment\n{\"a\": 1}", true),
        ("# comment\nkey: value", false),
        ("hello", false),
        ("12", false),
        ("", false),
        ("{% if x %}{{ y }}{% endif %}", false),
        ("{{ bos_token }}", false),
    ] {
        assert_eq!(probe(&text.as_bytes(), 0), Ok(is), "{text}");
    }
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(10_000));
    assert_eq!(probe(&long.as_bytes(), 0), Ok(true));
}

#[test]
fn a_trail_knows_where_it_is() -> Result<(), Stop> {
    let text = br#"{"a": {"b": [1, {"c": 2}, 3]}, "d": 4}"#;
    let (mut reader, mut trail, mut paths) = (Reader::new(&text[..]), Trail::new(), Vec::new());
    loop {
        let token = reader.next()?;
        trail.follow(&token, reader.text());
        match token.kind {
            Kind::End => break,
            Kind::Number => paths.push((trail.path(), trail.key().map(str::to_owned))),
            _ => {}
        }
    }
    let paths: Vec<(&str, Option<&str>)> = paths.iter().map(|(path, key)| (path.as_str(), key.as_deref())).collect();
    assert_eq!(paths, [("a.b[0]", None), ("a.b[1].c", Some("c")), ("a.b[2]", None), ("d", Some("d"))]);
    Ok(())
}

#[test]
fn small_values_become_trees() -> Result<(), Stop> {
    let text = br#"{"a": [1, {"b": "x"}], "a": 7, "c": -1.5, "d": true, "e": null}"#;
    let (tree, issues) = Tree::read(&text[..], &Bounds::default())?;
    assert_eq!((tree.cut, issues.count(Code::DuplicateKey)), (false, 1));
    assert_eq!(tree.root.get("a").and_then(Node::as_u64), Some(7));
    assert_eq!(tree.root.members()[0].node.items()[1].get("b").and_then(Node::as_str), Some("x"));
    assert_eq!((tree.root.get("c").and_then(Node::as_f64), tree.root.get("d").and_then(Node::as_bool)), (Some(-1.5), Some(true)));
    assert_eq!((tree.root.at, tree.root.length), (0, text.len() as u64));
    let small = Bounds { nodes: 2, ..Bounds::default() };
    let (tree, _) = Tree::read(&b"[1,2,3,4,[5]]"[..], &small)?;
    assert_eq!((tree.root.items().len(), tree.cut), (2, true));
    let deep = "[".repeat(100_000);
    let (tree, issues) = Tree::read(deep.as_bytes(), &Bounds::default())?;
    assert!(tree.cut && issues.count(Code::Truncated) == 1);
    let (tree, _) = Tree::read(&br#"{"a": {"b": 1"#[..], &Bounds::default())?;
    assert_eq!(tree.root.get("a").and_then(|a| a.get("b")).and_then(Node::as_u64), Some(1));
    Ok(())
}

/// Every part of a value cut off, and every byte of it replaced: the reader ends, and says what is wrong with what was cut.
#[test]
fn ends_on_every_cut_and_change() {
    let text = r#"{"a": [1, -2.5e+3, true, "x\n\u00e9\ud83d\ude00", {"b": {}, "c": [[]]}], 'd': NaN} "#.as_bytes();
    for end in 0..text.len() - 2 {
        let (_, codes) = read_with(&text[..end], Limits::default());
        assert!(codes.iter().any(|code| code.is_fault()), "{end}");
    }
    for at in 0..text.len() {
        for byte in [0, b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'/', b'#', 0xff] {
            let mut changed = text.to_vec();
            changed[at] = byte;
            read_with(&changed, Limits::default());
            read_with(&changed, Limits { lines: true, text: 3, keys: 1, faults: 2, ..Limits::default() });
            assert!(Tree::read(&changed[..], &Bounds { nodes: 3, bytes: 5, depth: 2 }).is_ok());
        }
    }
}

#[test]
fn keys_are_found_however_they_are_spelt_and_wherever_they_stand() {
    let wide: Vec<u8> = "{\"a\": {\"model\": 1}}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (text, found) in [
        (br#"{"model": 1}"#.to_vec(), Some([true, false])),
        (br#"[{"a": {"b": [{"m\u006fdel": null}]}}]"#.to_vec(), Some([true, false])),
        (format!("{}{{\"pad\": \"{}\", \"model\": 1, \"other\": 2}}", " ".repeat(9_000), "x".repeat(100_000)).into_bytes(), Some([true, true])),
        (wide, Some([true, false])),
        (br#"{"a": "model"}"#.to_vec(), Some([false, false])),
        (b"\x80\x04K\x01.".to_vec(), None),
        (b"model: 1".to_vec(), None),
        (" ".repeat(5_000).into_bytes(), None),
        (Vec::new(), None),
    ] {
        assert_eq!(keys(&&text[..], ["model", "other"]), Ok(found), "{}", String::from_utf8_lossy(&text[..text.len().min(60)]));
    }
}
