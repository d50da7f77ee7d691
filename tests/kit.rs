//! The conformance kit: a plugin that keeps the contract passes it, and each check is failed by a plugin that breaks its promise alone.

use crate::support::{c_plugin_with, plugin_libraries, program, registry, root, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A CHKD file: words, payload, and what follows.
fn chkd(words: &[&[u8]], payload: &[u8], after: &[u8]) -> Vec<u8> {
    let mut bytes = vec![b'C', b'H', b'K', b'D', words.len() as u8];
    for word in words {
        bytes.push(word.len() as u8);
        bytes.extend_from_slice(word);
    }
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    [bytes.as_slice(), payload, after].concat()
}

/// A folder of files that `checked.c` reads.
fn fixtures(folder: &Path) -> PathBuf {
    let fixtures = folder.join("fixtures");
    fs::create_dir(&fixtures).unwrap();
    let words = chkd(&[b"hello", b"world"], &[1, 2, 3, 4], b"");
    for (name, bytes) in [
        ("words.chkd", words.clone()),
        ("cut.chkd", words[..16].to_vec()),
        ("children.chkd", chkd(&[b"!abcdefghijklmnop", b"x", b"!qrstuvwxyz"], b"payload", b"")),
        ("trailing.chkd", chkd(&[b"hello"], b"", b"more and more")),
        ("other.txt", b"not one of them".to_vec()),
    ] {
        fs::write(fixtures.join(name), bytes).unwrap();
    }
    fixtures
}

fn check(library: &Path, args: &[&str]) -> Output {
    program().args(["plugins", "check"]).arg(library).args(args).output().unwrap()
}

/// The report and the exit code.
fn checked(library: &Path, args: &[&str]) -> (Value, i32) {
    let output = check(library, &[args, &["--format", "json"]].concat());
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", stdout(&output), stderr(&output)));
    (report, output.status.code().unwrap())
}

/// Ids of checks in one of these states, with what is said of them.
fn in_state<'r>(report: &'r Value, states: &[&str]) -> Vec<(&'r str, &'r str)> {
    let checks = report["checks"].as_array().unwrap().iter();
    let of = checks.filter(|check| states.contains(&check["state"].as_str().unwrap()));
    of.map(|check| (check["id"].as_str().unwrap(), check["says"].as_str().unwrap_or(""))).collect()
}

fn ids(report: &Value) -> BTreeSet<String> {
    report["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap().to_owned()).collect()
}

const BROKEN: [&str; 3] = ["failed", "crashed", "timed-out"];

/// Runs on as many threads as there are processors.
fn beside<T: Sync>(all: &[T], run: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run(one);
                }
            });
        }
    });
}

/// What each bad plugin is told of: a word of the sentence.
const SAID: &[(&str, &str)] = &[
    ("exports", "weighbridge_plugin_second"),
    ("opens", "of_nowhere"),
    ("versions", "update it"),
    ("sizes", "sizeof(wb_plugin)"),
    ("required-pointers", "`scan`"),
    ("texts", "version"),
    ("formats", "can never match"),
    ("kinds", "no_such_kind"),
    ("unknown-extensions", "null"),
    ("sessions", "session 40"),
    ("claims", "never asked"),
    ("probe", "start"),
    ("empty-input", "WB_INTERNAL for an empty input"),
    ("one-byte-input", "0x00"),
    ("prefixes", "cut to"),
    ("bit-flips", "bit"),
    ("statuses", "WB_CANCELLED"),
    ("anomalies", "no `anomaly`"),
    ("anomaly-codes", "`too-short`"),
    ("stop-io", "returned WB_MALFORMED"),
    ("stop-cancelled", "returned WB_OK"),
    ("stop-budget", "1 times more"),
    ("poll", "64 KiB"),
    ("declared", "`word`"),
    ("arguments", "unknown type"),
    ("places", "18446744073709551615"),
    ("regions", "class 9"),
    ("regions-overlap", "overlap"),
    ("child-records", "token 7"),
    ("child-reads", "closed before its end"),
    ("repeatable", "the second time"),
    ("one-byte-reads", "a byte at a time"),
    ("any-thread", "another thread"),
    ("parallel", "other sessions"),
    ("confined", "confined"),
    ("memory", "left"),
    ("traces", "the environment"),
    ("quiet", "it printed `read 48 bytes"),
    ("speed", "opening it took"),
];

#[test]
fn each_check_is_failed_by_a_plugin_that_breaks_its_promise_alone() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixtures(folder.path());
    let fixtures = fixtures.to_str().unwrap();
    let good = folder.path().join("good.so");
    c_plugin_with("checked", &[], &good);
    let (report, code) = checked(&good, &["--fixtures", fixtures]);
    // A machine under load may be slow.
    let kept = in_state(&report, &["ok"]).len() + in_state(&report, &["warning"]).iter().filter(|(id, _)| *id == "speed").count();
    assert_eq!((kept, code), (report["checks"].as_array().unwrap().len(), 0), "{report:#}");
    assert_eq!(report["inputs"], serde_json::json!({ "given": 5, "claimed": 4 }));

    // As many bad ones as there are checks, by their names.
    let source = fs::read_to_string(root("tests/c_plugins/checked.c")).unwrap();
    let parts = source.split("BAD_").skip(1).map(|part| part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>());
    let bad: BTreeSet<String> = parts.filter(|part| !part.is_empty()).map(|part| part.replace('_', "-")).collect();
    assert_eq!(bad, ids(&report), "plugins that break a promise in checked.c, and checks");
    assert_eq!(bad, SAID.iter().map(|(id, _)| (*id).to_owned()).collect());

    let wrong = Mutex::new(Vec::new());
    beside(SAID, |(id, said)| {
        let library = folder.path().join(format!("{id}.so"));
        c_plugin_with("checked", &[&format!("-DBAD_{}", id.replace('-', "_"))], &library);
        let (report, code) = checked(&library, &["--fixtures", fixtures]);
        let (found, expected) = match *id {
            "speed" | "anomaly-codes" => (in_state(&report, &["warning", "failed", "crashed", "timed-out"]), 0),
            _ => (in_state(&report, &BROKEN), 1),
        };
        let is_it = matches!(found.as_slice(), [(one, says)] if one == id && says.contains(said));
        if !is_it || code != expected {
            wrong.lock().unwrap().push(format!("{id} ({said}): {code} {found:?}"));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_authors_page_lists_the_checks() {
    let page = fs::read_to_string(root("plugins/README.md")).unwrap();
    for (id, _) in SAID {
        assert!(page.contains(&format!("`{id}`")), "plugins/README.md does not name the check `{id}`");
    }
}

#[test]
fn without_fixtures_inputs_are_made_from_magics() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("good.so");
    c_plugin_with("checked", &[], &library);
    let (report, code) = checked(&library, &[]);
    assert_eq!((in_state(&report, &BROKEN), code), (Vec::new(), 0));
    assert!(report["inputs"]["claimed"].as_u64().unwrap() > 4, "{report:#}");
    // The same every time.
    assert_eq!(report["checks"], checked(&library, &[]).0["checks"]);
}

#[test]
fn what_a_plugin_does_to_its_process_costs_the_check_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("hostile.so");
    c_plugin_with("hostile", &[], &library);
    let fixtures = folder.path().join("fixtures");
    fs::create_dir(&fixtures).unwrap();
    let saved = folder.path().join("saved");
    for (word, state, says) in
        [("crash", "crashed", "(signal 11, SIGSEGV)"), ("leave", "crashed", "with code 0"), ("never poll", "timed-out", "within 2 s")]
    {
        fs::write(fixtures.join("it.hostile"), format!("HOSTILE {word}")).unwrap();
        let (report, code) = checked(&library, &["--fixtures", fixtures.to_str().unwrap(), "--timeout", "2", "--save", saved.to_str().unwrap()]);
        let found = in_state(&report, &[state]);
        assert!(found.iter().any(|(id, said)| *id == "declared" && said.contains(says) && said.contains("it.hostile")), "{word}: {report:#}");
        assert_eq!((code, in_state(&report, &["ok"]).len() > 12), (1, true), "{word}: {report:#}");
        assert_eq!(fs::read(saved.join("declared.bin")).unwrap(), format!("HOSTILE {word}").as_bytes());
    }
}

#[test]
fn what_cannot_be_checked_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("good.so");
    c_plugin_with("checked", &[], &library);
    let bytes = fs::read(&library).unwrap();
    let at = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    let open = at("open.so", &bytes);
    fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    for (path, code, sentence) in [
        (at("text.so", b"not a library"), 2, "it is not a shared library"),
        (at("cut.so", &bytes[..bytes.len() / 2]), 2, "copy or build it anew"),
        (open, 2, "chmod go-w"),
        (folder.path().join("absent.so"), 4, "there is no such file"),
        (folder.path().to_path_buf(), 4, "it is a folder"),
    ] {
        let output = check(&path, &[]);
        assert!(stderr(&output).contains(sentence) && stderr(&output).lines().count() == 1, "{}: {}", path.display(), stderr(&output));
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(code), ""), "{}", path.display());
    }
    let output = check(&library, &["--only", "exports", "--only", "nonsense"]);
    assert!(stderr(&output).contains("there is no check `nonsense`: there are exports, ") && output.status.code() == Some(4));
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for fixtures in [&empty, &folder.path().join("nowhere")] {
        assert_eq!(check(&library, &["--fixtures", fixtures.to_str().unwrap()]).status.code(), Some(4));
    }
}

/// The members of the archives in a folder, a file each.
fn members(folder: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for (at, path) in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).enumerate() {
        let Ok(mut archive) = zip::ZipArchive::new(fs::File::open(&path).unwrap()) else { continue };
        for index in 0..archive.len() {
            let Ok(mut member) = archive.by_index(index) else { continue };
            let Ok(name) = member.name().map(std::borrow::Cow::into_owned) else { continue };
            let name = name.rsplit('/').next().unwrap().to_owned();
            let mut bytes = Vec::new();
            if !name.is_empty() && std::io::Read::read_to_end(&mut member, &mut bytes).is_ok() {
                let into = to.path().join(at.to_string());
                fs::create_dir_all(&into).unwrap();
                fs::write(into.join(name), bytes).unwrap();
            }
        }
    }
    to
}

#[test]
fn every_plugin_of_ours_passes() {
    let wrong = Mutex::new(Vec::new());
    let ids: Vec<String> = registry().plugins().iter().map(|plugin| plugin.id.clone()).collect();
    beside(&ids, |id| {
        let fixtures = root("fixtures").join(id);
        // Files of this one lie in archives.
        let unpacked = (id == "mar").then(|| members(&fixtures));
        let fixtures = unpacked.as_ref().map_or(fixtures.as_path(), tempfile::TempDir::path);
        // As this test was built, many of them at once: there is time.
        let (report, code) = checked(Path::new(id), &["--fixtures", fixtures.to_str().unwrap(), "--timeout", "300"]);
        let found = in_state(&report, &BROKEN);
        if !found.is_empty() || code != 0 {
            wrong.lock().unwrap().push(format!("{id}: {found:?}"));
        }
        let skipped: Vec<&str> = in_state(&report, &["skipped"]).into_iter().map(|(id, _)| id).collect();
        if !skipped.iter().all(|id| ["exports", "child-reads"].contains(id)) {
            wrong.lock().unwrap().push(format!("{id}: skipped {skipped:?}"));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plugins_of_ours_pass_as_shared_libraries() {
    let libraries = plugin_libraries();
    let mut paths: Vec<PathBuf> = fs::read_dir(libraries.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), registry().plugins().len());
    let wrong = Mutex::new(Vec::new());
    // What is another in a library than in the program.
    let only: Vec<&str> =
        ["exports", "opens", "sizes", "texts", "sessions", "traces", "quiet", "confined"].into_iter().flat_map(|id| ["--only", id]).collect();
    beside(&paths, |path| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let id = name.rsplit_once("weighbridge_plugin_").unwrap().1;
        let fixtures = root("fixtures").join(id);
        let (report, code) = checked(path, &[&["--fixtures", fixtures.to_str().unwrap(), "--timeout", "300"], only.as_slice()].concat());
        // Files of `mar` lie in archives, which it does not read.
        let kept = in_state(&report, &["ok"]).len() + usize::from(id == "mar");
        if (kept, code) != (only.len() / 2, 0) {
            wrong.lock().unwrap().push(format!("{id}: {:?}", in_state(&report, &["failed", "crashed", "timed-out", "skipped"])));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
