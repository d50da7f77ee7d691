//! Where text goes: standard output, standard error, and files that are replaced as a whole.

use anstyle::{AnsiColor, Style};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` or `CLICOLOR=0` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How text is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether styles are written.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;

/// Bold red.
pub const RED: Style = AnsiColor::Red.on_default().bold();
/// Bold yellow.
pub const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Magenta.
pub const MAGENTA: Style = AnsiColor::Magenta.on_default();
/// Green.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Blue.
pub const BLUE: Style = AnsiColor::Blue.on_default();
/// Cyan.
pub const CYAN: Style = AnsiColor::Cyan.on_default();
/// Bold.
pub const BOLD: Style = Style::new().bold();
/// Dim.
pub const DIM: Style = Style::new().dimmed();

impl Look {
    /// For standard output.
    pub fn stdout(color: Color) -> Self {
        Look { color: colored(color, &io::stdout()), width: width() }
    }

    /// For a file: no colour, and the width of no terminal.
    pub fn file() -> Self {
        Look { color: false, width: WIDTH }
    }

    /// Text in a style.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn colored(color: Color, stream: &impl anstream::stream::RawStream) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    // Lines beyond 120 columns are hard to read, and below 40 there is no room for words.
    asked.or_else(terminal).unwrap_or(WIDTH).clamp(40, 120)
}

/// A line on standard error. That nobody reads it there is no reason to fail.
pub fn say(kind: &str, style: Style, color: Color, message: &str) {
    let look = Look { color: colored(color, &io::stderr()), width: 0 };
    drop(writeln!(io::stderr(), "{} {message}", look.paint(style, &format!("{kind}:"))));
}

/// Where a report is written.
pub enum Writer {
    /// Standard output.
    Stdout(BufWriter<io::Stdout>),
    /// A file that stands at its place only once it is whole.
    File(Replacement),
    /// A device or a pipe.
    Direct(BufWriter<File>),
}

impl Writer {
    /// Standard output.
    pub fn stdout() -> Self {
        Writer::Stdout(BufWriter::with_capacity(1 << 16, io::stdout()))
    }

    /// A file: made now, so that what cannot be written is known before anything is scanned.
    pub fn file(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
            Ok(metadata) if !metadata.is_file() => Ok(Writer::Direct(BufWriter::new(OpenOptions::new().write(true).open(path)?))),
            _ => Replacement::new(path).map(Writer::File),
        }
    }

    /// Whether somebody is watching.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Writer::Stdout(_)) && io::stdout().is_terminal()
    }

    /// Writes what is left, and puts a file in its place.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Writer::Stdout(mut out) => out.flush(),
            Writer::Direct(mut out) => out.flush(),
            Writer::File(file) => file.finish(),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Writer::Stdout(out) => out.write(buf),
            Writer::Direct(out) => out.write(buf),
            Writer::File(file) => file.out.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Writer::Stdout(out) => out.flush(),
            Writer::Direct(out) => out.flush(),
            Writer::File(file) => file.out.flush(),
        }
    }
}

/// A file beside the one that it is to replace. Dropped before it is finished, it is removed.
pub struct Replacement {
    out: BufWriter<File>,
    beside: PathBuf,
    target: PathBuf,
    finished: bool,
}

impl Replacement {
    fn new(path: &Path) -> io::Result<Self> {
        // A link stays a link: the file that it leads to is replaced.
        let target = destination(path);
        if target.is_symlink() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "its links lead in a circle"));
        }
        let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no file name"))?;
        let existing = fs::metadata(&target).ok();
        if existing.as_ref().is_some_and(|metadata| metadata.permissions().readonly()) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", std::process::id()));
        let beside = target.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        let replacement = Replacement { out: BufWriter::with_capacity(1 << 16, file), beside, target, finished: false };
        if let Some(metadata) = existing {
            fs::set_permissions(&replacement.beside, metadata.permissions())?;
        }
        Ok(replacement)
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(&self.beside, &self.target)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing can be done about a file that cannot be removed, and what it was for has failed already.
            drop(fs::remove_file(&self.beside));
        }
    }
}

/// Links followed before they are taken for a circle, as Linux does.
const LINKS: usize = 40;

/// Where a file that is written to a path comes to lie: without links, whether it is there yet or not.
pub fn destination(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        if let Ok(whole) = path.canonicalize() {
            return whole;
        }
        // It is not there: a link may lead to where it will be.
        let folder = path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let folder = folder.and_then(|folder| folder.canonicalize().ok());
        match (fs::read_link(&path), folder, path.file_name()) {
            (Ok(link), Some(folder), _) => path = folder.join(link),
            (Err(_), Some(folder), Some(name)) => return folder.join(name),
            _ => return path,
        }
    }
    path
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_or_not_at_all() {
        let dir = std::env::temp_dir().join(format!("weighbridge-cli-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("report.json");
        fs::write(&path, "old").unwrap();
        let mut writer = Writer::file(&path).unwrap();
        writer.write_all(b"half").unwrap();
        drop(writer);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut writer = Writer::file(&path).unwrap();
        writer.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        writer.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        assert!(Writer::file(&dir).is_err());
        assert!(Writer::file(&dir.join("missing/report.json")).is_err());
        #[cfg(unix)]
        {
            // A link that leads to a file that is not there yet, and one that leads to itself.
            std::os::unix::fs::symlink("later.json", dir.join("link.json")).unwrap();
            let real = dir.canonicalize().unwrap();
            assert_eq!(destination(&dir.join("link.json")), real.join("later.json"));
            Writer::file(&dir.join("link.json")).unwrap().finish().unwrap();
            assert!(dir.join("link.json").is_symlink() && dir.join("later.json").is_file());
            std::os::unix::fs::symlink("circle", dir.join("circle")).unwrap();
            assert!(Writer::file(&dir.join("circle")).is_err());
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}
