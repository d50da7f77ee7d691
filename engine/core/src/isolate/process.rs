//! A worker as the parent holds it: its process, the socket, its output.

use super::channel::{self, Wait};
use super::message::{Framed, Hello, Incoming, Message, Ready, Request, Scan, frame};
use super::ring::Window;
use super::{Bounds, Program, death};
use crate::limits;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::pipe::{PipeFlags, pipe_with};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a wait looks at the clock and at whether the run was ended.
const TICK: Duration = Duration::from_millis(50);

/// How long a worker may leave unread what it was sent: it reads ahead of itself, and waits for what it asked for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A worker's process. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    socket: OwnedFd,
    output: Window,
    /// What it writes to standard error; the pipe takes 64 KiB, and the rest is lost.
    errors: File,
    bounds: Bounds,
    incoming: Incoming,
    /// Bytes received in all.
    received: u64,
    buf: Vec<u8>,
    /// Files that it was given.
    pub files: u32,
    /// Files that it said to have ended.
    pub ended: u64,
    /// When it was started.
    pub since: Instant,
}

/// What came of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// Bytes.
    Came,
    /// Nothing, for a while.
    Nothing,
    /// It closed its end: it is dead, or as good as.
    Closed,
}

impl Worker {
    /// Starts one and tells it what to be.
    pub fn start(program: &Program, hello: &Hello, libraries: &[&File]) -> io::Result<Self> {
        let (socket, theirs) = channel::pair()?;
        let (errors, their_errors) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let output = Window::new()?;
        let mut command = Command::new(&program.path);
        // In a group of its own: Ctrl-C is for the parent, which ends the run in order.
        command.args(&program.arguments).arg0(&program.name).env_clear().current_dir("/").process_group(0);
        let child = command.stdin(theirs).stdout(Stdio::null()).stderr(their_errors).spawn()?;
        let mut worker = Worker {
            child,
            socket,
            output,
            errors: File::from(errors),
            bounds: hello.bounds,
            incoming: Incoming::default(),
            received: 0,
            buf: vec![0; 256 << 10],
            files: 0,
            ended: 0,
            since: Instant::now(),
        };
        let mut bytes = Vec::new();
        frame(&Request::Hello(hello.clone()), &[], &mut bytes)?;
        let memory = worker.output.memory().try_clone()?;
        let descriptors: Vec<BorrowedFd<'_>> = std::iter::once(&memory).chain(libraries.iter().copied()).map(AsFd::as_fd).collect();
        worker.send(&bytes, &descriptors)?;
        Ok(worker)
    }

    /// Waits until it is confined: what it has become, or why not.
    pub fn ready(&mut self) -> Result<Ready, String> {
        let broken = |error: io::Error| format!("the socket to it broke: {error}");
        loop {
            if let Some(Framed { message, .. }) = self.incoming.next::<Message>()? {
                return if let Message::Ready(ready) = message { Ok(ready) } else { Err("it began with what is no beginning".into()) };
            }
            match self.wait().map_err(broken)? {
                Waited::Came => {}
                Waited::Nothing if self.since.elapsed() < limits::WORKER_START => {}
                Waited::Nothing => return Err(format!("it had not begun after {} seconds", limits::WORKER_START.as_secs())),
                Waited::Closed => {
                    let (status, said) = self.bury(false);
                    return Err(death::start(status, &said, &self.bounds));
                }
            }
        }
    }

    /// Gives it files.
    pub fn give(&mut self, files: &[(Scan, Option<BorrowedFd<'_>>)]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for (scan, _) in files {
            frame(&Request::Scan(Box::new(scan.clone())), &[], &mut bytes)?;
        }
        let descriptors: Vec<BorrowedFd<'_>> = files.iter().filter_map(|(_, descriptor)| *descriptor).collect();
        self.files += u32::try_from(files.len()).unwrap_or(u32::MAX);
        self.send(&bytes, &descriptors)
    }

    /// Answers it.
    pub fn answer(&mut self, request: &Request, tail: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(tail.len() + 64);
        frame(request, tail, &mut bytes)?;
        self.send(&bytes, descriptor.as_slice())
    }

    fn send(&mut self, mut bytes: &[u8], mut descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut since = Instant::now();
        while !bytes.is_empty() {
            // Descriptors go with the first byte of what is sent: more of them than one message carries go with the next bytes.
            let (now, later) = descriptors.split_at(descriptors.len().min(channel::DESCRIPTORS));
            let part = if later.is_empty() { bytes } else { &bytes[..1] };
            match channel::send(self.socket.as_fd(), part, now, Wait::No) {
                Ok(sent) => (bytes, descriptors) = (&bytes[sent..], later),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.poll(PollFlags::OUT)? {
                        since = Instant::now();
                    } else if since.elapsed() > PATIENCE {
                        return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not read what it is sent"));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next message and its size, of what has come.
    pub fn next(&mut self) -> Result<Option<(Message, usize)>, String> {
        Ok(self.incoming.next::<Message>()?.map(|framed| (framed.message, framed.size)))
    }

    /// Waits a while for bytes.
    pub fn wait(&mut self) -> io::Result<Waited> {
        let mut none = VecDeque::new();
        match channel::receive(self.socket.as_fd(), &mut self.buf, &mut none, Wait::No) {
            Ok(0) => return Ok(Waited::Closed),
            Ok(got) => {
                self.received += got as u64;
                self.incoming.push(&self.buf[..got]);
                return Ok(Waited::Came);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Waited::Closed),
            Err(error) => return Err(error),
        }
        if self.poll(PollFlags::IN)? { self.wait() } else { Ok(Waited::Nothing) }
    }

    fn poll(&self, what: PollFlags) -> io::Result<bool> {
        let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(TICK.subsec_nanos()) };
        match poll(&mut [PollFd::new(&self.socket, what)], Some(&tick)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Its output, for what the parent says and reads beside the socket.
    pub fn output(&self) -> &Window {
        &self.output
    }

    /// Kills it.
    pub fn kill(&mut self) {
        // It may be dead already.
        drop(self.child.kill());
    }

    /// Takes in all that it left, sent or not, and says how it died. Where what was sent cannot be what it had written (`lied`: a plugin
    /// wrote to the socket past the engine), what it had written stands.
    pub fn bury(&mut self, lied: bool) -> (ExitStatus, Vec<u8>) {
        let status = self.end();
        if lied {
            self.incoming.instead(self.output.rest(self.incoming.taken()).unwrap_or_default());
        } else {
            while let Ok(Waited::Came) = self.wait() {}
            if let Ok(rest) = self.output.rest(self.received) {
                self.received += rest.len() as u64;
                self.incoming.push(&rest);
            }
        }
        let mut said = vec![0; 64 << 10];
        let got = self.errors.read(&mut said).unwrap_or(0);
        said.truncate(got);
        (status, said)
    }

    /// Waits for its end. It closed its socket: it is dying, or pretends to.
    fn end(&mut self) -> ExitStatus {
        let until = Instant::now() + Duration::from_millis(500);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status,
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
                _ => break,
            }
        }
        self.kill();
        self.child.wait().unwrap_or_default()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
        // Without this it would stay in the table of processes.
        drop(self.child.wait());
    }
}

/// The descriptor that a worker may have: one that can be read and not written.
pub(super) fn read_only(file: Option<&File>) -> Option<BorrowedFd<'_>> {
    let file = file?;
    let flags = fcntl_getfl(file).ok()?;
    (flags & (OFlags::RDWR | OFlags::WRONLY) == OFlags::empty() && !flags.contains(OFlags::PATH)).then(|| file.as_fd())
}
