//! The walk's two ends: who drives it, and who is told.

use weighbridge_parse_read::{ReadAt, Stop};

use crate::walker::Walker;
use crate::{Code, Entry, Issue, Limits, Region};

/// Is told what a walk finds. A [`Stop`] from any function ends the walk.
pub trait Visitor {
    /// An entry, in the order in which it was found.
    ///
    /// # Errors
    /// Ends the walk.
    fn entry(&mut self, entry: &Entry) -> Result<(), Stop>;

    /// A disagreement. Those of an entry follow it; those of two entries follow all.
    ///
    /// # Errors
    /// Ends the walk.
    fn issue(&mut self, issue: &Issue) -> Result<(), Stop>;

    /// A part of the input that is accounted for, in ascending order; what none covers is no part of the archive.
    ///
    /// # Errors
    /// Ends the walk.
    fn region(&mut self, region: Region) -> Result<(), Stop>;
}

/// What a walk came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries that were reported.
    pub entries: u64,
    /// Issues by code, with those that the visitor was not told.
    pub issues: Vec<(Code, u64)>,
}

impl Summary {
    /// Whether all was walked.
    pub fn is_complete(&self) -> bool {
        const LIMITS: [Code; 6] =
            [Code::LimitEntries, Code::LimitExtension, Code::LimitAlternates, Code::LimitLinks, Code::LimitSegments, Code::LimitSearch];
        !self.issues.iter().any(|(code, _)| LIMITS.contains(code))
    }
}

/// Walks an archive that begins at `start`.
///
/// # Errors
/// The input or the visitor stopped.
pub fn walk<R: ReadAt, V: Visitor>(input: R, start: u64, limits: &Limits, visitor: &mut V) -> Result<Summary, Stop> {
    Walker::new(input, limits, visitor).run(start)
}
