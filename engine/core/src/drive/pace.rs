//! How often a plugin says that it is still at work.

/// Work that was done without a poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Most bytes that had been read since the last poll when more were asked for.
    pub bytes: u64,
    /// Most facts, regions, children and rows that were said since the last poll.
    pub said: u64,
    /// Most steps that one poll spoke of.
    pub steps: u64,
    read: u64,
    told: u64,
}

impl Pace {
    /// Bytes between two polls that are too many: twice what the header says, since a block may begin just before.
    pub const BYTES: u64 = 2 * (64 << 10);

    /// Facts and the like, likewise.
    pub const SAID: u64 = 2 * 10_000;

    /// Steps that one poll may speak of, far above what the header says: where text is taken up whole its characters are counted, and a library
    /// that a plugin calls may not let it poll.
    pub const STEPS: u64 = 2 << 20;

    /// More bytes are asked for. One read may be as long as it likes: it is the next one that has to wait for a poll.
    pub(super) fn asks(&mut self) {
        self.bytes = self.bytes.max(self.read);
    }

    pub(super) fn reads(&mut self, bytes: u64) {
        self.read += bytes;
    }

    pub(super) fn says(&mut self) {
        self.told += 1;
        self.said = self.said.max(self.told);
    }

    pub(super) fn polls(&mut self, steps: u64) {
        self.steps = self.steps.max(steps);
        (self.read, self.told) = (0, 0);
    }

    /// A function of the plugin returns: that says that it is alive, too.
    pub(super) fn returns(&mut self) {
        (self.read, self.told) = (0, 0);
    }
}
