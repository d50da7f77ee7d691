//! Events of small inputs, in the notation of YAML's test suite: `+DOC`, `+MAP`, `=VAL :text`.

use crate::{Events, Kind, Style};
use weighbridge_parse_read::Stop;

fn shown(input: &[u8]) -> Result<(String, usize), Stop> {
    let mut events = Events::new(input)?;
    let mut out = Vec::new();
    loop {
        let event = events.next()?;
        let properties: String =
            [event.anchor.map(|name| format!(" &{name}")), event.tag.map(|tag| format!(" <{tag}>"))].into_iter().flatten().collect();
        out.push(match event.kind {
            Kind::DocumentStart => "+DOC".into(),
            Kind::DocumentEnd => "-DOC".into(),
            Kind::SequenceStart => format!("+SEQ{properties}"),
            Kind::SequenceEnd => "-SEQ".into(),
            Kind::MappingStart => format!("+MAP{properties}"),
            Kind::MappingEnd => "-MAP".into(),
            Kind::Alias(name) => format!("=ALI *{name}"),
            Kind::Scalar(text, style) => {
                let mark = match style {
                    Style::Plain => ':',
                    Style::Single => '\'',
                    Style::Double => '"',
                    Style::Literal => '|',
                    Style::Folded => '>',
                };
                format!("=VAL{properties} {mark}{}", text.escape_default())
            }
            Kind::End => break,
        });
    }
    Ok((out.join(" "), events.faults().len()))
}

#[track_caller]
fn check(input: &str, events: &str) {
    assert_eq!(shown(input.as_bytes()), Ok((format!("+DOC {events} -DOC"), 0)), "{input}");
}

#[test]
fn blocks_flows_and_scalars() {
    check("a: 1\nb:\n- x\n- y: z\n", "+MAP =VAL :a =VAL :1 =VAL :b +SEQ =VAL :x +MAP =VAL :y =VAL :z -MAP -SEQ -MAP");
    check("{a: [1, 'b''c'], \"d\\n\": *x}", "+MAP =VAL :a +SEQ =VAL :1 =VAL 'b\\'c -SEQ =VAL \"d\\n =ALI *x -MAP");
    check("? - k\n: v\n", "+MAP +SEQ =VAL :k -SEQ =VAL :v -MAP");
    check("[a: b, c]", "+SEQ +MAP =VAL :a =VAL :b -MAP =VAL :c -SEQ");
    check("a: >-\n  b\n  c\n\n  d\ne: |\n  f\n   g\n", "+MAP =VAL :a =VAL >b c\\nd =VAL :e =VAL |f\\n g\\n -MAP");
    check("a: b\n  c\n\n  d\n", "+MAP =VAL :a =VAL :b c\\nd -MAP");
    check("<<: *base\nk: v", "+MAP =VAL :<< =ALI *base =VAL :k =VAL :v -MAP");
    check("- - a\n  - b\n-\n", "+SEQ +SEQ =VAL :a =VAL :b -SEQ =VAL : -SEQ");
}

#[test]
fn tags_resolve_however_they_are_written() {
    let whole = "=VAL <tag:yaml.org,2002:python/name:os.system> ";
    for text in [
        "!!python/name:os.system ''",
        "!<tag:yaml.org,2002:python/name:os.system> ''",
        "!!python%2Fname:os%2Esystem ''",
        "%TAG !p! tag:yaml.org,2002:python/\n--- !p!name:os.system ''",
        "%TAG ! tag:yaml.org,2002:\n--- !python/name:os.system ''",
        "%YAML 1.1\n%TAG !p! tag:yaml.org,2002:py\n--- !p!thon/name:os.system ''",
        "!!python/name:os.system\n''",
    ] {
        check(text, &format!("{whole}'"));
    }
    check("&a !x", "=VAL &a <!x> :");
    check("[!!python/name:os.system , b]", &format!("+SEQ {whole}: =VAL :b -SEQ"));
    check("!!python/object/apply:os.system [x]", "+SEQ <tag:yaml.org,2002:python/object/apply:os.system> =VAL :x -SEQ");
    check("!!map\n? !!str a\n: b", "+MAP <tag:yaml.org,2002:map> =VAL <tag:yaml.org,2002:str> :a =VAL :b -MAP");
}

#[test]
fn encodings() {
    let text = "a: !!x 'ü😀'";
    let (utf8, utf16le): (_, Vec<u8>) = (text.as_bytes(), text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let utf16be: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let bom = ["\u{feff}".as_bytes(), utf8].concat();
    for bytes in [utf8, &utf16le, &utf16be, &bom] {
        let expected = "+DOC +MAP =VAL :a =VAL <tag:yaml.org,2002:x> '\\u{fc}\\u{1f600} -MAP -DOC";
        assert_eq!(shown(bytes), Ok((expected.into(), 0)));
    }
}

#[test]
fn nothing_hides_behind_a_fault() -> Result<(), Stop> {
    for before in [
        "a: 'b\n",
        "}\n",
        "a: [\n",
        "\t- x\n  y\n",
        "a: b: c\n",
        "%bad\nx\n",
        "- a\nb\n",
        "&\n",
        "@x\n",
        "\"\\q\"\n",
        "!<x\n",
        "k: |x\n",
        "a: b: ",
        "x: \"\\q ",
    ] {
        let (events, faults) = shown(format!("{before}z: !!python/name:os.system\n").as_bytes())?;
        assert!(events.contains("<tag:yaml.org,2002:python/name:os.system>"), "{before}: {events}");
        assert!(faults > 0, "{before}: {events}");
    }
    Ok(())
}

#[test]
fn depth_and_size_are_bounded() -> Result<(), Stop> {
    let (events, _) = shown("[".repeat(300_000).as_bytes())?;
    assert!(events.len() < 10_000_000);
    let (_, faults) = shown("{".repeat(50_000).as_bytes())?;
    assert!(faults > 0);
    let (_, faults) = shown("- ".repeat(250_000).as_bytes())?;
    assert!(faults > 0);
    let (events, faults) = shown("'\n".repeat(100_000).as_bytes())?;
    assert!(faults <= crate::limits::FAULTS && events.len() < 1_000_000);
    shown(&[b'a'; 5 << 20])?;
    Ok(())
}
