//! The ABI: the header in two languages, its layout against the mirror's, a plugin written in C.

use crate::support::{program, root, run, stderr, stdout};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn compile(compiler: &str, args: &[&str], source: &Path, output: &Path) {
    let include = root("engine/abi/include");
    let mut command = Command::new(compiler);
    command.args(args).args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"]).arg(include).arg(source).arg("-o").arg(output);
    let done = command.output().unwrap_or_else(|error| panic!("a C and a C++ compiler are needed for the tests: {compiler}: {error}"));
    assert!(done.status.success(), "{}", stderr(&done));
}

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

/// A plugin of `tests/c_plugins`, built.
fn c_plugin(folder: &Path, name: &str) -> PathBuf {
    let library = folder.join(name).with_extension(std::env::consts::DLL_EXTENSION);
    compile("cc", &["-std=c11", "-shared", "-fPIC"], &root(&format!("tests/c_plugins/{name}.c")), &library);
    library
}

#[test]
fn a_plugin_written_in_c_reads_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "tiny");
    let model = folder.path().join("model.tiny");
    std::fs::write(&model, b"TINY\x02\x05hello\x05world").unwrap();
    let output = program().args(["inspect", "--no-builtin", "--plugin"]).arg(&library).arg(&model).output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("tiny") && text.contains("hello") && text.contains("world"), "{text}\n{}", stderr(&output));
}

#[test]
fn what_is_no_plugin_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tiny = std::fs::read(c_plugin(folder.path(), "tiny")).unwrap();
    let library = |source: &str| {
        let at = folder.path().join("source.c");
        std::fs::write(&at, source).unwrap();
        let library = folder.path().join(format!("made-{}.so", source.len()));
        compile("cc", &["-std=c11", "-shared", "-fPIC", "-Wno-missing-field-initializers"], &at, &library);
        library.to_str().unwrap().to_owned()
    };
    let begin = "#include \"weighbridge.h\"\n#include <stddef.h>\n";
    for (path, sentence) in [
        (file("text.so", b"not a library"), "not a shared library"),
        (file("cut.so", &tiny[..tiny.len() / 3]), ""),
        (folder.path().join("absent.so").to_str().unwrap().to_owned(), "cannot be opened"),
        (library("int x = 1;\n"), "exports no symbol weighbridge_plugin_<id>"),
        (library("int weighbridge_plugin_a = 1;\nint weighbridge_plugin_b = 1;\n"), "exports more than one plugin"),
        (library(&format!("{begin}WB_EXPORT const wb_plugin weighbridge_plugin_old = {{sizeof(wb_plugin), 7, 0, 1, 0}};\n")), "plugin ABI 7.0"),
        (library(&format!("{begin}WB_EXPORT const wb_plugin weighbridge_plugin_short = {{16, 0, 9, 1, 0}};\n")), "has 16 bytes"),
        (
            library(&format!("{begin}WB_EXPORT const wb_plugin weighbridge_plugin_null = {{sizeof(wb_plugin), 0, 9, 1, 0}};\n")),
            "`create` is a null pointer",
        ),
    ] {
        let output = run(&["scan", "--plugin", &path, "fixtures/pickle"]);
        let said = stderr(&output);
        assert!(said.contains(sentence) && said.contains(&path), "{path}: {said}");
        assert_ne!(output.status.code(), Some(0), "{path}");
    }
}
