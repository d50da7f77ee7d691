//! Bytes as text, and the way back: a character that stands for bytes that are not UTF-8 is longer or shorter than they are.

/// Text with replacement characters where the bytes are not UTF-8.
pub(crate) struct Lossy {
    pub text: String,
    /// Behind each replacement character: where that is in the text, and in the bytes.
    turns: Vec<(usize, usize)>,
}

impl Lossy {
    pub fn new(bytes: &[u8]) -> Self {
        let mut lossy = Lossy { text: String::with_capacity(bytes.len()), turns: Vec::new() };
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            lossy.text.push_str(chunk.valid());
            at += chunk.valid().len() + chunk.invalid().len();
            if !chunk.invalid().is_empty() {
                lossy.text.push(char::REPLACEMENT_CHARACTER);
                lossy.turns.push((lossy.text.len(), at));
            }
        }
        lossy
    }

    /// Where in the bytes is what stands at an offset of the text.
    pub fn place(&self, at: usize) -> u64 {
        let before = self.turns.partition_point(|(text, _)| *text <= at);
        let (text, bytes) = before.checked_sub(1).map_or((0, 0), |last| self.turns[last]);
        let place = bytes + (at - text);
        // Within a replacement character there is no more than the bytes that it stands for.
        self.turns.get(before).map_or(place, |next| place.min(next.1)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_text_are_places_in_the_bytes() {
        let lossy = Lossy::new(b"a\xffb\xe2\x82c\xc3\xa9d");
        assert_eq!(lossy.text, "a\u{fffd}b\u{fffd}c\u{e9}d");
        let places: Vec<u64> = ['a', 'b', 'c', 'd'].iter().filter_map(|c| lossy.text.find(*c)).map(|at| lossy.place(at)).collect();
        assert_eq!(places, [0, 2, 5, 8]);
        assert_eq!((lossy.place(lossy.text.len()), Lossy::new(b"").place(0)), (9, 0));
    }
}
