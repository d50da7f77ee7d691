//! Files of an archive, read one after the other: a folder is decoded once, as long as they come in order.

use crate::coders::{self, Closed};
use crate::header::{Part, Streams};
use crate::limits;
use std::io::{self, Read};
use weighbridge_sdk::{ReadAt, Stop, Stopped};

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
    /// Of what was handed out.
    position: u64,
    /// What was decoded, and how much of it was handed out.
    block: Vec<u8>,
    used: usize,
    /// What ended it, behind the block.
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
            self.folder = Some(Folder { index: part.folder, content, position: 0, block: Vec::new(), used: 0, broken: None });
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
            match self.read(streams, &mut sink[..n])? {
                0 => return Err(Broken::Truncated),
                n => skipped += n as u64,
            }
        }
    }

    /// The next bytes of the folder; 0 at its end. They are the same whatever the pieces in which they are asked for.
    pub fn read(&mut self, streams: &Streams, buf: &mut [u8]) -> Result<usize, Broken> {
        self.input.poll(1).map_err(Broken::Stop)?;
        let Some(folder) = &mut self.folder else { return Ok(0) };
        if folder.used == folder.block.len() {
            if let Some(broken) = &folder.broken {
                return Err(broken.clone());
            }
            folder.block.resize(limits::STEP, 0);
            folder.used = 0;
            match folder.content.read(&mut folder.block) {
                Ok(n) => folder.block.truncate(n),
                Err(error) => {
                    folder.block.clear();
                    let broken = if error.kind() == io::ErrorKind::UnexpectedEof { Broken::Truncated } else { Broken::Corrupt(error.to_string()) };
                    folder.broken = Some(broken.clone());
                    if self.stopped.get().is_some() || !self.before_error(streams) {
                        return Err(self.stop_or(broken));
                    }
                }
            }
        }
        let Some(folder) = &mut self.folder else { return Ok(0) };
        let n = buf.len().min(folder.block.len() - folder.used);
        buf[..n].copy_from_slice(&folder.block[folder.used..folder.used + n]);
        folder.used += n;
        folder.position += n as u64;
        Ok(n)
    }

    /// The decoders lose what a call had given when it ends with an error. The folder is decoded anew up to there, and what comes before the error
    /// is asked for a byte at a time. False where nothing does.
    fn before_error(&mut self, streams: &Streams) -> bool {
        let Some(folder) = &mut self.folder else { return false };
        let Some(opened) = streams.folders.get(folder.index) else { return false };
        let Ok(mut content) = coders::open(&self.input, self.start, streams, opened, &self.stopped) else { return false };
        let mut block = [0; limits::STEP];
        let mut left = folder.position;
        while left > 0 {
            let n = usize::try_from(left).unwrap_or(block.len()).min(block.len());
            match content.read(&mut block[..n]) {
                Ok(n) if n > 0 => left -= n as u64,
                _ => return false,
            }
        }
        let mut byte = [0];
        while folder.block.len() < limits::STEP && matches!(content.read(&mut byte), Ok(1)) {
            folder.block.push(byte[0]);
        }
        !folder.block.is_empty()
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
            match self.read(streams, &mut bytes[filled..])? {
                0 => return Err(Broken::Truncated),
                n => filled += n,
            }
        }
        Ok(bytes)
    }
}
