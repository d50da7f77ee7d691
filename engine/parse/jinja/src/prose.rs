//! Texts for a model to read, told from markup and role names.

use crate::limits;

/// Whether a text says something: as many words as a sentence has, or an address.
pub(crate) fn speaks(text: &str) -> bool {
    text.contains("://") || words(text) >= limits::PROSE
}

/// Words of letters, outside of tags (`<|…|>`, `<tool_call>`).
fn words(text: &str) -> usize {
    let mut tag = false;
    let plain: String = text
        .chars()
        .map(|c| {
            let was = tag;
            match c {
                '<' | '[' => tag = true,
                '>' | ']' | '\n' => tag = false,
                _ => {}
            }
            if was || tag { '\n' } else { c }
        })
        .collect();
    let word = |word: &&str| word.trim_matches(|c: char| c.is_ascii_punctuation()).chars().filter(|c| c.is_alphabetic()).count() >= 2;
    plain.split_whitespace().filter(word).count()
}

/// Whether a text that is looked for is one that people write, rather than markup or a command to the template (`<think>`, `/no_think`).
pub(crate) fn is_word(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 3 && !text.contains(['<', '>', '[', ']', '|', '{', '}', '_', '/', '\\', '=', '`', '#', '"', ':', '\n'])
}

/// Characters without a shape of their own, which a reviewer does not see. Joiners within words of some scripts are left out.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}
