//! What the tests share: the repository's folders, the built-in plugins, a scan in process, the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use weighbridge_core::assemble::assemble;
use weighbridge_core::host::Registry;
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::FileReport;
use weighbridge_core::rules::{Library, RuleSet};
use weighbridge_core::scan::{Cancel, Mode, ScanOptions, scan};
use weighbridge_core::source::ReportPath;

#[path = "../engine/cli/bundle.rs"]
mod bundle;

pub use bundle::plugins;

/// A path in the repository.
pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All built-in plugins.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut registry = Registry::default();
        for plugin in plugins() {
            registry.add_builtin(plugin).unwrap();
        }
        registry
    })
}

/// The default profile.
pub fn rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| Library::builtin().unwrap().rule_set(&["default"]).unwrap())
}

/// What a scan of these bytes sees.
pub fn facts(name: &str, bytes: &[u8], mode: Mode) -> FileFacts {
    let mut facts = FileFacts::default();
    let options = ScanOptions { mode, ..ScanOptions::default() };
    scan(registry(), &bytes.to_vec(), name, &options, &Cancel::default(), &mut facts);
    facts
}

/// What is said of these bytes under the default profile.
pub fn judge(name: &str, bytes: &[u8]) -> (FileFacts, FileReport) {
    let facts = facts(name, bytes, Mode::Quick);
    let findings = rules().judge(&facts, name);
    let path = ReportPath { text: name.to_owned(), bytes: None };
    let report = assemble(path, bytes.len() as u64, &facts, findings);
    (facts, report)
}

/// Every fixture, by folder: those that are not snapshots or texts about them.
pub fn fixtures() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root("fixtures")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let format = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let ending = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
            if path.is_file() && !matches!(ending, "snap" | "new" | "md") {
                found.push((format.clone(), path));
            }
        }
    }
    found.sort();
    found
}

/// The program, free of the caller's environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(root(""));
    command
}

/// Runs the program.
pub fn run(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The report that the program prints.
pub fn report(args: &[&str]) -> (serde_json::Value, i32) {
    let output = program().args(args).args(["--format", "json"]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (report, output.status.code().unwrap())
}

/// A folder with every plugin of the bundle as a shared library, built as this test was.
pub fn plugin_libraries() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--message-format=json", "--quiet"]).current_dir(root(""));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    for plugin in registry().plugins() {
        build.args(["-p", &format!("weighbridge-plugin-{}", plugin.id.replace('_', "-"))]);
    }
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for line in stdout(&output).lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_plugin = message["package_id"].as_str().is_some_and(|id| id.contains("/plugins/"));
        for file in message["filenames"].as_array().into_iter().flatten().filter_map(|file| file.as_str()) {
            let file = Path::new(file);
            if is_plugin && file.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION) {
                std::fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
            }
        }
    }
    folder
}

/// Builds C or C++ against the header.
pub fn compile(compiler: &str, args: &[&str], source: &Path, output: &Path) {
    let include = root("engine/abi/include");
    let mut command = Command::new(compiler);
    command.args(args).args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"]).arg(include).arg(source).arg("-o").arg(output);
    let done = command.output().unwrap_or_else(|error| panic!("a C and a C++ compiler are needed for the tests: {compiler}: {error}"));
    assert!(done.status.success(), "{}", stderr(&done));
}

/// A plugin of `tests/c_plugins`, built.
pub fn c_plugin(folder: &Path, name: &str) -> PathBuf {
    let library = folder.join(name).with_extension(std::env::consts::DLL_EXTENSION);
    c_plugin_with(name, &[], &library);
    library
}

/// A plugin of `tests/c_plugins`, built with more arguments, which go over the others.
pub fn c_plugin_with(name: &str, args: &[&str], library: &Path) {
    compile("cc", &[args, &["-std=c11", "-shared", "-fPIC"]].concat(), &root(&format!("tests/c_plugins/{name}.c")), library);
}
