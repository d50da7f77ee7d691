//! The worker's side: confined first, then given bytes.
//!
//! The order of the steps is the point: no privileges to be gained, limits, plugin libraries, Landlock, seccomp, and only then the
//! first byte of input.

use super::channel::{self, Wait};
use super::confine;
use super::message::{Framed, Hello, Incoming, LibraryAbout, Message, Ready, Request, Scan, frame};
use super::ring::Ring;
use crate::host::{Library, PluginError, Registry, builtin_id};
use crate::limits;
use crate::record::{Record, ScanError, Sink};
use crate::scan::{self, Cancel, Source};
use crate::source::FileSource;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weighbridge_abi as abi;

/// Bytes of one answer to a read: what is longer is asked for in parts.
pub(super) const READ: usize = 1 << 20;

/// Files done after which their records are sent, even though more of them wait: the parent judges these while the others are read. Where
/// libraries read, each file's are: nothing that one does to this process is to reach back to files that were done.
const DONE: usize = limits::IN_FLIGHT / 2;

/// Bytes of records that are sent at the end of a file.
const FULL: usize = 64 << 10;

/// A file of this size takes long enough that nothing waits for it unsent.
const LONG: u64 = 256 << 10;

/// The socket to the parent: this process was started with it as its standard input.
fn socket() -> BorrowedFd<'static> {
    rustix::stdio::stdin()
}

/// Is a worker until the parent goes away.
pub fn serve(builtin: &[&'static abi::Plugin]) -> io::Result<()> {
    // A parent that dies takes its workers with it; one that died before this is noticed by the first read.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    close_what_was_inherited()?;
    // In lists of processes it would be called after the link by which it was started.
    rustix::thread::set_name(c"weighbridge")?;
    let mut inlet = Inlet::default();
    let Some((Request::Hello(hello), _)) = inlet.request(Wait::Yes)? else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is how Weighbridge starts its workers, and nobody else does"));
    };
    let ring = Ring::new(&inlet.descriptor()?)?;
    let mut layers = confine::before_libraries(&hello.bounds);
    let (registry, refused) = plugins(&hello, builtin, &mut inlet)?;
    layers.extend(confine::before_input());
    let rehearsed = if hello.rehearse { confine::rehearse() } else { Vec::new() };
    let ready = Ready { catalogue: registry.catalogue().clone(), refused, layers, rehearsed };
    let cancel = ring.cancel();
    let mut link = Link { inlet, ring, out: Vec::new(), given: VecDeque::new() };
    link.put(&Message::Ready(ready))?;
    let link = Shared(Arc::new(Mutex::new(link)));
    // A stack of a known size, with a guard page after it.
    let done = if hello.libraries.is_empty() { DONE } else { 1 };
    let scan = move || work(&registry, &link, &cancel, done);
    let thread = std::thread::Builder::new().name("scan".into()).stack_size(crate::run::STACK).spawn(scan)?;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a defect of the scanner")))
}

/// What the parent's own caller left open is not for files to reach.
fn close_what_was_inherited() -> io::Result<()> {
    // SAFETY: this process has only begun, and nothing in it refers to a descriptor beyond the standard streams.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if done == 0 {
        return Ok(());
    }
    // A kernel before 5.9.
    let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // SAFETY: as above. One is the folder's own, which is closed already.
        unsafe { libc::close(descriptor) };
    }
    Ok(())
}

/// Opens the plugins that the parent read, through the descriptors that it hashed.
fn plugins(hello: &Hello, builtin: &[&'static abi::Plugin], inlet: &mut Inlet) -> io::Result<(Registry, Vec<PluginError>)> {
    let (mut registry, mut refused) = (Registry::default(), Vec::new());
    for plugin in builtin {
        if builtin_id(plugin).is_some_and(|id| hello.builtin.contains(&id)) {
            refused.extend(registry.add_builtin(plugin).err());
        }
    }
    for LibraryAbout { path, sha256, id, size, pinned } in hello.libraries.clone() {
        let library = Library { file: File::from(inlet.descriptor()?), path: PathBuf::from(path), sha256, id, size, pinned };
        refused.extend(registry.open(library).err());
    }
    Ok((registry, refused))
}

fn work(registry: &Registry, link: &Shared, cancel: &Cancel, most: usize) -> io::Result<()> {
    let mut done = 0;
    loop {
        let next = link.get().next()?;
        let Some((file, passed)) = next else { return Ok(()) };
        if cancel.reason().is_some() {
            link.get().put(&Message::NotBegun)?;
            continue;
        }
        link.get().begin()?;
        let source: Box<dyn Source> = match passed {
            Some(passed) => Box::new(FileSource::sized(passed, file.size)),
            None => Box::new(Asked { link: link.clone(), size: file.size }),
        };
        let read = link.get().ring.read();
        let source = Counted { source, read };
        let scratch = || link.get().scratch();
        let mut out = Outlet { link, own_fault: false, broken: None };
        let scanned = catch_unwind(AssertUnwindSafe(|| scan::scan_with(registry, &source, &file.name, &file.options, cancel, &mut out, &scratch)));
        if scanned.is_err() {
            out.record(Record::Error(ScanError { code: "internal".into(), message: crate::run::DEFECT.into(), input: None }));
        }
        if let Some(error) = out.broken {
            return Err(error);
        }
        let mut to = link.get();
        to.put(&Message::End)?;
        if out.own_fault {
            // What a plugin that failed has left behind in this process is nobody's to know.
            to.put(&Message::Leaving)?;
            return to.flush();
        }
        done += 1;
        if done >= most || to.ring.unsent() >= FULL || file.size >= LONG {
            to.flush()?;
            done = 0;
        }
    }
}

/// Where records of a file go.
struct Outlet<'l> {
    link: &'l Shared,
    own_fault: bool,
    broken: Option<io::Error>,
}

impl Sink for Outlet<'_> {
    fn record(&mut self, record: Record) -> bool {
        self.own_fault |= matches!(&record, Record::Error(error) if error.code != "io");
        if let Err(error) = self.link.get().put(&Message::Record(record)) {
            self.broken = Some(error);
        }
        self.broken.is_none()
    }
}

/// A file, of which the parent can see how far it was read.
struct Counted {
    source: Box<dyn Source>,
    read: &'static AtomicU64,
}

impl Source for Counted {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read_at(offset, buf)?;
        self.read.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }

    fn file(&self) -> Option<&File> {
        self.source.file()
    }
}

/// A file that is read by asking the parent.
struct Asked {
    link: Shared,
    size: u64,
}

impl Source for Asked {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = buf.len().min(rest);
        let mut done = 0;
        for part in buf[..want].chunks_mut(READ) {
            let got = self.link.get().read(offset + done as u64, part)?;
            done += got;
            if got < part.len() {
                break;
            }
        }
        Ok(done)
    }
}

/// The link, for the thread that scans and the one that hashes.
#[derive(Clone)]
struct Shared(Arc<Mutex<Link>>);

impl Shared {
    fn get(&self) -> MutexGuard<'_, Link> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to the parent and back.
struct Link {
    inlet: Inlet,
    ring: Ring,
    /// A frame, while it is made.
    out: Vec<u8>,
    /// Files that were given and are not begun.
    given: VecDeque<(Scan, Option<File>)>,
}

impl Link {
    fn put(&mut self, message: &Message) -> io::Result<()> {
        self.out.clear();
        frame(message, &[], &mut self.out)?;
        self.ring.write(&self.out, socket())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.ring.flush(socket())
    }

    fn begin(&mut self) -> io::Result<()> {
        self.ring.begin();
        self.put(&Message::Begin)
    }

    /// The next file; none when the parent wants no more. Before it waits, all is sent.
    fn next(&mut self) -> io::Result<Option<(Scan, Option<File>)>> {
        while self.given.is_empty() {
            let request = match self.inlet.request(Wait::No) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.flush()?;
                    self.inlet.request(Wait::Yes)?
                }
                other => other?,
            };
            match request {
                Some((request, _)) => self.take(request)?,
                None => return Ok(None),
            }
        }
        let next = self.given.pop_front();
        if next.as_ref().is_some_and(|(file, _)| file.size >= LONG) {
            self.flush()?;
        }
        Ok(next)
    }

    fn take(&mut self, request: Request) -> io::Result<()> {
        let Request::Scan(file) = request else { return Err(io::Error::other("an answer to nothing")) };
        let passed = if file.passed { Some(File::from(self.inlet.descriptor()?)) } else { None };
        self.given.push_back((*file, passed));
        Ok(())
    }

    /// Asks the parent; files that it gives meanwhile are kept for later.
    fn ask(&mut self, message: &Message) -> io::Result<(Request, Vec<u8>)> {
        self.put(message)?;
        self.flush()?;
        loop {
            match self.inlet.request(Wait::Yes)? {
                Some((scan @ Request::Scan(_), _)) => self.take(scan)?,
                Some(answer) => return Ok(answer),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buf.len()).map_err(io::Error::other)?;
        match self.ask(&Message::Read { offset, length })? {
            (Request::Bytes(Ok(_)), bytes) => {
                let got = bytes.len().min(buf.len());
                buf[..got].copy_from_slice(&bytes[..got]);
                Ok(got)
            }
            (Request::Bytes(Err(error)), _) => Err(io::Error::other(error)),
            _ => Err(io::Error::other("an answer to another question")),
        }
    }

    fn scratch(&mut self) -> io::Result<File> {
        match self.ask(&Message::Scratch)? {
            (Request::Scratch(Ok(())), _) => Ok(File::from(self.inlet.descriptor()?)),
            (Request::Scratch(Err(error)), _) => Err(io::Error::other(error)),
            _ => Err(io::Error::other("an answer to another question")),
        }
    }
}

/// What the parent sends.
#[derive(Default)]
struct Inlet {
    incoming: Incoming,
    descriptors: VecDeque<OwnedFd>,
    buf: Vec<u8>,
}

impl Inlet {
    /// The next request and the bytes that follow it; none at the end.
    fn request(&mut self, wait: Wait) -> io::Result<Option<(Request, Vec<u8>)>> {
        self.buf.resize(64 << 10, 0);
        loop {
            if let Some(Framed { message, tail, .. }) = self.incoming.next().map_err(io::Error::other)? {
                return Ok(Some((message, tail.to_vec())));
            }
            match channel::receive(socket(), &mut self.buf, &mut self.descriptors, wait)? {
                0 => return Ok(None),
                got => self.incoming.push(&self.buf[..got]),
            }
        }
    }

    /// The next descriptor that came along.
    fn descriptor(&mut self) -> io::Result<OwnedFd> {
        self.descriptors.pop_front().ok_or_else(|| io::Error::other("no descriptor came along"))
    }
}
