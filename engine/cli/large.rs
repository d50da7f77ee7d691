//! A word before a very large model is read.

use crate::config::Settings;
use crate::{progress, text, units};
use weighbridge_core::scan::Mode;
use weighbridge_core::source::Target;

/// A file of this size is announced: reading all of it takes some minutes on most disks.
const LARGE: u64 = 10 << 30;

/// What reading this file will take, where it is very large.
pub fn note(target: &Target, settings: &Settings) -> Option<String> {
    let size = progress::size(target);
    if size < LARGE || settings.max_file_size.is_some_and(|max| size > max) {
        return None;
    }
    let (path, size) = (text::escape(&target.path.text), units::size(size));
    Some(match settings.mode {
        Mode::Quick => format!(
            "{path} has {size}: quick mode reads what can execute of it (headers, opcodes, directories) and seeks over the rest; thorough mode would read all {size}"
        ),
        Mode::Thorough => format!("{path} has {size}, and thorough mode reads all of it; quick mode would read only what can execute"),
    })
}
