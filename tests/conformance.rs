//! The ABI: the header in two languages, its layout against the mirror's, a plugin written in C.

use crate::support::{c_plugin, compile, program, stderr, stdout};
use std::fmt::Write;
use std::process::Command;

#[test]
fn the_header_compiles_as_c_and_as_cpp() {
    let folder = tempfile::tempdir().unwrap();
    for (compiler, standard, name) in [("cc", "-std=c11", "a.c"), ("c++", "-std=c++17", "a.cpp")] {
        let source = folder.path().join(name);
        std::fs::write(&source, "#include \"weighbridge.h\"\nint main(void) { return 0; }\n").unwrap();
        compile(compiler, &[standard], &source, &folder.path().join("a.out"));
    }
}

/// The C name of a mirror's field.
fn c_name(field: &str) -> &str {
    match field {
        "type_" => "type",
        "as_" => "as",
        "class" => "class_",
        other => other,
    }
}

#[test]
fn the_mirror_has_the_layout_of_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = String::from("#include \"weighbridge.h\"\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n");
    let mut expected = String::new();
    for (name, size, fields) in weighbridge_abi::layout::LAYOUT {
        let c = name.chars().fold(String::from("wb"), |mut c, letter| {
            if letter.is_ascii_uppercase() {
                c.push('_');
            }
            c.push(letter.to_ascii_lowercase());
            c
        });
        writeln!(program, "    printf(\"{name} %zu\\n\", sizeof({c}));").unwrap();
        writeln!(expected, "{name} {size}").unwrap();
        for (field, at) in *fields {
            writeln!(program, "    printf(\"{name}.{field} %zu\\n\", offsetof({c}, {}));", c_name(field)).unwrap();
            writeln!(expected, "{name}.{field} {at}").unwrap();
        }
    }
    program.push_str("    return 0;\n}\n");
    let (source, binary) = (folder.path().join("layout.c"), folder.path().join("layout"));
    std::fs::write(&source, program).unwrap();
    compile("cc", &["-std=c11"], &source, &binary);
    let output = Command::new(binary).output().unwrap();
    assert_eq!(stdout(&output), expected);
}

#[test]
fn a_plugin_written_in_c_reads_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "tiny");
    let model = folder.path().join("model.tiny");
    std::fs::write(&model, b"TINY\x02\x05hello\x05world").unwrap();
    let output = program().args(["inspect", "--no-builtin", "--allow-unpinned", "--plugin"]).arg(&library).arg(&model).output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("tiny") && text.contains("hello") && text.contains("world"), "{text}\n{}", stderr(&output));
}
