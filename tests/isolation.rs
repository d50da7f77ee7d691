//! Isolation: what a reader does to its process costs the file that it was at a verdict, and nothing else; and nothing that a reader
//! of files has no business with can be had.

use crate::support::{c_plugin, c_plugin_with, program, report, root, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use weighbridge_core::host::Selection;
use weighbridge_core::isolate::{Bounds, Pool, Program, Setup};
use weighbridge_core::record::FileFacts;
use weighbridge_core::run::{Engine, Readers, Watch};
use weighbridge_core::scan::{Cancel, CancelReason, Mode, ScanOptions};
use weighbridge_core::source::{Root, Walk};

/// What files make the hostile plugin do, and what is said of each: the error's code, and words of its message. None where nothing failed.
const DEEDS: &[(&str, Option<(&str, &str)>)] = &[
    ("nothing", None),
    ("crash", Some(("worker", "SIGSEGV"))),
    ("abort", Some(("worker", "gave up (signal 6"))),
    ("trap", Some(("worker", "crashed"))),
    ("divide", Some(("worker", "SIGFPE"))),
    ("kill itself", Some(("worker", "SIGKILL"))),
    ("end itself", Some(("worker", "signal 15"))),
    ("leave", Some(("worker", "ended by itself with code 0"))),
    ("leave at once", Some(("worker", "ended by itself with code 42"))),
    ("stack", Some(("worker", "stack overflowed"))),
    ("hang", Some(("time", "did not stop by itself"))),
    ("never poll", Some(("time", "did not stop by itself"))),
    ("poll for ever", Some(("time", "its time was up"))),
    ("poll and ignore", Some(("time", "its time was up"))),
    ("emit for ever", Some(("time", "its time was up"))),
    ("eat memory", Some(("worker", "SIG"))),
    ("fill the disk", None),
    ("lie: no frame", Some(("worker", "broke its protocol"))),
    ("lie: no message", Some(("worker", "broke its protocol"))),
    ("lie: the end", Some(("worker", "broke its protocol"))),
    ("lie: leaving", Some(("worker", "broke its protocol"))),
    ("lie: a record of no input", Some(("worker", "broke its protocol"))),
    ("lie: half a message", Some(("worker", ""))),
    ("contract: undeclared", Some(("plugin", "does not declare"))),
    ("contract: null", Some(("plugin", "null pointer"))),
    ("contract: outside", Some(("plugin", "outside an input"))),
    ("contract: again of nothing", Some(("plugin", "did not emit"))),
];

fn hostile_file(folder: &Path, name: &str, deed: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("HOSTILE {deed}\n")).unwrap();
    path
}

fn with_plugin(library: &Path, args: &[&str]) -> Command {
    let mut command = program();
    command.args(args).args(["--no-config", "--allow-unpinned", "--format", "json", "--plugin"]).arg(library);
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

#[test]
fn each_failure_costs_its_file_a_verdict_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "hostile");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).unwrap();
    let honest = std::fs::read(root("fixtures/pickle/malicious-reduce-protocol-0.pkl")).unwrap();
    for (n, (deed, _)) in DEEDS.iter().enumerate() {
        hostile_file(&files, &format!("{n:02}.hostile"), deed);
        std::fs::write(files.join(format!("{n:02}.pkl")), &honest).unwrap();
    }
    let alone = program().args(["scan", "--no-config", "--isolate", "off", "--format", "json"]).arg(files.join("00.pkl")).output().unwrap();
    let alone = &json(&alone)["files"][0];
    for args in [["--isolate", "auto", "--jobs", "1"], ["--isolate", "require", "--jobs", "4"]] {
        let mut command = with_plugin(&library, &["scan", "--file-timeout", "1s", "--worker-memory", "400M"]);
        let output = command.args(args).arg(&files).output().unwrap();
        let report = json(&output);
        let by_name: BTreeMap<&str, &Value> = report["files"].as_array().unwrap().iter().map(|file| (file["path"].as_str().unwrap(), file)).collect();
        assert_eq!(by_name.len(), 2 * DEEDS.len());
        for (n, (deed, said)) in DEEDS.iter().enumerate() {
            let file = by_name[format!("{n:02}.hostile").as_str()];
            let errors = file["errors"].as_array().unwrap();
            match said {
                None => assert!(errors.is_empty() && file["verdict"] == "clean", "{args:?} {deed}: {file}"),
                Some((code, words)) => {
                    assert_eq!((&file["verdict"], &file["complete"]), (&"error".into(), &false.into()), "{args:?} {deed}: {file}");
                    assert_eq!(errors[0]["code"], *code, "{args:?} {deed}: {file}");
                    assert!(errors[0]["message"].as_str().unwrap().contains(words), "{args:?} {deed}: {file}");
                }
            }
            // Its neighbours are as they are alone.
            let mut neighbour = by_name[format!("{n:02}.pkl").as_str()].clone();
            neighbour["path"] = alone["path"].clone();
            let fingerprints = |file: &Value| file["findings"].as_array().unwrap().len();
            assert_eq!(fingerprints(&neighbour), fingerprints(alone), "{args:?} beside {deed}");
            assert_eq!((&neighbour["verdict"], &neighbour["errors"]), (&alone["verdict"], &alone["errors"]), "{args:?} beside {deed}");
        }
        assert_eq!(report["run"]["isolation"], "process, no-new-privs, limits, landlock, seccomp");
    }
}

#[test]
fn what_was_seen_before_a_crash_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "hostile");
    let file = hostile_file(folder.path(), "a.hostile", "crash after a call");
    let output = with_plugin(&library, &["scan"]).arg(&file).output().unwrap();
    let report = &json(&output)["files"][0];
    assert_eq!((&report["verdict"], &report["findings"][0]["operator_name"]), (&"malicious".into(), &"system".into()));
    assert_eq!((&report["complete"], &report["errors"][0]["code"]), (&false.into(), &"worker".into()));
    assert_eq!(output.status.code(), Some(1));
    // Without a finding the run is not clean either.
    let file = hostile_file(folder.path(), "b.hostile", "crash");
    assert_eq!(with_plugin(&library, &["scan"]).arg(&file).output().unwrap().status.code(), Some(2));
}

#[test]
fn nothing_that_is_not_reading_can_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "hostile");
    let file = hostile_file(folder.path(), "a.hostile", "attempts");
    let output = with_plugin(&library, &["inspect", "--isolate", "require"]).env("HOME", "/nowhere").arg(&file).output().unwrap();
    let report = json(&output);
    let text = |fact: &Value, name: &str| fact["fields"][name].as_str().unwrap_or_else(|| panic!("{fact}")).to_owned();
    let facts = report["facts"].as_array().unwrap().iter().filter(|fact| fact["kind"] == "metadata");
    let tried: BTreeMap<String, String> =
        facts.map(|fact| (text(fact, "key"), text(fact, "value"))).filter(|(key, _)| key != "before" && key != "after").collect();
    assert!(tried.len() > 30, "{tried:?}");
    for (what, answer) in tried {
        let expected = match what.as_str() {
            // What reading takes.
            "thread" | "memory" => "went through",
            // The C library takes that for a kernel without it, and goes on without.
            "clone3" => "ENOSYS",
            "environment" => "ENOENT",
            _ => "EPERM",
        };
        assert_eq!(answer, expected, "{what}");
    }
    assert!(!Path::new("/tmp/weighbridge-hostile").exists());
}

/// Processes that a process started.
fn children(of: u32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

fn kill(pid: i32) {
    drop(Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status());
}

#[test]
fn a_worker_that_is_killed_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "hostile");
    for name in ["a.hostile", "c.hostile"] {
        hostile_file(folder.path(), name, "nothing");
    }
    hostile_file(folder.path(), "b.hostile", "never poll");
    let mut command = with_plugin(&library, &["scan", "--jobs", "1"]);
    command.arg(folder.path().join("a.hostile")).arg(folder.path().join("b.hostile")).arg(folder.path().join("c.hostile"));
    let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
    // Each worker is killed until the run ends; only the file that never ends keeps one busy.
    while program.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(300));
        children(program.id()).into_iter().for_each(kill);
    }
    let report = json(&program.wait_with_output().unwrap());
    let file = &report["files"][1];
    assert!(file["verdict"] == "error" && file["errors"][0]["message"].as_str().unwrap().contains("killed (signal 9"), "{file}");
}

#[test]
fn workers_end_with_their_parent() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "hostile");
    let file = hostile_file(folder.path(), "a.hostile", "never poll");
    let mut program = with_plugin(&library, &["scan"]).arg(file).stdout(Stdio::null()).spawn().unwrap();
    let workers = loop {
        let workers = children(program.id());
        if !workers.is_empty() {
            break workers;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    // It may not have come to say that it wants to end with its parent; then the end of its socket tells it.
    std::thread::sleep(std::time::Duration::from_millis(200));
    program.kill().unwrap();
    program.wait().unwrap();
    let alive = |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    for _ in 0..200 {
        if !workers.iter().any(alive) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{workers:?} outlive their parent");
}

#[test]
fn standard_input_is_read_by_workers_too() {
    let bytes = std::fs::read(root("fixtures/pickle/malicious-reduce-protocol-0.pkl")).unwrap();
    // Small enough for memory, and too large for it.
    for padding in [0, 17 << 20] {
        let scan = |isolate: &str| {
            let mut command = program();
            command.args(["scan", "-", "--no-config", "--format", "json", "--mode", "thorough", "--isolate", isolate]);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut to = child.stdin.take().unwrap();
            to.write_all(&bytes).unwrap();
            to.write_all(&vec![0; padding]).unwrap();
            drop(to);
            let report = json(&child.wait_with_output().unwrap());
            (report["files"].clone(), report["summary"].clone())
        };
        let here = scan("off");
        assert_eq!(here.0[0]["verdict"], "malicious");
        assert_eq!(scan("require"), here);
    }
}

#[test]
fn what_is_unpacked_beyond_memory_goes_to_files_of_the_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    archive.start_file("data.pkl", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(&std::fs::read(root("fixtures/pickle/malicious-reduce-protocol-0.pkl")).unwrap()).unwrap();
    // Not so even that it would be taken for a bomb.
    let noise: Vec<u8> = (0..20_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    archive.write_all(&noise).unwrap();
    archive.finish().unwrap();
    let path = path.to_str().unwrap();
    let (here, _) = report(&["scan", "--no-config", "--isolate", "off", path]);
    assert_eq!(here["files"][0]["verdict"], "malicious");
    let (isolated, _) = report(&["scan", "--no-config", "--isolate", "require", path]);
    assert_eq!((&isolated["files"], &isolated["summary"]), (&here["files"], &here["summary"]));
}

#[test]
fn what_cannot_be_isolated_is_said_or_refused() {
    let file = root("fixtures/pickle/benign-protocol-0-like-text.pkl");
    let scan = |args: &[&str]| program().args(["scan", "--no-config", "--format", "json"]).args(args).arg(&file).output().unwrap();
    // With so little memory no worker can start.
    let required = scan(&["--isolate", "require", "--worker-memory", "1M"]);
    assert_eq!((required.status.code(), stdout(&required).as_str()), (Some(4), ""));
    let auto = scan(&["--worker-memory", "1M"]);
    assert!(stderr(&auto).contains("cannot be read in processes of their own here"), "{}", stderr(&auto));
    assert_eq!((auto.status.code(), &json(&auto)["run"]["isolation"]), (Some(0), &"off".into()));
}

#[test]
fn a_library_that_misbehaves_when_it_is_opened_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = hostile_file(folder.path(), "a.hostile", "nothing");
    let library = |what: &str| {
        let library = folder.path().join(what).with_extension("so");
        c_plugin_with("hostile", &[&format!("-D{what}")], &library);
        library
    };
    // A thread from before the confinement is not held by all of it.
    let threads = library("THREAD_WHEN_OPENED");
    let required = with_plugin(&threads, &["scan", "--isolate", "require"]).arg(&file).output().unwrap();
    assert!(stderr(&required).contains("a plugin started threads"), "{}", stderr(&required));
    assert_eq!(required.status.code(), Some(4));
    let auto = json(&with_plugin(&threads, &["scan"]).arg(&file).output().unwrap());
    assert_eq!((&auto["run"]["isolation"], &auto["files"][0]["verdict"]), (&"process, no-new-privs, limits, seccomp".into(), &"clean".into()));
}

#[test]
fn the_doctor_tries_each_layer() {
    let (health, code) = report(&["doctor", "--no-config"]);
    let layers: Vec<&str> = health["layers"].as_array().unwrap().iter().map(|layer| layer["name"].as_str().unwrap()).collect();
    assert_eq!(layers, ["process", "no-new-privs", "limits", "landlock", "seccomp"]);
    let attempts = health["attempts"].as_array().unwrap();
    assert!(attempts.len() > 5 && attempts.iter().all(|attempt| attempt["refused"].is_string()), "{attempts:?}");
    assert_eq!(code, 0, "{health}");
    let shown = stdout(&program().args(["doctor", "--no-config"]).output().unwrap());
    for words in ["seccomp", "in force", "run a program: blocked", "plugins built in"] {
        assert!(shown.contains(words), "{shown}");
    }
    // With so little memory no worker can start, and the doctor says so.
    let (health, code) = report(&["doctor", "--no-config", "--worker-memory", "1M"]);
    assert!(health["unavailable"].is_string() && health["layers"].as_array().unwrap().is_empty(), "{health}");
    assert_eq!(code, 2);
}

/// How far the reading of a file is can be seen while it is read, in this process and in another one.
#[test]
fn how_far_a_file_is_read_can_be_watched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pkl");
    // A pickle that goes on for as long as there is something to read: the end is far beyond what is read before somebody looks.
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&vec![b'N'; 1 << 20]).unwrap();
    file.set_len(64 << 30).unwrap();
    let plugins = || Selection { builtin: crate::support::plugins(), ..Selection::default() };
    let program = Program { path: env!("CARGO_BIN_EXE_weighbridge").into(), name: "weighbridge".into(), arguments: vec!["--be-a-worker".into()] };
    let setup = Setup { program, plugins: plugins(), bounds: Bounds { memory: 2 << 30 }, require: false };
    let pool = Pool::start(setup).and_then(|starting| starting.ready()).map_err(|error| error.to_string()).unwrap();
    for readers in [Readers::Here(plugins().open().0), Readers::Workers(Box::new(pool))] {
        let (cancel, watch) = (Cancel::default(), Watch::default());
        let options = ScanOptions { mode: Mode::Thorough, ..ScanOptions::default() };
        let judge = |_: &FileFacts, _: &str| Vec::new();
        let engine = Engine { readers: &readers, judge: &judge, options, jobs: 1, cancel: &cancel, excerpts: false, watch: Some(&watch) };
        let mut seen = 0;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // More than once, and more each time: it moves.
                while seen < 3 {
                    let before = watch.bytes();
                    std::thread::yield_now();
                    seen += u32::from(watch.first().is_some_and(|(number, now)| number == 0 && before > 0 && now > before));
                }
                cancel.cancel(CancelReason::Cancelled);
            });
            let mut walk = Walk::new(vec![Root::Path(path.clone())]);
            let ran = engine.run(&mut walk, |file| assert!(!file.complete)).unwrap();
            assert_eq!(ran.ended, Some(CancelReason::Cancelled));
        });
        assert_eq!((watch.first(), watch.bytes()), (None, 0));
    }
}
