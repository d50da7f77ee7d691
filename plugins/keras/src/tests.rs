//! Configurations that were made to hurt, and what is read of them.
#![allow(clippy::unwrap_used)]

use weighbridge_sdk::{abi, harness};

fn classes(seen: &harness::Seen) -> Vec<&str> {
    seen.facts.iter().filter(|fact| fact.kind == "layer").filter_map(|fact| fact.text("class")).collect()
}

#[test]
fn depth_200_000_is_bounded_and_said() {
    for open in ["[", "{\"a\":", "{\"class_name\": \"Model\", \"config\": "] {
        let mut text = "{\"class_name\": \"Sequential\", \"first\": {\"class_name\": \"Lambda\", \"config\": {\"function\": \"lambda x: eval('x')\"}}, \"config\": ".to_owned();
        text.push_str(&open.repeat(200_000));
        let seen = harness::scan(crate::DESCRIPTOR, text.as_bytes());
        assert!(matches!(seen.status, abi::MALFORMED | abi::UNSUPPORTED), "{}", seen.status);
        assert!(classes(&seen).contains(&"Lambda"));
        assert!(seen.facts.iter().any(|fact| fact.kind == "code"));
        assert!(seen.facts.iter().any(|fact| fact.kind == "anomaly" && fact.text("code") == Some("limit-depth")));
    }
}

#[test]
fn keys_may_come_in_any_order_and_twice() {
    let seen = harness::scan(
        crate::DESCRIPTOR,
        br#"{"config": "system", "module": "os", "class_name": "function", "inner": {"class_name": "Dense", "class_name": "Lambda", "config": {}}}"#,
    );
    assert_eq!(seen.status, abi::OK);
    assert_eq!(classes(&seen), ["Dense", "Lambda", "system"]);
    let system = seen.facts.iter().find(|fact| fact.text("class") == Some("system")).unwrap();
    assert_eq!((system.text("module"), system.text("form")), (Some("os"), Some("function")));
}

#[test]
fn what_belongs_to_no_object_is_looked_into_all_the_same() {
    let encoded = "gASVIQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjARlY2hvlIWUUpQu";
    let seen = harness::scan(
        crate::DESCRIPTOR,
        format!("{{\"a\": {{\"b\": {{\"c\": [\"{encoded}\"]}}}}, \"class_name\": \"X\", \"config\": null}}").as_bytes(),
    );
    assert_eq!(seen.children.len(), 1);
}

#[test]
fn fixtures_cut_and_changed_keep_the_contract() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/keras");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut state = 0x5eed_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut read = 0;
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let bytes = std::fs::read(path).unwrap();
        if bytes.is_empty() || bytes.len() > 8 << 10 {
            continue;
        }
        read += 1;
        for _ in 0..12 {
            crate::fuzz(&bytes[..random(bytes.len())]);
            let mut changed = bytes.clone();
            for _ in 0..=random(6) {
                let at = random(changed.len());
                changed[at] = b"\"{}[]:,\\x0\0\xff"[random(12)];
            }
            crate::fuzz(&changed);
        }
    }
    assert!(read > 40);
}
