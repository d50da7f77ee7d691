//! Files of an archive, read one after the other: a folder is decoded once, as long as they come in order.

use crate::coders::{self, Closed};
use crate::header::{Part, Streams};
use crate::limits;
use crate::packed::Stopped;
use std::io::{self, Read};
use weighbridge_sdk::{ReadAt, Stop};

/// Why a file was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    Stop(Stop),
    Closed(Closed),
    /// The folder ends before the file does.
    Truncated,
    Corrupt(String),
    /// What lies before it in its folder is too much to be stepped over.
    Far,
}

struct Folder<'r> {
    index: usize,
    content: Box<dyn Read + 'r>,
    position: u64,
    /// What ended it.
    broken: Option<Broken>,
}

pub(crate) struct Reader<'r, R> {
    input: R,
    start: u64,
    folder: Option<Folder<'r>>,
    stopped: Stopped,
}

impl<'r, R: ReadAt + Clone + 'r> Reader<'r, R> {
    pub fn new(input: R, start: u64) -> Self {
        Reader { input, start, folder: None, stopped: Stopped::default() }
    }

    /// Goes to the beginning of a part.
    pub fn seek(&mut self, streams: &Streams, part: &Part) -> Result<(), Broken> {
        if self.folder.as_ref().is_none_or(|folder| folder.index != part.folder || folder.position > part.offset) {
            let folder = streams.folders.get(part.folder).ok_or(Broken::Closed(Closed::Invalid("a folder that is not there")))?;
            let content =
                coders::open(&self.input, self.start, streams, folder, &self.stopped).map_err(|closed| self.stop_or(Broken::Closed(closed)))?;
            self.folder = Some(Folder { index: part.folder, content, position: 0, broken: None });
        }
        let mut sink = [0; limits::STEP];
        let mut skipped = 0;
        loop {
            let position = self.folder.as_ref().map_or(0, |folder| folder.position);
            let left = part.offset.saturating_sub(position);
            if left == 0 {
                return Ok(());
            }
            if skipped > limits::SKIP {
                if let Some(folder) = &mut self.folder {
                    folder.broken = Some(Broken::Far);
                }
                return Err(Broken::Far);
            }
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(sink.len());
            match self.read(&mut sink[..n])? {
                0 => return Err(Broken::Truncated),
                n => skipped += n as u64,
            }
        }
    }

    /// The next bytes of the folder; 0 at its end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        let Some(folder) = &mut self.folder else { return Ok(0) };
        if let Some(broken) = &folder.broken {
            return Err(broken.clone());
        }
        self.input.poll(1).map_err(Broken::Stop)?;
        let n = buf.len().min(limits::STEP);
        match folder.content.read(&mut buf[..n]) {
            Ok(n) => {
                folder.position += n as u64;
                Ok(n)
            }
            Err(error) => {
                let broken = if error.kind() == io::ErrorKind::UnexpectedEof { Broken::Truncated } else { Broken::Corrupt(error.to_string()) };
                folder.broken = Some(broken.clone());
                Err(self.stop_or(broken))
            }
        }
    }

    fn stop_or(&self, broken: Broken) -> Broken {
        self.stopped.get().map_or(broken, Broken::Stop)
    }

    /// A small part, whole.
    pub fn whole(&mut self, streams: &Streams, part: &Part) -> Result<Vec<u8>, Broken> {
        self.seek(streams, part)?;
        let mut bytes = vec![0; usize::try_from(part.size).unwrap_or(0)];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.read(&mut bytes[filled..])? {
                0 => return Err(Broken::Truncated),
                n => filled += n,
            }
        }
        Ok(bytes)
    }
}
