//! Folders, in the order of their paths' bytes.
//!
//! Everything is looked at: hidden files, and what version control ignores. A link is never followed, because what it leads to
//! is either met at its own place or lies outside of what was given; only a path that a person named may be a link itself.

use super::target::{Folder, Kind, Neighbour, NeighbourKind, ReportPath, Target};
use crate::limits;
use crate::rules::glob;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something that a person named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// A file or folder.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// Walks roots in the order in which they were given, each folder in the order of its paths' bytes.
///
/// Where one folder alone is given, paths are relative to it; otherwise they begin with the root as it was given.
///
/// Where it is told how to know one, a directory that is one model is an artifact, with all that is in it: the outermost, so that each file is of one.
#[derive(Debug)]
pub struct Walk {
    roots: std::vec::IntoIter<Root>,
    paths: Vec<PathBuf>,
    /// The roots' own paths without links: known once a link is met.
    real: Option<Vec<PathBuf>>,
    alone: bool,
    stack: Vec<Open>,
    markers: Markers,
}

/// By what a directory is known to be an artifact.
#[derive(Debug, Default)]
struct Markers {
    /// Names of its entries.
    names: HashSet<OsString>,
    /// Globs of its entries' names.
    globs: Vec<String>,
    /// Globs of its own name.
    own: Vec<String>,
}

/// A folder that is being walked.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    /// What the report calls it; empty where paths are relative to it.
    shown: PathBuf,
    entries: std::vec::IntoIter<Entry>,
    /// Reading the folder failed on the way.
    failed: Option<io::Error>,
    /// What is known of it.
    known: Arc<Folder>,
}

#[derive(Debug)]
struct Entry {
    name: OsString,
    kind: io::Result<FileType>,
}

impl Walk {
    /// A walk over what was given; a root that is given twice is walked once.
    pub fn new(mut roots: Vec<Root>) -> Self {
        let mut seen = HashSet::new();
        roots.retain(|root| match root {
            Root::Path(path) => seen.insert(Some(path.clone())),
            Root::Stdin => seen.insert(None),
        });
        let paths: Vec<PathBuf> = seen.into_iter().flatten().collect();
        Walk { alone: roots.len() == 1, roots: roots.into_iter(), paths, real: None, stack: Vec::new(), markers: Markers::default() }
    }

    /// Makes directories artifacts that hold an entry of one of these names, or (ending in `/`) are called so themselves.
    pub fn artifacts(mut self, markers: impl IntoIterator<Item = String>) -> Self {
        for marker in markers {
            match marker.strip_suffix('/') {
                Some(own) => self.markers.own.push(own.to_owned()),
                None if marker.contains(['*', '?']) => self.markers.globs.push(marker),
                None => {
                    self.markers.names.insert(marker.into());
                }
            }
        }
        self
    }

    fn root(&mut self, root: Root) -> Option<Target> {
        let path = match root {
            Root::Stdin => return Some(Target::new(ReportPath { text: "-".into(), bytes: None }, Kind::Stdin)),
            Root::Path(path) => path,
        };
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) => return Some(failed(&path, &error, fs::symlink_metadata(&path).is_ok())),
        };
        let kind = metadata.file_type();
        if kind.is_dir() {
            let shown = if self.alone { PathBuf::new() } else { path.clone() };
            return self.enter(path, shown);
        }
        let target = ReportPath::new(&path);
        let kind = if kind.is_file() { Kind::File { path, follow: true } } else { Kind::Skipped("special-file", special(kind)) };
        Some(Target::new(target, kind))
    }

    /// Goes into a folder; gives a target where that fails.
    fn enter(&mut self, path: PathBuf, shown: PathBuf) -> Option<Target> {
        let mut failed_on = None;
        let mut entries = Vec::new();
        match fs::read_dir(&path) {
            Ok(reader) => {
                for entry in reader {
                    match entry {
                        Ok(entry) => entries.push(Entry { kind: entry.file_type(), name: entry.file_name() }),
                        Err(error) => {
                            failed_on = Some(error);
                            break;
                        }
                    }
                }
            }
            Err(error) => {
                let name = if shown.as_os_str().is_empty() { &path } else { &shown };
                let kind = Kind::Failed("io", format!("the folder cannot be read: {}", sentence(&error)));
                return Some(Target::new(ReportPath::new(name), kind));
            }
        }
        entries.sort_by(|a, b| a.key().cmp(b.key()));
        let mut names: Vec<Neighbour> = entries.iter().take(limits::BESIDE).filter_map(Entry::neighbour).collect();
        names.sort_by(|a, b| a.name.cmp(&b.name));
        let outer = self.stack.last().and_then(|folder| folder.known.artifact.clone());
        let artifact = outer.or_else(|| self.is_artifact(&path, &entries).then(|| shown_folder(&shown)));
        let known = Arc::new(Folder { artifact, names });
        self.stack.push(Open { path, shown, entries: entries.into_iter(), failed: failed_on, known });
        None
    }

    /// Whether a directory is one model.
    fn is_artifact(&self, path: &Path, entries: &[Entry]) -> bool {
        let Markers { names, globs, own } = &self.markers;
        let matches = |globs: &[String], name: &OsStr| globs.iter().any(|marker| glob(marker, &name.to_string_lossy()));
        path.file_name().is_some_and(|name| matches(own, name))
            || entries.iter().any(|entry| names.contains(&entry.name) || matches(globs, &entry.name))
    }

    fn link(&mut self, path: &Path, shown: &Path) -> Target {
        let text = fs::read_link(path).map(|to| ReportPath::new(&to).text).unwrap_or_default();
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) => return failed(shown, &error, true),
        };
        let roots = self.real.get_or_insert_with(|| self.paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect());
        let kind = if roots.iter().any(|root| real.starts_with(root)) {
            Kind::Skipped("symlink", format!("a link to {text}, which is scanned at its own place"))
        } else {
            Kind::Unread("outside-root", format!("a link to {text}, outside of what is scanned: not followed; name that path to have it scanned"))
        };
        Target::new(ReportPath::new(shown), kind)
    }
}

/// How the report calls a folder that is an artifact.
fn shown_folder(shown: &Path) -> String {
    let text = ReportPath::new(shown).text;
    let text = text.trim_end_matches('/');
    if text.is_empty() { ".".into() } else { text.to_owned() }
}

impl Entry {
    fn neighbour(&self) -> Option<Neighbour> {
        let kind = self.kind.as_ref().ok()?;
        let kind = match kind {
            kind if kind.is_dir() => NeighbourKind::Directory,
            kind if kind.is_symlink() => NeighbourKind::Symlink,
            kind if kind.is_file() => NeighbourKind::File,
            _ => return None,
        };
        Some(Neighbour { name: self.name.to_string_lossy().into_owned(), kind })
    }

    /// A folder sorts as if its name ended in `/`, so that whole paths are in the order of their bytes.
    fn key(&self) -> impl Iterator<Item = u8> {
        let slash = self.kind.as_ref().is_ok_and(FileType::is_dir).then_some(b'/');
        self.name.as_encoded_bytes().iter().copied().chain(slash)
    }
}

impl Iterator for Walk {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        let mut target = self.step()?;
        if let Some(folder) = self.stack.last() {
            target.folder = folder.known.clone();
        }
        Some(target)
    }
}

impl Walk {
    fn step(&mut self) -> Option<Target> {
        loop {
            let Some(folder) = self.stack.last_mut() else {
                let root = self.roots.next()?;
                if let Some(target) = self.root(root) {
                    return Some(target);
                }
                continue;
            };
            let Some(entry) = folder.entries.next() else {
                let folder = self.stack.pop()?;
                if let Some(error) = folder.failed {
                    let name = if folder.shown.as_os_str().is_empty() { &folder.path } else { &folder.shown };
                    let message = format!("the folder cannot be read to its end: {}", sentence(&error));
                    return Some(Target::new(ReportPath::new(name), Kind::Failed("io", message)));
                }
                continue;
            };
            let (path, shown) = (folder.path.join(&entry.name), folder.shown.join(&entry.name));
            let kind = match entry.kind {
                Ok(kind) => kind,
                Err(error) => return Some(failed(&shown, &error, false)),
            };
            if kind.is_dir() {
                if let Some(target) = self.enter(path, shown) {
                    return Some(target);
                }
            } else if kind.is_symlink() {
                return Some(self.link(&path, &shown));
            } else {
                let name = ReportPath::new(&shown);
                let kind = if kind.is_file() { Kind::File { path, follow: false } } else { Kind::Skipped("special-file", special(kind)) };
                return Some(Target::new(name, kind));
            }
        }
    }
}

fn failed(shown: &Path, error: &io::Error, link: bool) -> Target {
    let kind = match error.kind() {
        io::ErrorKind::NotFound if link => Kind::Failed("dangling-link", "a link that leads to nothing".into()),
        io::ErrorKind::NotFound => Kind::Failed("not-found", sentence(error)),
        _ => Kind::Failed("io", sentence(error)),
    };
    Target::new(ReportPath::new(shown), kind)
}

/// What an error of the operating system says, in words that are the same everywhere where that is possible.
pub(crate) fn sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> String {
    use std::os::unix::fs::FileTypeExt;
    let what = if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        "a special file"
    };
    format!("{what}, not a file: not read")
}

#[cfg(not(unix))]
fn special(_kind: FileType) -> String {
    "a special file: not read".into()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A folder that is gone when it is dropped.
    pub(crate) struct Scratch(PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("weighbridge-test-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }

        pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn walk(roots: &[&Path]) -> Vec<(String, String)> {
        Walk::new(roots.iter().map(|p| Root::Path(p.to_path_buf())).collect())
            .map(|target| {
                let kind = match target.kind {
                    Kind::File { .. } => "file".to_owned(),
                    Kind::Stdin => "stdin".to_owned(),
                    Kind::Skipped(code, _) => format!("skipped {code}"),
                    Kind::Unread(code, _) => format!("unread {code}"),
                    Kind::Failed(code, _) => format!("failed {code}"),
                };
                (target.path.text, kind)
            })
            .collect()
    }

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|n| ((*n).to_owned(), "file".to_owned())).collect()
    }

    #[test]
    fn order_is_that_of_whole_paths() {
        let dir = Scratch::new("order");
        for name in ["b", "a/z", "a.txt", "a/.hidden", ".gitignore", "a-b/x", "B"] {
            dir.file(name, b"*");
        }
        let got = walk(&[dir.path()]);
        assert_eq!(got, files(&[".gitignore", "B", "a-b/x", "a.txt", "a/.hidden", "a/z", "b"]));
        let mut sorted = got.clone();
        sorted.sort();
        assert_eq!(got, sorted);
    }

    #[test]
    fn several_roots_keep_their_names_and_one_that_is_missing_is_said() {
        let dir = Scratch::new("several");
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        dir.file("a/x", b"");
        let got = walk(&[&a, &b, &a.join("x"), &a]);
        let x = a.join("x").to_string_lossy().into_owned();
        assert_eq!(got, [(x.clone(), "file".into()), (b.to_string_lossy().into_owned(), "failed not-found".to_owned()), (x, "file".into())]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let dir = Scratch::new("links");
        let outside = Scratch::new("links-outside");
        outside.file("secret", b"x");
        dir.file("d/real", b"x");
        for (to, name) in [("d/real", "inside"), ("d", "folder"), ("../..", "d/up"), ("nowhere", "broken"), ("loop", "loop")] {
            symlink(to, dir.path().join(name)).unwrap();
        }
        symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
        let got = walk(&[dir.path()]);
        let expected = [
            ("broken", "failed dangling-link"),
            ("d/real", "file"),
            ("d/up", "unread outside-root"),
            ("folder", "skipped symlink"),
            ("inside", "skipped symlink"),
            ("loop", "failed io"),
            ("out", "unread outside-root"),
        ];
        assert_eq!(got, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        // A link that a person names is followed.
        assert_eq!(walk(&[&dir.path().join("inside")])[0].1, "file");
        assert_eq!(
            walk(&[&dir.path().join("folder")]),
            files(&["real"]).into_iter().chain([("up".into(), "unread outside-root".into())]).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_outermost_marked_directory_is_the_artifact_of_all_that_is_in_it() {
        let dir = Scratch::new("artifacts");
        for name in ["a/x", "m/marker", "m/sub/marker", "m/sub/y", "n.pkg/z", "z"] {
            dir.file(name, b"");
        }
        let artifacts = |root: &Path, markers: &[&str]| {
            let walk = Walk::new(vec![Root::Path(root.to_path_buf())]).artifacts(markers.iter().map(|marker| (*marker).to_owned()));
            walk.map(|target| (target.path.text, target.folder.artifact.clone().unwrap_or_default())).collect::<Vec<_>>()
        };
        let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let expected = [("a/x", ""), ("m/marker", "m"), ("m/sub/marker", "m"), ("m/sub/y", "m"), ("n.pkg/z", "n.pkg"), ("z", "")];
        assert_eq!(artifacts(dir.path(), &["mark?r", "*.pkg/"]), pairs(&expected));
        // The root itself may be one; alone it is not, without a marker.
        assert_eq!(artifacts(&dir.path().join("m/sub"), &["marker"]), pairs(&[("marker", "."), ("y", ".")]));
        assert!(artifacts(dir.path(), &[]).iter().all(|(_, artifact)| artifact.is_empty()));
    }

    #[test]
    fn what_lies_beside_a_file_is_known_in_folders_that_were_given() {
        let dir = Scratch::new("beside");
        dir.file("a", b"");
        dir.file("sub/b", b"");
        let names = |root: PathBuf| {
            let target = Walk::new(vec![Root::Path(root)]).next().unwrap();
            target.folder.names.iter().map(|neighbour| (neighbour.name.clone(), neighbour.kind)).collect::<Vec<_>>()
        };
        let expected = [("a".to_owned(), NeighbourKind::File), ("sub".to_owned(), NeighbourKind::Directory)];
        assert_eq!(names(dir.path().to_path_buf()), expected);
        assert_eq!(names(dir.path().join("a")), []);
    }

    #[cfg(unix)]
    #[test]
    fn special_files_are_said() {
        let dir = Scratch::new("special");
        let _listener = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
        let status = std::process::Command::new("mkfifo").arg(dir.path().join("fifo")).status().unwrap();
        assert!(status.success());
        let got = walk(&[dir.path()]);
        assert_eq!(got, ["fifo", "socket"].map(|n| (n.to_owned(), "skipped special-file".to_owned())));
        assert_eq!(walk(&[Path::new("/dev/null")])[0].1, "skipped special-file");
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let dir = Scratch::new("bytes");
        fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"a\xff")), b"x").unwrap();
        let target = Walk::new(vec![Root::Path(dir.path().to_path_buf())]).next().unwrap();
        assert_eq!(target.path, ReportPath { text: "a\u{fffd}".into(), bytes: Some("61ff".into()) });
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_without_permission_is_said_and_the_others_go_on() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let dir = Scratch::new("permission");
        dir.file("a/x", b"");
        dir.file("b/x", b"");
        if fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0) {
            // The administrator may read every folder: there is nothing to be seen of permissions here.
            return;
        }
        fs::set_permissions(dir.path().join("a"), fs::Permissions::from_mode(0o0)).unwrap();
        let got = walk(&[dir.path()]);
        fs::set_permissions(dir.path().join("a"), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(got, [("a".to_owned(), "failed io".to_owned()), ("b/x".to_owned(), "file".to_owned())]);
    }
}
