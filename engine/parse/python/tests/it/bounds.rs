//! Depth, size, and sources that are none.

use weighbridge_parse_python::{is_module, limits, read};

#[test]
fn depth_is_a_number() {
    for open in ["(", "[", "{", "f'{", "f\"{f'{", "not ", "-", "lambda: ", "x.", "x(", "getattr(x, ", "f'{x:{"] {
        let source = format!("import os\ny = {}os.system('x')\n", open.repeat(200_000 / open.len()));
        let module = read(&source);
        assert!(module.import.list.iter().any(|name| name == "os"), "{open}");
        is_module(&source, true);
    }
    let mut blocks = String::from("import os\n");
    for depth in 0..3_000 {
        blocks.push_str(&" ".repeat(depth));
        blocks.push_str("if x:\n");
    }
    blocks.push_str(&format!("{}os.system('x')\n", " ".repeat(3_000)));
    assert!(read(&blocks).import.list.iter().any(|name| name == "os.system"));
    let mut functions = String::from("import os\n");
    for depth in 0..1_000 {
        functions.push_str(&format!("{}def f{depth}():\n", " ".repeat(depth)));
    }
    functions.push_str(&format!("{}os.system('x')\n", " ".repeat(1_000)));
    let module = read(&functions);
    assert!(module.import.list.iter().chain(&module.functions.list).any(|name| name == "os.system"));
}

#[test]
fn size_is_bounded_and_work_linear() {
    let long = format!("import os\nx = [{}]\nos.system('x')\n", "1, ".repeat(300_000));
    assert!(read(&long).import.list.iter().any(|name| name == "os.system"));
    let many: String = (0..100_000).map(|n| format!("a{n}.b{n}()\n")).collect();
    let module = read(&many);
    assert_eq!(module.import.list.len(), limits::NAMES);
    assert!(module.import.total >= 100_000);
    let stars: String = (0..1_000).map(|n| format!("from m{n} import *\n")).collect::<String>() + &"x; ".repeat(100_000);
    assert!(read(&stars).import.list.len() <= limits::NAMES);
    let defs: String = (0..100_000).map(|n| format!("def f{n}(): f{}()\n", n + 1)).collect::<String>() + "f0()\n";
    read(&defs);
    read(&"getattr(x, 'a', ".repeat(50_000));
    read(&"__import__('a', ".repeat(50_000));
    let name = format!("{}()", "a.".repeat(200_000));
    assert!(read(&name).import.list.iter().all(|name| name.len() <= limits::NAME));
}

#[test]
fn mutants_are_read_without_a_panic() {
    let sample = "\u{feff}import os as \u{1d428}, sys\nfrom . import (a, b as c)\n@x.y\nclass A(B, metaclass=C):\n  '''doc'''\n  async def f(self, *a, k=1, **kw) -> \"T\":\n    return f'{os.system(\"x\")!r:>{w}}' rb'\\x00' '\u{e9}\\\u{e9}'\nif __name__ == '__main__': getattr(os, 'sys' + 'tem')(); eval('\\u00e9')\n";
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for _ in 0..20_000 {
        let mut bytes = sample.as_bytes().to_vec();
        for _ in 0..=next(6) {
            if bytes.is_empty() {
                bytes.push(b'\n');
            }
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = next(256) as u8,
                1 => drop(bytes.drain(at..(at + next(24)).min(bytes.len()))),
                2 => bytes.insert(at, b"'\"\\{}()[]#\n\t :;=.,fr@!"[next(22)]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let source = String::from_utf8_lossy(&bytes);
        let module = read(&source);
        assert_eq!(module, read(&source));
        is_module(&source, next(2) == 0);
    }
}
