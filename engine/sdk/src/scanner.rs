//! What a plugin implements.

use crate::{About, Broken, Current, Input};
use weighbridge_abi as abi;
use weighbridge_parse_read::Stop;

/// Why a scan ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The host asked for it: passed on unchanged.
    Stop(Stop),
    /// The input broke its format here: the anomaly that says so is emitted for the plugin.
    Broken(Broken),
    /// The input broke its format; an anomaly was emitted that says where.
    Malformed,
    /// A part cannot be read; an anomaly was emitted that says which.
    Unsupported,
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Failure::Stop(stop)
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Failure::Broken(broken)
    }
}

/// Whether an input is of a format, and where that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    pub(crate) level: u32,
    pub(crate) format: u32,
    pub(crate) start: u64,
}

impl Probe {
    /// It is not.
    pub const NO: Probe = Probe { level: abi::PROBE_NO, format: 0, start: 0 };

    /// It may be: it is read when no format is certain, or when the extension agrees.
    pub const fn possible(start: u64) -> Self {
        Probe { level: abi::PROBE_POSSIBLE, format: 0, start }
    }

    /// It is likely: it is read.
    pub const fn likely(start: u64) -> Self {
        Probe { level: abi::PROBE_LIKELY, format: 0, start }
    }

    /// It is certain: it is read.
    pub const fn certain(start: u64) -> Self {
        Probe { level: abi::PROBE_CERTAIN, format: 0, start }
    }

    /// Of which of the plugin's formats: an index into [`About::formats`].
    pub const fn of(mut self, format: u32) -> Self {
        self.format = format;
        self
    }
}

/// A format plugin. One value is a session: it scans one input after the other, never two at a time.
pub trait Scanner: Sized + 'static {
    /// What the plugin says of itself.
    const ABOUT: About;

    /// Where failures of the plugin are to be reported: an address or URL. Weighbridge prints it with the error.
    const REPORT_TO: &'static str = "";

    /// What is read of each format, for people: see [`reads`](crate::reads). `weighbridge formats` prints it.
    const READS: &'static [abi::FormatReads] = &[];

    /// A new session.
    fn new() -> Self;

    /// Whether the input is of the plugin's formats. May read some KiB, may not emit.
    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop>;

    /// Reads the input and emits what is in it.
    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure>;

    /// Opens the child of a token that the last scan reported. The input is the same, and may be kept by a decoder until the child is closed.
    fn open_child(&mut self, _input: Current, _token: u64) -> Result<(), Failure> {
        Err(Failure::Unsupported)
    }

    /// The next decoded bytes; 0 is the end.
    fn read_child(&mut self, _input: &Input<'_>, _buf: &mut [u8]) -> Result<usize, Failure> {
        Ok(0)
    }

    /// Closes it.
    fn close_child(&mut self) {}
}
