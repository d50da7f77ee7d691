//! Text at the end of what is no text: a program that somebody appended to a file of numbers. It has no magic, and a reader that goes on behind the end of its format, or takes
//! all that is left for data, swallows its beginning. So the last bytes are looked at by themselves.

use super::engine::{Engine, Meta};
use super::frame::Frame;
use super::identify::is_text;
use super::sweep::Sweep;
use super::view::View;

/// The shortest text that is asked about: `import os;os.abort()` has twenty characters.
const SHORTEST: usize = 16;
/// Bytes that may fill the file up behind the text.
const PADDING: usize = 4 << 10;
/// What the first statement of a program begins with, whatever stands before it on its line.
const BEGINNINGS: [&[u8]; 9] = [b"#!", b"import ", b"from ", b"exec(", b"eval(", b"__import__(", b"def ", b"class ", b"try:"];
/// Beginnings that are tried: what stands before the program may hold some by chance.
const TRIED: usize = 4;

impl Engine<'_> {
    /// Has the text that ends an input looked at as a file of its own, unless the input is text as a whole, or the end is a child's.
    pub(super) fn ending(&mut self, view: &View<'_>, frame: &mut Frame<'_>, meta: &Meta<'_>) {
        let (tail, size) = (view.tail(), view.size());
        let padding = tail.iter().rev().take_while(|byte| **byte == 0).count();
        let Some(text) = tail.get(..tail.len() - padding.min(PADDING)) else { return };
        let begin = text.iter().rposition(|byte| !(byte.is_ascii_graphic() || byte.is_ascii_whitespace() || *byte >= 0x80)).map_or(0, |at| at + 1);
        if text.len() - begin < SHORTEST || is_text(view.head()) || self.ended.is_some() {
            return;
        }
        let text = text[begin..].to_vec();
        let offset = |at: usize| size - (tail.len() - begin - at) as u64;
        let end = offset(text.len());
        // What was looked at as a file of its own is no end of this one; and what a reader understood as a part of its format is a text of it, unless the reader broke off
        // before: behind a break it knows no more than anybody.
        let broke = frame.broke.is_some_and(|broke| broke < end);
        let others = frame.elsewhere.gaps(size);
        let rest = if broke { vec![(0, size)] } else { frame.structure.gaps(size) };
        let touches = |gaps: &[(u64, u64)], begin: u64| gaps.iter().any(|(from, length)| *from < end && from + length > begin);
        let mut places: Vec<usize> = BEGINNINGS.iter().filter_map(|word| text.windows(word.len()).position(|bytes| bytes == *word)).collect();
        places.sort_unstable();
        let (mut found, mut runs) = (0, 0);
        for at in places.into_iter().take(TRIED) {
            let begin = offset(at);
            if !touches(&others, begin) || !touches(&rest, begin) {
                continue;
            }
            let mut sweep = Sweep::over(view, frame.id, meta, (begin, end), &mut found, &mut runs);
            let ended = sweep.text_from(self, &text[at..], begin).is_none();
            if found > 0 {
                frame.seen_through.add(begin, end - begin);
                frame.elsewhere.add(begin, end - begin);
            }
            if ended || found > 0 {
                return;
            }
        }
    }
}
