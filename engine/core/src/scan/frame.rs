//! What is known of an input while it is read.

use super::intervals::Intervals;
use super::members::Members;
use crate::fact::InputId;

/// The input that is being read.
pub(super) struct Frame<'f> {
    pub id: InputId,
    pub name: String,
    pub siblings: Option<&'f Members>,
    /// What plugins accounted for.
    pub claimed: Intervals,
    /// What was looked at: structure, and children.
    pub seen_through: Intervals,
    /// Structure alone.
    pub structure: Intervals,
    /// What is data, as those say who read it.
    pub data: Intervals,
    /// What is looked at as something else: children, and the texts that they were decoded from.
    pub elsewhere: Intervals,
    /// Where a reader stopped, or stepped over what it could not read.
    pub broke: Option<u64>,
    /// The plugins that read it.
    pub readers: Vec<usize>,
}

impl Frame<'_> {
    pub fn new<'f>(id: InputId, name: String, siblings: Option<&'f Members>) -> Frame<'f> {
        let none = Intervals::default;
        Frame {
            id,
            name,
            siblings,
            claimed: none(),
            seen_through: none(),
            structure: none(),
            data: none(),
            elsewhere: none(),
            broke: None,
            readers: Vec::new(),
        }
    }

    /// What is no structure, or is looked at as something else.
    pub fn no_text(&mut self, size: u64) -> Intervals {
        let mut rest = Intervals::of(self.structure.gaps(size));
        rest.join(&self.elsewhere);
        rest
    }
}
