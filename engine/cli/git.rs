//! What changed in a git repository since a revision.
//!
//! The repository may be hostile, and its `.git/config` can name programs: a file monitor, external diffs, filters, transports. So git compares in a
//! folder of our own, which has the repository's objects and index and nothing else of it: no configuration, no attributes, no hooks, no remotes.
//! What is only to be asked of the repository itself (where it is, what a revision means) is asked with all of that switched off.

use anyhow::{anyhow, bail};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use weighbridge_core::source::ReportPath;

/// What changed.
#[derive(Debug)]
pub struct Changes {
    /// The repository's working folder.
    pub top: PathBuf,
    /// Files that differ from the revision, or that git does not know and is not told to ignore; relative to `top`.
    paths: HashSet<OsString>,
}

/// Options that keep a repository's configuration from naming a program.
const HARMLESS: [&str; 8] =
    ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null", "-c", "diff.external="];

/// Variables that would have git run a program, or read another configuration.
const VARIABLES: [&str; 10] = [
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_ATTR_SOURCE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_EXEC_PATH",
];

/// What changed since `revision`, in the repository that `folder` lies in.
pub fn changes(folder: &Path, revision: &OsStr) -> anyhow::Result<Changes> {
    if revision.as_encoded_bytes().starts_with(b"-") || revision.is_empty() {
        bail!("`{}` is not a revision", crate::text::escape(&revision.to_string_lossy()));
    }
    let ask = |arguments: &[&OsStr]| {
        let mut command = git(folder);
        command.args(HARMLESS).arg("rev-parse").args(arguments);
        run(&mut command)
    };
    let path = |arguments: &[&str]| {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        ask(&arguments).map(|bytes| folder.join(PathBuf::from(line(bytes))))
    };
    let top = path(&["--show-toplevel"])?;
    let objects = fs::canonicalize(path(&["--git-path", "objects"])?)?;
    let index = path(&["--git-path", "index"])?;
    let format = String::from_utf8_lossy(&ask(&[OsStr::new("--show-object-format")])?).trim().to_owned();
    if !matches!(format.as_str(), "sha1" | "sha256") {
        bail!("git names objects by `{}`, which is not known here", crate::text::escape(&format));
    }
    let mut commit = revision.to_os_string();
    commit.push("^{commit}");
    let commit = ask(&["--verify".as_ref(), "--quiet".as_ref(), "--end-of-options".as_ref(), &commit]);
    let commit = commit.map_err(|_| anyhow!("git knows no revision `{}` here", crate::text::escape(&revision.to_string_lossy())))?;
    let commit = line(commit);

    let own = own_folder(&format)?;
    let compare = |arguments: &[&OsStr]| {
        let mut command = git(&top);
        command.env("GIT_DIR", own.path()).env("GIT_WORK_TREE", &top).env("GIT_OBJECT_DIRECTORY", &objects);
        if index.exists() {
            // Absolute: git starts in another folder.
            command.env("GIT_INDEX_FILE", std::path::absolute(&index).unwrap_or_else(|_| index.clone()));
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").args(HARMLESS).args(arguments);
        run(&mut command)
    };
    let flags = ["diff-index", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--diff-filter=d"];
    let mut diff: Vec<&OsStr> = flags.iter().map(OsStr::new).collect();
    diff.extend([commit.as_os_str(), OsStr::new("--")]);
    let changed = compare(&diff)?;
    let unknown = compare(&["ls-files", "-z", "--others", "--exclude-standard"].map(OsStr::new))?;
    let paths = changed.split(|byte| *byte == 0).chain(unknown.split(|byte| *byte == 0)).filter(|path| !path.is_empty());
    Ok(Changes { top, paths: paths.map(os_string).collect() })
}

impl Changes {
    /// How reports over `top` call the files below these paths, which are relative to it; all files where there are none.
    pub fn names(&self, below: &[PathBuf]) -> Vec<ReportPath> {
        let asked = |path: &&OsString| below.is_empty() || below.iter().any(|folder| Path::new(path).starts_with(folder));
        self.paths.iter().filter(asked).map(|path| ReportPath::new(Path::new(path))).collect()
    }
}

/// A repository without anything in it.
fn own_folder(format: &str) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("weighbridge-git-").tempdir()?;
    let version = if format == "sha1" { 0 } else { 1 };
    let extensions = if version == 1 { format!("[extensions]\n\tobjectFormat = {format}\n") } else { String::new() };
    fs::write(folder.path().join("config"), format!("[core]\n\trepositoryFormatVersion = {version}\n\tbare = false\n{extensions}"))?;
    fs::write(folder.path().join("HEAD"), "ref: refs/heads/none\n")?;
    fs::create_dir(folder.path().join("refs"))?;
    fs::create_dir(folder.path().join("objects"))?;
    Ok(folder)
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(Stdio::null());
    VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    // No prompt, no transport (an object that is missing is an error), no lock, no translated messages.
    command.envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_ALLOW_PROTOCOL", "none"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_OPTIONAL_LOCKS", "0")]);
    command.envs([("GIT_ATTR_NOSYSTEM", "1"), ("GIT_PAGER", ""), ("LC_ALL", "C")]);
    command
}

fn run(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => anyhow!("--git-diff needs git, which is not there"),
        _ => anyhow!("git cannot be run: {}", crate::units::reason(&error)),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("no reason given").trim_start_matches("fatal: ");
        bail!("git failed: {}", crate::text::escape(said));
    }
    Ok(output.stdout)
}

fn line(mut bytes: Vec<u8>) -> OsString {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    os_string(&bytes)
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).to_os_string()
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
