//! Releases: what a program needs of the system that it is run on.
//!
//! The tests that begin with `release` are run by `engine/packaging/release.py` on what it has built, and by nothing else.

use crate::support::{c_plugin, compile, root, stderr, stdout};
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::{ElfFile, FileHeader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A version of the C library: 2.17 is (2, 17).
type Version = (u32, u32);

/// The newest version of glibc that a program or library asks its loader for; none where it asks for none.
fn glibc(bytes: &[u8]) -> Option<Version> {
    let file = ElfFile::<FileHeader64<Endianness>>::parse(bytes).unwrap();
    let (endian, sections) = (file.endian(), file.elf_section_table());
    let (mut libraries, strings) = sections.gnu_verneed(endian, bytes).unwrap()?;
    let strings = sections.strings(endian, bytes, strings).unwrap();
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next().unwrap() {
        while let Some(version) = versions.next().unwrap() {
            let name = std::str::from_utf8(version.name(endian, strings).unwrap()).unwrap();
            newest = newest.max(name.strip_prefix("GLIBC_").map(of_text));
        }
    }
    newest
}

fn of_text(text: &str) -> Version {
    let mut parts = text.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

/// Whether a program asks for a loader.
fn is_dynamic(bytes: &[u8]) -> bool {
    let file = ElfFile::<FileHeader64<Endianness>>::parse(bytes).unwrap();
    let endian = file.endian();
    let segments = file.elf_header().program_headers(endian, bytes).unwrap();
    segments.iter().any(|segment| segment.p_type.get(endian) == object::elf::PT_INTERP)
}

#[test]
fn the_newest_version_that_a_program_needs_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let built = |name: &str, source: &str, args: &[&str]| {
        let (text, out) = (folder.path().join(name).with_extension("c"), folder.path().join(name));
        std::fs::write(&text, source).unwrap();
        compile("cc", args, &text, &out);
        std::fs::read(out).unwrap()
    };
    // getrandom came with 2.25, reallocarray with 2.26, and 2.26 is more than 2.4.
    let library = |name: &str, call: &str| built(name, call, &["-shared", "-fPIC", "-nostartfiles"]);
    let random = "#include <sys/random.h>\nlong f(char *at);\nlong f(char *at) { return getrandom(at, 1, 0); }\n";
    assert_eq!(glibc(&library("random.so", random)), Some((2, 25)));
    let both = format!("#define _GNU_SOURCE\n#include <stdlib.h>\n{random}void *g(void);\nvoid *g(void) {{ return reallocarray(0, 1, 1); }}\n");
    assert_eq!(glibc(&library("both.so", &both)), Some((2, 26)));
    assert_eq!(glibc(&library("none.so", "int f(void);\nint f(void) { return 1; }\n")), None);

    let own = std::fs::read(env!("CARGO_BIN_EXE_weighbridge")).unwrap();
    assert!(glibc(&own) >= Some((2, 17)) && is_dynamic(&own), "{:?}", glibc(&own));
    let alone = built("alone", "void _start(void);\nvoid _start(void) { for (;;) {} }\n", &["-static", "-nostdlib"]);
    assert_eq!((glibc(&alone), is_dynamic(&alone)), (None, false));
}

#[test]
fn a_container_holds_a_program_and_a_user_without_rights() {
    let text = std::fs::read_to_string(root("engine/packaging/Containerfile")).unwrap();
    let says: Vec<(&str, &str)> = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(says.iter().map(|(word, _)| *word).collect::<Vec<_>>(), ["FROM", "ADD", "USER", "WORKDIR", "ENTRYPOINT", "CMD"]);
    let of = |word: &str| says.iter().find(|(known, _)| *known == word).unwrap().1;
    assert_eq!(of("FROM"), "scratch");
    // By number: a name would be looked up, and Kubernetes refuses it for runAsNonRoot.
    assert!(of("USER").split(':').all(|id| id.parse::<u32>().unwrap() >= 1000));
    let entry: Vec<String> = serde_json::from_str(of("ENTRYPOINT")).unwrap();
    assert!(entry[0].ends_with("/weighbridge"), "without a shell there is nothing but the list form: {entry:?}");
}

fn release() -> PathBuf {
    std::env::var_os("WEIGHBRIDGE_RELEASE").map(PathBuf::from).expect("engine/packaging/release.py says which program")
}

fn run(program: &Path, args: &[&str], plugin: &Path) -> Output {
    let mut command = Command::new(program);
    command.args(args).arg("--plugin").arg(plugin).args(["--allow-unpinned", "--no-config"]).current_dir(root("")).output().unwrap()
}

const SAMPLE: [&str; 4] = ["scan", "fixtures/pickle/malicious-reduce-protocol-0.pkl", "--format", "json"];

#[test]
#[ignore = "of a release"]
fn release_gnu() {
    let program = release();
    let bytes = std::fs::read(&program).unwrap();
    let most = of_text(&std::env::var("WEIGHBRIDGE_RELEASE_GLIBC").unwrap());
    let needs = glibc(&bytes).unwrap();
    assert!(is_dynamic(&bytes) && needs <= most, "{needs:?}");
    let folder = tempfile::tempdir().unwrap();
    let output = run(&program, &SAMPLE, &c_plugin(folder.path(), "tiny"));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let plugins = report["run"]["plugins"].as_array().unwrap();
    assert!(plugins.iter().any(|plugin| plugin["origin"] != "built-in"), "it opens plugins: {}", stderr(&output));
}

#[test]
#[ignore = "of a release"]
fn release_static() {
    let program = release();
    let bytes = std::fs::read(&program).unwrap();
    assert_eq!((glibc(&bytes), is_dynamic(&bytes)), (None, false));
    let says = "this build of Weighbridge is static and takes no plugins";
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "tiny");
    let output = run(&program, &SAMPLE, &library);
    // Findings go over what is missing.
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["run"]["plugins_refused"][0]["message"].as_str().unwrap().starts_with(says));
    assert!(stderr(&output).contains(says), "{}", stderr(&output));
    let benign = run(&program, &["scan", "fixtures/pickle/benign-protocol-0-like-text.pkl"], &library);
    assert_eq!(benign.status.code(), Some(2), "what was asked for and not done is no success");
    let doctor = Command::new(&program).args(["doctor", "--no-config"]).output().unwrap();
    assert!(stdout(&doctor).contains(says), "{}", stdout(&doctor));
    let pin = Command::new(&program).args(["plugins", "pin", "--no-config"]).arg(&library).output().unwrap();
    assert_eq!(pin.status.code(), Some(4));
    assert!(stderr(&pin).contains(says));
}
