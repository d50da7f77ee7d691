//! Tables and trees for people who inspect a file.

use crate::{Input, Stop};

/// A listing whose columns are named: see [`Input::table`].
#[derive(Clone, Copy)]
pub struct Table<'i, 'h> {
    pub(crate) input: &'i Input<'h>,
    pub(crate) listing: &'static str,
}

impl Table<'_, '_> {
    /// A row: the bytes that it speaks of, how deep it is indented, and its cells.
    pub fn row(&self, offset: u64, length: u64, depth: u64, cells: &[&str]) -> Result<(), Stop> {
        self.input.row(self.listing, offset, length, depth, cells)
    }
}
