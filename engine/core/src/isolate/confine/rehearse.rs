//! Trying what is forbidden: that a layer was put on is said by the system call that did it, that it holds by this.

use super::super::Attempt;
use rustix::fs::{Mode, OFlags, open};
use rustix::net::{AddressFamily, SocketType, socket};
use std::process::Command;

/// What became of each attempt.
pub(in super::super) fn rehearse() -> Vec<Attempt> {
    let opened = |flags| move |path: &str| open(path, flags, Mode::RUSR | Mode::WUSR).map(drop);
    let attempts: [(&str, Result<(), String>); 7] = [
        ("open a file", words(opened(OFlags::RDONLY)("/proc/self/status"))),
        ("list a folder", words(opened(OFlags::RDONLY | OFlags::DIRECTORY)("/"))),
        ("create a file", words(opened(OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)("/tmp/weighbridge-rehearsal"))),
        ("look whether a file is there", words(rustix::fs::stat("/etc/passwd").map(drop))),
        ("open a network socket", words(socket(AddressFamily::INET, SocketType::STREAM, None).map(drop))),
        ("open a datagram socket", words(socket(AddressFamily::INET, SocketType::DGRAM, None).map(drop))),
        ("run a program", Command::new("/bin/true").status().map(drop).map_err(|error| error.to_string())),
    ];
    let attempt = |(what, result): (&str, Result<(), String>)| Attempt { what: what.into(), refused: result.err() };
    attempts.into_iter().map(attempt).collect()
}

fn words(result: rustix::io::Result<()>) -> Result<(), String> {
    result.map_err(|error| std::io::Error::from(error).to_string())
}
