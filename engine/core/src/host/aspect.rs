//! What of a plugin is looked at before it is used, in this order: what comes later is not looked at once something is refused.

use serde::{Deserialize, Serialize};

/// What of a plugin was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aspect {
    /// Whether it can be read at all, and who else may write to it.
    #[default]
    File,
    /// What kind of file it is, and what its export table says.
    Exports,
    /// Whether the system's loader takes it.
    Loader,
    /// The versions in its descriptor.
    Versions,
    /// The sizes of its structures.
    Sizes,
    /// Pointers and tables that it has to have.
    Pointers,
    /// Its texts.
    Texts,
    /// The formats that it reads.
    Formats,
    /// Kinds of facts and their fields.
    Kinds,
    /// Whether it can be used beside the others.
    Selection,
}
